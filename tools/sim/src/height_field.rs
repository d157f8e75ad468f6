//! Terrain heights on a grid, and the running water that carves them.

/// Heights on a square-celled grid; x east, y south, in metres from the scene's north-west corner.
#[derive(Debug, Clone)]
pub struct HeightField {
    /// Nodes from west to east.
    pub columns: usize,
    /// Nodes from north to south.
    pub rows: usize,
    /// Distance between nodes in metres.
    pub cell_m: f32,
    /// x and y of node (0, 0).
    pub corner: (f32, f32),
    heights: Vec<f32>,
}

impl HeightField {
    /// Heights from a function of x and y.
    #[must_use]
    pub fn new(
        columns: usize,
        rows: usize,
        cell_m: f32,
        corner: (f32, f32),
        height: impl Fn(f32, f32) -> f32,
    ) -> Self {
        let place = |k: usize, from: f32| from + k as f32 * cell_m;
        let heights = (0..columns * rows)
            .map(|k| height(place(k % columns, corner.0), place(k / columns, corner.1)))
            .collect();
        Self {
            columns,
            rows,
            cell_m,
            corner,
            heights,
        }
    }

    /// Height of a node in metres.
    #[must_use]
    pub fn node(&self, column: usize, row: usize) -> f32 {
        self.heights[row * self.columns + column]
    }

    /// Height at a place, bilinear between nodes; beyond the grid that of its edge.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let clamp = |value: f32, nodes: usize| value.clamp(0.0, nodes as f32 - 1.01);
        let u = clamp((x - self.corner.0) / self.cell_m, self.columns);
        let v = clamp((y - self.corner.1) / self.cell_m, self.rows);
        let (i, j) = (u as usize, v as usize);
        let (a, b) = (u - i as f32, v - j as f32);
        let upper = self.node(i, j) * (1.0 - a) + self.node(i + 1, j) * a;
        let lower = self.node(i, j + 1) * (1.0 - a) + self.node(i + 1, j + 1) * a;
        upper * (1.0 - b) + lower * b
    }

    /// Slope to the east and to the south (rise over run), over two cells.
    #[must_use]
    pub fn slope(&self, x: f32, y: f32) -> (f32, f32) {
        let e = self.cell_m;
        (
            (self.at(x + e, y) - self.at(x - e, y)) / (2.0 * e),
            (self.at(x, y + e) - self.at(x, y - e)) / (2.0 * e),
        )
    }

    /// Fluvial erosion and soil creep: each turn, water from uphill lowers a node by `strength` x sqrt(catchment in
    /// nodes) x slope (the stream power law with m = 1/2, n = 1; Whipple and Tucker 1999), then slopes relax.
    pub fn erode(&mut self, turns: usize, strength: f32) {
        const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;
        const CREEP: f32 = 0.08;
        let width = self.columns as isize;
        let neighbours = [
            (-1, 1.0),
            (1, 1.0),
            (-width, 1.0),
            (width, 1.0),
            (-width - 1, DIAGONAL),
            (1 - width, DIAGONAL),
            (width - 1, DIAGONAL),
            (width + 1, DIAGONAL),
        ];
        let mut order: Vec<usize> = (0..self.heights.len())
            .filter(|&node| self.is_inside(node))
            .collect();
        for _ in 0..turns {
            let before = self.heights.clone();
            order.sort_unstable_by(|&a, &b| before[b].total_cmp(&before[a]).then(a.cmp(&b)));
            let mut catchment = vec![1.0_f32; before.len()];
            for &node in &order {
                let (mut drop, mut downhill) = (0.0, node);
                for (step, weight) in neighbours {
                    let next = node.wrapping_add_signed(step);
                    let fall = (before[node] - before[next]) * weight;
                    if fall > drop {
                        (drop, downhill) = (fall, next);
                    }
                }
                if downhill != node {
                    catchment[downhill] += catchment[node];
                    let cut = strength * catchment[node].sqrt() * drop / self.cell_m;
                    self.heights[node] -= cut.min(0.4 * drop);
                }
            }
            let carved = self.heights.clone();
            for &node in &order {
                let around: f32 = neighbours[..4]
                    .iter()
                    .map(|&(step, _)| carved[node.wrapping_add_signed(step)])
                    .sum();
                self.heights[node] += CREEP * (around - 4.0 * carved[node]);
            }
        }
    }

    fn is_inside(&self, node: usize) -> bool {
        let (column, row) = (node % self.columns, node / self.columns);
        column > 0 && row > 0 && column < self.columns - 1 && row < self.rows - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_has_its_heights_and_slopes_everywhere() {
        let field = HeightField::new(20, 30, 2.0, (-5.0, 3.0), |x, y| 100.0 + 0.3 * x - 0.2 * y);
        assert!((field.at(10.3, 20.9) - (100.0 + 3.09 - 4.18)).abs() < 1e-3);
        let (east, south) = field.slope(10.0, 20.0);
        assert!((east - 0.3).abs() < 1e-4 && (south + 0.2).abs() < 1e-4);
    }

    #[test]
    fn erosion_carves_valleys_but_raises_no_summit() {
        let bumpy = |x: f32, y: f32| 0.5 * y + 3.0 * (x * 0.7).sin() * (y * 0.4).cos();
        let mut field = HeightField::new(60, 60, 2.0, (0.0, 0.0), bumpy);
        let before = field.clone();
        field.erode(10, 0.1);
        let highest = |f: &HeightField| f.heights.iter().copied().fold(f32::MIN, f32::max);
        assert!(highest(&field) <= highest(&before) + 1e-3);
        assert!(field.heights.iter().sum::<f32>() < before.heights.iter().sum::<f32>());
    }
}
