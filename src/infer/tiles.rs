//! Cutting an image into overlapping tiles and blending what the network says of them.

use super::probability::ProbabilityMap;

/// How an image is covered with tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    /// Tile width in pixels, a multiple of `stride`.
    pub width: u32,
    /// Tile height in pixels, a multiple of `stride`.
    pub height: u32,
    /// Least overlap of neighbouring tiles in pixels.
    pub overlap: u32,
    /// Pixels per output cell.
    pub stride: u32,
}

/// The tiles along one axis, in cells.
struct Axis {
    /// First cell of each tile.
    starts: Vec<usize>,
    /// Weight of each cell of each tile; over all tiles they sum to one in every cell of the map.
    weights: Vec<Vec<f32>>,
}

/// The tiles that cover an image, and what has been blended of their answers so far.
///
/// A tile reaches beyond the right and lower edges where the image is smaller than a tile or no multiple of the stride.
/// Each tile's weight falls linearly to its borders, so no seam shows. The tiles are the fewest that keep the overlap,
/// spread evenly. Adding them in the same order gives the same map, bit by bit.
pub struct Mosaic {
    tiling: Tiling,
    columns: Axis,
    rows: Axis,
    map: ProbabilityMap,
}

impl Mosaic {
    /// The tiles of an image of `image_width` x `image_height` pixels, none of them added yet.
    #[must_use]
    pub fn new(tiling: Tiling, image_width: u32, image_height: u32) -> Self {
        let stride = tiling.stride.max(1);
        let cells = |pixels: u32| (pixels / stride).max(1) as usize;
        let overlap = tiling.overlap.div_ceil(stride) as usize;
        let width = ProbabilityMap::cells(image_width, stride);
        let height = ProbabilityMap::cells(image_height, stride);
        Self {
            tiling,
            columns: Axis::spread(width, cells(tiling.width), overlap),
            rows: Axis::spread(height, cells(tiling.height), overlap),
            map: ProbabilityMap {
                width,
                height,
                stride,
                image_width,
                image_height,
                data: vec![0.0; width * height],
            },
        }
    }

    /// Number of tiles, which are numbered row by row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.starts.len() * self.rows.starts.len()
    }

    /// Whether there is no tile; an image always has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Output cells of one tile.
    #[must_use]
    pub fn tile_cells(&self) -> usize {
        let stride = self.map.stride;
        ((self.tiling.width / stride).max(1) * (self.tiling.height / stride).max(1)) as usize
    }

    /// Left and top pixel of tile `index`, which is below [`len`](Self::len).
    #[must_use]
    pub fn corner(&self, index: usize) -> (u32, u32) {
        let across = self.columns.starts.len();
        let pixel = |starts: &[usize], at: usize| starts[at] as u32 * self.map.stride;
        (
            pixel(&self.columns.starts, index % across),
            pixel(&self.rows.starts, index / across),
        )
    }

    /// Adds the answer of tile `index`: its cells, row-major. Each tile is to be added once.
    pub fn add(&mut self, index: usize, cells: &[f32]) {
        let across = self.columns.starts.len();
        let (column, row) = (index % across, index / across);
        let (left, top) = (self.columns.starts[column], self.rows.starts[row]);
        let tile_columns = (self.tiling.width / self.map.stride).max(1) as usize;
        let target_rows = self.map.data.chunks_exact_mut(self.map.width).skip(top);
        let source_rows = cells.chunks_exact(tile_columns);
        let row_weights = &self.rows.weights[row];
        for ((target, source), row_weight) in target_rows.zip(source_rows).zip(row_weights) {
            let cells = target.iter_mut().skip(left).zip(source);
            for ((target, source), column_weight) in cells.zip(&self.columns.weights[column]) {
                *target += source * row_weight * column_weight;
            }
        }
    }

    /// The blended map; complete once every tile was added.
    #[must_use]
    pub fn finish(self) -> ProbabilityMap {
        self.map
    }
}

/// Runs every tile that covers an image and blends the answers.
///
/// `run(x, y, cells)` is given a tile's left and top pixel and fills its output, row-major.
///
/// # Errors
/// The first error of `run`.
pub fn blend<E>(
    tiling: Tiling,
    image_width: u32,
    image_height: u32,
    mut run: impl FnMut(u32, u32, &mut [f32]) -> Result<(), E>,
) -> Result<ProbabilityMap, E> {
    let mut mosaic = Mosaic::new(tiling, image_width, image_height);
    let mut cells = vec![0.0; mosaic.tile_cells()];
    for index in 0..mosaic.len() {
        let (x, y) = mosaic.corner(index);
        run(x, y, &mut cells)?;
        mosaic.add(index, &cells);
    }
    Ok(mosaic.finish())
}

