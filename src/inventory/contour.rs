//! Marching squares: the lines along which a sampled field crosses a level, joined to polygons with holes.
//!
//! After Lorensen and Cline (1987) in two dimensions, with the ambiguous saddle decided by the mean of its four samples.
//! Each grid edge carries at most one vertex, strictly between its samples, and no two segments of a square touch; so
//! every ring is simple, no two rings meet, and each polygon is valid in the sense of OGC Simple Features.

use std::collections::{BTreeMap, HashMap};

use geo::{Coord, LineString, Polygon};

/// Keeps vertices off the samples, in cells: rings stay apart and inside samples stay inside.
const CLEARANCE: f64 = 0.02;

/// A field sampled at (column + 0.5, row + 0.5), in cells. Beyond its edges it counts as below every level.
pub(super) struct Field<'a> {
    pub width: usize,
    pub height: usize,
    /// Row-major. `NaN` counts as 0.
    pub samples: &'a [f32],
    /// Where the field ends on the far sides, beyond the last samples; on the near sides it ends at 0.
    pub end: Coord<f64>,
}

/// A crossing of the level: on the grid edge from sample (column - 1, row) to (column, row), or from (column, row - 1) to
/// (column, row) where `vertical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Crossing {
    column: usize,
    row: usize,
    vertical: bool,
}

/// The polygons in which `field` is at or above `level`, in cells; outer rings counter-clockwise (positive area with x
/// and y as they are), holes clockwise, ordered by their first row and column.
pub(super) fn contours(field: &Field, level: f32) -> Vec<Polygon<f64>> {
    nest(rings(field, level), field, level)
}

/// The closed walks over crossings, inside on the left.
fn rings(field: &Field, level: f32) -> Vec<Vec<Crossing>> {
    let mut starts = Vec::new();
    let mut next = HashMap::new();
    for row in 0..=field.height {
        for column in 0..=field.width {
            for (from, to) in segments(field, level, column, row).into_iter().flatten() {
                starts.push(from);
                next.insert(from, to);
            }
        }
    }
    let mut rings = Vec::new();
    for start in starts {
        let mut ring = Vec::new();
        let mut at = start;
        while let Some(to) = next.remove(&at) {
            ring.push(at);
            at = to;
        }
        if !ring.is_empty() {
            rings.push(ring);
        }
    }
    rings
}

/// The up to two segments in the square whose far corner is sample (column, row).
fn segments(
    field: &Field,
    level: f32,
    column: usize,
    row: usize,
) -> [Option<(Crossing, Crossing)>; 2] {
    let value = |left: usize, up: usize| {
        let (column, row) = (column.checked_sub(left)?, row.checked_sub(up)?);
        field.sample(column, row)
    };
    let corners = [value(1, 1), value(0, 1), value(0, 0), value(1, 0)];
    let case = corners
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_some_and(|v| v >= level))
        .fold(0, |case, (bit, _)| case | 1 << bit);
    let joined = || corners.iter().flatten().sum::<f32>() / 4.0 >= level;
    let near = (column, row.wrapping_sub(1), false);
    let far = (column, row, false);
    let left = (column.wrapping_sub(1), row, true);
    let right = (column, row, true);
    let (first, second) = match case {
        1 => ((near, left), None),
        2 => ((right, near), None),
        3 => ((right, left), None),
        4 => ((far, right), None),
        5 if joined() => ((near, right), Some((far, left))),
        5 => ((near, left), Some((far, right))),
        6 => ((far, near), None),
        7 => ((far, left), None),
        8 => ((left, far), None),
        9 => ((near, far), None),
        10 if joined() => ((left, near), Some((right, far))),
        10 => ((right, near), Some((left, far))),
        11 => ((right, far), None),
        12 => ((left, right), None),
        13 => ((near, right), None),
        14 => ((left, near), None),
        _ => return [None, None],
    };
    let crossing = |(column, row, vertical)| Crossing {
        column,
        row,
        vertical,
    };
    let segment = |(from, to)| (crossing(from), crossing(to));
    [Some(segment(first)), second.map(segment)]
}

