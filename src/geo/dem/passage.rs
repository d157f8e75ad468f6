//! What a straight line passes over the cells of one tile.
//!
//! Between four cells the surface is bilinear, so that over them a line's distance to it is a parabola: whether it dips below is known
//! without looking at many points of it.

/// A point of a line: among the cells of a tile, and how high.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) column: f64,
    pub(super) row: f64,
    pub(super) height: f64,
}

/// What a line meets first, by parts of its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Passage {
    /// Nothing.
    Above,
    /// The surface, after `from`, where it is `gap_m` above it, and not after `to`.
    Meets { from: f64, gap_m: f64, to: f64 },
    /// Cells without a height.
    Gap,
}

/// Follows a line from a point above the surface to another, cell by cell (J. Amanatides, A. Woo, "A fast voxel traversal algorithm for
/// ray tracing", Eurographics 1987). `heights` are rows of `width` cells.
pub(super) fn between(heights: &[f32], width: usize, from: Point, to: Point) -> Passage {
    let along = |part: f64| Point {
        column: from.column + part * (to.column - from.column),
        row: from.row + part * (to.row - from.row),
        height: from.height + part * (to.height - from.height),
    };
    let mut columns = Lines::between(from.column, to.column);
    let mut rows = Lines::between(from.row, to.row);
    let mut start = 0.0;
    while start < 1.0 {
        let end = columns.next.min(rows.next).min(1.0);
        if columns.next <= end {
            columns.advance();
        }
        if rows.next <= end {
            rows.advance();
        }
        if end <= start {
            continue;
        }
        let middle = along((start + end) / 2.0);
        let Some(cell) = Cell::holding(heights, width, &middle) else {
            return Passage::Gap;
        };
        let (gap, next) = (cell.below(&along(start)), cell.below(&along(end)));
        let bend = -cell.twist
            * (to.column - from.column)
            * (to.row - from.row)
            * (end - start)
            * (end - start);
        if let Some(part) = first_below(gap, next, bend) {
            return Passage::Meets {
                from: start,
                gap_m: gap,
                to: start + part * (end - start),
            };
        }
        start = end;
    }
    Passage::Above
}

/// Where the parabola from `gap` at 0 to `next` at 1 that bends by `bend` (its coefficient of the square) is below zero, or lowest and
/// not above; `None` where it stays above.
fn first_below(gap: f64, next: f64, bend: f64) -> Option<f64> {
    if next <= 0.0 {
        return Some(1.0);
    }
    let lowest = (gap - next + bend) / (2.0 * bend);
    let is_between = bend > 0.0 && lowest > 0.0 && lowest < 1.0;
    (is_between && gap - bend * lowest * lowest <= 0.0).then_some(lowest)
}

/// The whole numbers that one coordinate of a line passes, by parts of its length.
struct Lines {
    /// Infinite where it passes none any more.
    next: f64,
    step: f64,
}

impl Lines {
    fn between(from: f64, to: f64) -> Self {
        let length = (to - from).abs();
        let first = if to > from {
            from.floor() + 1.0 - from
        } else {
            from - (from.ceil() - 1.0)
        };
        Self {
            next: first / length,
            step: 1.0 / length,
        }
    }

    fn advance(&mut self) {
        self.next += self.step;
    }
}

/// The surface between four cells.
struct Cell {
    column: f64,
    row: f64,
    corner: f64,
    east: f64,
    south: f64,
    twist: f64,
}

impl Cell {
    /// That around a point; `None` where one of the four has no height.
    fn holding(heights: &[f32], width: usize, point: &Point) -> Option<Self> {
        // A line along the last centres lies in the cells before them.
        let last = |count: usize| count.saturating_sub(2) as f64;
        let column = point.column.floor().clamp(0.0, last(width));
        let row = point.row.floor().clamp(0.0, last(heights.len() / width));
        let first = row as usize * width + column as usize;
        let pair = |first: usize| match heights.get(first..first + 2) {
            Some(&[west, east]) => Some((f64::from(west), f64::from(east))),
            _ => None,
        };
        let ((a, b), (c, d)) = (pair(first)?, pair(first + width)?);
        let twist = a - b - c + d;
        (!twist.is_nan()).then_some(Self {
            column,
            row,
            corner: a,
            east: b - a,
            south: c - a,
            twist,
        })
    }

