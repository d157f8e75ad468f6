//! Scanline fill: which cells of a grid a polygon covers.

use std::ops::Range;

use geo::{Polygon, Rect};

/// Calls `span(row, columns)` for each run of cells whose centres (column + 0.5, row + 0.5) lie in `polygon` (even-odd)
/// and within the cells of `window`. An edge that runs through centres gives them to the polygon right of and below it, so that
/// neighbours share no cell and leave none out.
pub fn fill_spans(
    polygon: &Polygon<f64>,
    window: Rect<i64>,
    mut span: impl FnMut(i64, Range<i64>),
) {
    let (low, high) = (window.min(), window.max());
    let first_centre_at_or_after =
        |v: f64, low: i64, high: i64| ((v - 0.5).ceil() as i64).clamp(low, high);
    let mut crossings: Vec<(i64, f64)> = Vec::new();
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        for line in ring.lines() {
            let (bottom, top) = if line.start.y < line.end.y {
                (line.start, line.end)
            } else {
                (line.end, line.start)
            };
            let rows = first_centre_at_or_after(bottom.y, low.y, high.y)
                ..first_centre_at_or_after(top.y, low.y, high.y);
            for row in rows {
                let share = (row as f64 + 0.5 - bottom.y) / (top.y - bottom.y);
                crossings.push((row, bottom.x + share * (top.x - bottom.x)));
            }
        }
    }
    crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (pairs, _) = crossings.as_chunks::<2>();
    for &[(row, from), (_, to)] in pairs {
        let columns = first_centre_at_or_after(from, low.x, high.x)
            ..first_centre_at_or_after(to, low.x, high.x);
        if !columns.is_empty() {
            span(row, columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Point, polygon};

    #[test]
    fn a_polygon_with_a_hole_covers_exactly_the_centres_inside_it() {
        let shape = polygon!(
            exterior: [(x: -3.2, y: 1.1), (x: 20.7, y: 3.3), (x: 10.3, y: 22.4)],
            interiors: [[(x: 8.1, y: 6.2), (x: 8.1, y: 9.9), (x: 12.6, y: 8.0)]],
        );
        let window = Rect::new((-5_i64, 0_i64), (15, 40));
        let mut cells = std::collections::BTreeSet::new();
        fill_spans(&shape, window, |row, columns| {
            cells.extend(columns.map(|column| (column, row)))
        });
        for row in -2..42 {
            for column in -7..25 {
                let centre = Point::new(column as f64 + 0.5, row as f64 + 0.5);
                let inside =
                    (-5..15).contains(&column) && (0..40).contains(&row) && shape.contains(&centre);
                assert_eq!(cells.contains(&(column, row)), inside, "{column}, {row}");
            }
        }
    }

    #[test]
    fn neighbours_that_share_an_edge_through_centres_take_each_cell_once() {
        let square = |x: f64| Rect::new((x, 0.5), (x + 2.0, 2.5)).to_polygon();
        let window = Rect::new((0_i64, 0_i64), (8, 8));
        let mut cells = Vec::new();
        for x in [0.5, 2.5] {
            fill_spans(&square(x), window, |row, columns| {
                cells.extend(columns.map(|c| (row, c)))
            });
        }
        cells.sort_unstable();
        assert_eq!(
            cells,
            [
                (0, 0),
                (0, 1),
                (0, 2),
                (0, 3),
                (1, 0),
                (1, 1),
                (1, 2),
                (1, 3)
            ]
        );
    }
}