impl Field<'_> {
    fn sample(&self, column: usize, row: usize) -> Option<f32> {
        let inside = column < self.width && row < self.height;
        let value = inside.then(|| self.samples.get(row * self.width + column))??;
        Some(if value.is_nan() { 0.0 } else { *value })
    }

    fn position(&self, crossing: Crossing, level: f32) -> Coord<f64> {
        let Crossing {
            column,
            row,
            vertical,
        } = crossing;
        let (before, along, end) = if vertical {
            (
                row.checked_sub(1).and_then(|row| self.sample(column, row)),
                row,
                self.end.y,
            )
        } else {
            (
                column
                    .checked_sub(1)
                    .and_then(|column| self.sample(column, row)),
                column,
                self.end.x,
            )
        };
        let place = match (before, self.sample(column, row)) {
            (Some(before), Some(after)) => {
                let share = f64::from(level - before) / f64::from(after - before);
                along as f64 - 0.5 + share.clamp(CLEARANCE, 1.0 - CLEARANCE)
            }
            (None, _) => 0.0,
            (Some(_), None) => end,
        };
        if vertical {
            Coord {
                x: column as f64 + 0.5,
                y: place,
            }
        } else {
            Coord {
                x: place,
                y: row as f64 + 0.5,
            }
        }
    }
}

/// Gives each hole to the outer ring around it.
fn nest(rings: Vec<Vec<Crossing>>, field: &Field, level: f32) -> Vec<Polygon<f64>> {
    let lines: Vec<LineString<f64>> = rings
        .iter()
        .map(|ring| {
            let mut line: Vec<_> = ring.iter().map(|&c| field.position(c, level)).collect();
            line.extend(line.first().copied());
            LineString(line)
        })
        .collect();
    // Along a row of samples, what a hole's leftmost crossing has to its left is the body it was cut from, and the
    // crossing before that is of the body's outer ring or of another hole, further left, in the same body.
    let across = |crossing: &&Crossing| !crossing.vertical;
    let mut on_row = BTreeMap::new();
    for (number, ring) in rings.iter().enumerate() {
        for crossing in ring.iter().filter(across) {
            on_row.insert((crossing.row, crossing.column), number);
        }
    }
    let is_hole: Vec<bool> = lines.iter().map(|line| doubled_area(line) < 0.0).collect();
    let outer_of = |mut number: usize| loop {
        if !*is_hole.get(number)? {
            return Some(number);
        }
        let leftmost = rings
            .get(number)?
            .iter()
            .filter(across)
            .min_by_key(|c| c.column)?;
        let to_the_left = (leftmost.row, 0)..(leftmost.row, leftmost.column);
        number = *on_row.range(to_the_left).next_back()?.1;
    };
    let mut holes: BTreeMap<usize, Vec<LineString<f64>>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some(outer) = outer_of(number).filter(|&outer| outer != number) {
            holes.entry(outer).or_default().push(line.clone());
        }
    }
    lines
        .into_iter()
        .enumerate()
        .filter(|&(number, _)| is_hole.get(number) == Some(&false))
        .map(|(number, line)| Polygon::new(line, holes.remove(&number).unwrap_or_default()))
        .collect()
}

