//! Polygons on a metric grid: the common ground on which found and true outlines are compared.

use geo::{BoundingRect, Coord, Polygon, Rect};

/// A grid of square cells, row 0 at the south edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// South-west corner in metres.
    pub origin: Coord<f64>,
    /// Cell side in metres.
    pub cell_m: f64,
    /// Cells from west to east.
    pub columns: usize,
    /// Cells from south to north.
    pub rows: usize,
}

/// For every cell the number of the polygon that covers its centre, counted from 1; 0 where none does.
pub struct Labels {
    /// Row-major, `grid.rows` x `grid.columns`.
    pub cells: Vec<u32>,
}

impl Grid {
    /// The smallest grid of `cell_m` cells that holds `extent`.
    #[must_use]
    pub fn covering(extent: Rect<f64>, cell_m: f64) -> Self {
        Self {
            origin: extent.min(),
            cell_m,
            columns: (extent.width() / cell_m).ceil() as usize,
            rows: (extent.height() / cell_m).ceil() as usize,
        }
    }

    /// Centre of the cell in `column` and `row`, in metres.
    #[must_use]
    pub fn centre(&self, column: usize, row: usize) -> Coord<f64> {
        Coord {
            x: self.origin.x + (column as f64 + 0.5) * self.cell_m,
            y: self.origin.y + (row as f64 + 0.5) * self.cell_m,
        }
    }

    /// Draws `polygons` in order, so that where two overlap the later one stands.
    #[must_use]
    pub fn draw<'a>(&self, polygons: impl IntoIterator<Item = &'a Polygon<f64>>) -> Labels {
        let mut cells = vec![0; self.columns * self.rows];
        for (number, polygon) in (1..).zip(polygons) {
            self.fill(&mut cells, polygon, number);
        }
        Labels { cells }
    }

    /// Even-odd scanline fill: a cell belongs to the polygon when its centre does.
    fn fill(&self, cells: &mut [u32], polygon: &Polygon<f64>, number: u32) {
        let Some(bounds) = polygon.bounding_rect() else {
            return;
        };
        let row_of = |y: f64| ((y - self.origin.y) / self.cell_m - 0.5).ceil().max(0.0) as usize;
        let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let mut crossings = Vec::new();
        for row in row_of(bounds.min().y)..row_of(bounds.max().y).min(self.rows) {
            let y = self.centre(0, row).y;
            crossings.clear();
            for line in rings().flat_map(|ring| ring.lines()) {
                if (line.start.y <= y) != (line.end.y <= y) {
                    let t = (y - line.start.y) / (line.end.y - line.start.y);
                    crossings.push(line.start.x + t * (line.end.x - line.start.x));
                }
            }
            crossings.sort_by(f64::total_cmp);
            let column_of = |x: f64| {
                let column = ((x - self.origin.x) / self.cell_m - 0.5).ceil().max(0.0);
                (column as usize).min(self.columns)
            };
            for span in crossings.chunks_exact(2) {
                let (west, east) = (column_of(span[0]), column_of(span[1]));
                cells[row * self.columns + west..row * self.columns + east.max(west)].fill(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, polygon};

    fn grid() -> Grid {
        Grid {
            origin: Coord { x: 100.0, y: 200.0 },
            cell_m: 0.5,
            columns: 80,
            rows: 60,
        }
    }

    #[test]
    fn a_polygon_with_a_hole_fills_its_area_and_leaves_the_hole_empty() {
        let ring = polygon!(
            exterior: [(x: 105.2, y: 205.1), (x: 130.7, y: 207.3), (x: 120.3, y: 226.4)],
            interiors: [[(x: 115.0, y: 210.0), (x: 120.0, y: 210.0), (x: 120.0, y: 215.0), (x: 115.0, y: 215.0)]],
        );
        let labels = grid().draw([&ring]);
        let filled = labels.cells.iter().filter(|&&n| n == 1).count() as f64 * 0.25;
        assert!((filled - ring.unsigned_area()).abs() < 5.0, "{filled}");
        let hole = (2 * 12) * 80 + 2 * 17;
        assert_eq!(labels.cells[hole], 0);
    }

    #[test]
    fn what_reaches_beyond_the_grid_is_cut_off_without_wrapping() {
        let big = Rect::new((0.0, 0.0), (101.0, 1000.0)).to_polygon();
        let labels = grid().draw([&big]);
        for row in labels.cells.chunks(80) {
            assert!(row[..2].iter().all(|&n| n == 1) && row[2..].iter().all(|&n| n == 0));
        }
    }
}