impl Axis {
    /// The fewest tiles of `tile` cells that cover `length` cells with at least `overlap` cells in common.
    fn spread(length: usize, tile: usize, overlap: usize) -> Self {
        let step = tile.saturating_sub(overlap).max(1);
        let beyond_first = length.saturating_sub(tile);
        let gaps = beyond_first.div_ceil(step);
        let start = |number: usize| (number * beyond_first).checked_div(gaps).unwrap_or(0);
        let starts: Vec<usize> = (0..=gaps).map(start).collect();
        // Half a cell at the border itself: no cell of the map is left without weight.
        let fall = |cell: usize| cell.min(tile - 1 - cell) as f32 + 0.5;
        let mut total = vec![0.0; length];
        for &start in &starts {
            for (cell, sum) in total.iter_mut().skip(start).take(tile).enumerate() {
                *sum += fall(cell);
            }
        }
        let weights = starts
            .iter()
            .map(|&start| {
                let covered = total.iter().skip(start).take(tile);
                covered
                    .enumerate()
                    .map(|(cell, sum)| fall(cell) / sum)
                    .collect()
            })
            .collect();
        Self { starts, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    const TILING: Tiling = Tiling {
        width: 64,
        height: 64,
        overlap: 16,
        stride: 4,
    };

    fn count_tiles(width: u32, height: u32) -> usize {
        let mut tiles = 0;
        let run = |_, _, _: &mut [f32]| -> Result<(), Infallible> {
            tiles += 1;
            Ok(())
        };
        blend(TILING, width, height, run).unwrap();
        tiles
    }

    proptest! {
        #[test]
        fn a_known_field_comes_back_unchanged_whatever_the_size(width in 1_u32..400, height in 1_u32..400) {
            let field = |x: f32, y: f32| 0.2 + 0.001 * x + 0.0004 * y;
            let map = blend(TILING, width, height, |left, top, cells| -> Result<(), Infallible> {
                for (index, cell) in cells.iter_mut().enumerate() {
                    let (column, row) = (index as u32 % 16, index as u32 / 16);
                    *cell = field((left + column * 4) as f32, (top + row * 4) as f32);
                }
                Ok(())
            }).unwrap();
            prop_assert_eq!(map.data.len(), map.width * map.height);
            for (index, &value) in map.data.iter().enumerate() {
                let (column, row) = (index % map.width, index / map.width);
                let expected = field((column * 4) as f32, (row * 4) as f32);
                prop_assert!((value - expected).abs() < 1e-5, "cell {},{}: {} for {}", column, row, value, expected);
            }
        }

        #[test]
        fn tiles_keep_their_overlap_stay_inside_and_cover_everything(length in 1_usize..3000, tile in 2_usize..200, overlap in 0_usize..100) {
            let overlap = overlap.min(tile - 1);
            let axis = Axis::spread(length, tile, overlap);
            let starts = &axis.starts;
            prop_assert_eq!(starts[0], 0);
            prop_assert!(starts[starts.len() - 1] + tile >= length);
            prop_assert!(starts.len() == 1 || starts[starts.len() - 1] + tile == length);
            for pair in starts.windows(2) {
                prop_assert!(pair[0] < pair[1] && pair[0] + tile >= pair[1] + overlap);
            }
            let reach_with_one_less = tile + (starts.len().max(2) - 2) * (tile - overlap);
            prop_assert!(starts.len() == 1 || reach_with_one_less < length, "a tile is wasted");
        }
    }

    #[test]
    fn tiles_that_disagree_leave_no_step_greater_than_a_ramp() {
        let mut number = 0.0;
        let map = blend(
            TILING,
            64 * 3,
            64,
            |_, _, cells| -> Result<(), Infallible> {
                cells.fill(number);
                number = 1.0 - number;
                Ok(())
            },
        )
        .unwrap();
        for pair in map.data[..map.width].windows(2) {
            assert!((pair[0] - pair[1]).abs() <= 0.25, "{pair:?}");
        }
    }

    #[test]
    fn an_image_of_exactly_n_steps_takes_exactly_n_tiles() {
        assert_eq!(count_tiles(64, 64), 1);
        assert_eq!(count_tiles(64 + 48, 64), 2);
        assert_eq!(count_tiles(64 + 2 * 48, 64 + 48), 6);
        assert_eq!(count_tiles(64 + 48 + 4, 64), 3);
        assert_eq!(count_tiles(20, 20), 1);
    }
}