/// Twice the signed area of a closed ring, by the shoelace formula.
fn doubled_area(ring: &LineString<f64>) -> f64 {
    ring.lines().map(|line| line.determinant()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Validation, Winding};
    use proptest::prelude::*;

    fn field(width: usize, samples: &[f32]) -> Field<'_> {
        let height = samples.len() / width;
        Field {
            width,
            height,
            samples,
            end: Coord {
                x: width as f64,
                y: height as f64,
            },
        }
    }

    /// Even-odd count of crossings to the left, written apart from the code under test.
    fn holds(polygons: &[Polygon<f64>], x: f64, y: f64) -> bool {
        let rings = polygons
            .iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let hits = rings.flat_map(|ring| ring.lines()).filter(|line| {
            (line.start.y > y) != (line.end.y > y)
                && line.start.x + (y - line.start.y) / (line.end.y - line.start.y) * line.dx() < x
        });
        hits.count() % 2 == 1
    }

    proptest! {
        #[test]
        fn outlines_are_valid_and_give_back_the_mask(width in 1_usize..24, samples in prop::collection::vec(0_u8..=10, 1..400)) {
            let samples: Vec<f32> = samples.iter().map(|&v| f32::from(v) / 10.0).collect();
            let samples = &samples[..samples.len() / width * width];
            let field = field(width, samples);
            let polygons = contours(&field, 0.5);
            for (index, &value) in samples.iter().enumerate() {
                let (x, y) = ((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
                prop_assert_eq!(holds(&polygons, x, y), value >= 0.5, "at {}, {}", x, y);
            }
            for polygon in &polygons {
                prop_assert!(polygon.is_valid(), "{:?}", polygon.check_validation());
                prop_assert!(polygon.exterior().is_ccw());
                prop_assert!(polygon.interiors().iter().all(|hole| hole.is_cw()));
            }
        }

        #[test]
        fn the_outline_of_a_disc_has_the_discs_area(x in 15.0_f32..25.0, y in 15.0_f32..25.0, radius in 4.0_f32..12.0) {
            let samples: Vec<f32> = (0..1600).map(|i| {
                let (dx, dy) = ((i % 40) as f32 + 0.5 - x, (i / 40) as f32 + 0.5 - y);
                (0.5 + (radius - dx.hypot(dy)) / 4.0).clamp(0.0, 1.0)
            }).collect();
            let polygons = contours(&field(40, &samples), 0.5);
            prop_assert_eq!(polygons.len(), 1);
            let (found, expected) = (polygons[0].signed_area(), std::f64::consts::PI * f64::from(radius).powi(2));
            prop_assert!((found - expected).abs() < 0.02 * expected, "{} for {}", found, expected);
        }
    }

    #[test]
    fn what_fills_the_field_is_outlined_along_its_edges() {
        let samples = [1.0; 12];
        let mut field = field(4, &samples);
        field.end = Coord { x: 3.8, y: 3.3 };
        let polygons = contours(&field, 0.5);
        assert_eq!(polygons.len(), 1);
        // Each corner is cut off from the edge to the middle of its cell.
        let cut = 0.5 * (0.25 + 0.15 + 0.5 * 0.8 + 0.3 * 0.8);
        assert!((polygons[0].signed_area() - 3.8 * 3.3).abs() < cut);
    }

    #[test]
    fn an_island_in_a_hole_is_a_polygon_of_its_own() {
        let samples: Vec<f32> = (0..81)
            .map(|i: i32| (i % 9 - 4).abs().max((i / 9 - 4).abs()))
            .map(|ring| if ring % 2 == 0 { 1.0 } else { 0.0 })
            .collect();
        let polygons = contours(&field(9, &samples), 0.5);
        let holes: Vec<usize> = polygons.iter().map(|p| p.interiors().len()).collect();
        assert_eq!(holes, [1, 1, 0]);
    }

    #[test]
    fn a_saddle_joins_when_its_middle_is_above_the_level() {
        let saddle = |low: f32| {
            let mut samples = [0.0; 16];
            (samples[5], samples[10], samples[6], samples[9]) = (0.9, 0.9, low, low);
            contours(&field(4, &samples), 0.5).len()
        };
        assert_eq!(saddle(0.4), 1);
        assert_eq!(saddle(0.0), 2);
    }

    #[test]
    fn a_sample_that_is_no_number_counts_as_nothing() {
        let samples = [1.0, f32::NAN, 1.0];
        assert_eq!(contours(&field(3, &samples), 0.5).len(), 2);
    }
}