    /// How far below a point it lies.
    fn below(&self, point: &Point) -> f64 {
        let (x, y) = (point.column - self.column, point.row - self.row);
        point.height - (self.corner + x * self.east + y * self.south + x * y * self.twist)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 12;

    /// The distance to the surface, as a sample of a place has it.
    fn gap(heights: &[f32], point: &Point) -> f64 {
        let (c, r) = (point.column as usize, point.row as usize);
        let (x, y) = (point.column - c as f64, point.row - r as f64);
        let at = |c: usize, r: usize| f64::from(heights[r * WIDTH + c]);
        let upper = at(c, r) * (1.0 - x) + at(c + 1, r) * x;
        let lower = at(c, r + 1) * (1.0 - x) + at(c + 1, r + 1) * x;
        point.height - (upper * (1.0 - y) + lower * y)
    }

    fn point() -> impl Strategy<Value = Point> {
        (0.01..10.99, 0.01..10.99, 6.0..14.0).prop_map(|(column, row, height)| Point {
            column,
            row,
            height,
        })
    }

    proptest! {
        #[test]
        fn a_line_meets_the_surface_where_many_points_of_it_do_and_not_before(
            heights in prop::collection::vec(0.0f32..10.0, WIDTH * WIDTH), from in point(), to in point(),
        ) {
            prop_assume!(gap(&heights, &from) > 0.01);
            let along = |part: f64| Point {
                column: from.column + part * (to.column - from.column),
                row: from.row + part * (to.row - from.row),
                height: from.height + part * (to.height - from.height),
            };
            let points = (0..=5000).map(|n| f64::from(n) / 5000.0);
            let seen = points.map(|part| (part, gap(&heights, &along(part)))).find(|(_, gap)| *gap <= 0.0);
            match (between(&heights, WIDTH, from, to), seen) {
                (Passage::Above, None) => {}
                // A dip between two of the points.
                (Passage::Meets { from, to, .. }, None) => {
                    prop_assert!(gap(&heights, &along(to)) <= 1e-9 && from < to);
                }
                (Passage::Meets { from, gap_m, to }, Some((part, _))) => {
                    prop_assert!(from <= part + 1e-9, "{from} {to} {part}");
                    prop_assert!(gap_m > -1e-9 && gap(&heights, &along(to)) <= 1e-9);
                }
                (passage, seen) => prop_assert!(false, "{passage:?} {seen:?}"),
            }
        }
    }

    #[test]
    fn a_ridge_between_two_points_is_met_and_a_gap_ends_the_way() {
        let mut heights = vec![0.0_f32; WIDTH * WIDTH];
        heights
            .iter_mut()
            .skip(5)
            .step_by(WIDTH)
            .for_each(|height| *height = 10.0);
        let at = |column: f64, height: f64| Point {
            column,
            row: 4.5,
            height,
        };
        let passage = between(&heights, WIDTH, at(2.5, 9.9), at(8.5, 9.9));
        let Passage::Meets { from, to, .. } = passage else {
            panic!("{passage:?}");
        };
        assert!((from - 1.5 / 6.0).abs() < 1e-9 && (to - 2.5 / 6.0).abs() < 1e-9);
        assert_eq!(
            between(&heights, WIDTH, at(2.5, 10.1), at(8.5, 10.1)),
            Passage::Above
        );
        heights[4 * WIDTH + 7] = f32::NAN;
        assert_eq!(
            between(&heights, WIDTH, at(2.5, 10.1), at(8.5, 10.1)),
            Passage::Gap
        );
    }
}
