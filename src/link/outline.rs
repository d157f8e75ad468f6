//! Outlines on the wire: each vertex as the step from the one before, in units of 1e-8 degrees (about 1 mm).
//!
//! Neighbouring vertices lie about a metre apart, so a step takes two bytes where a double takes eight. The closing
//! vertex of a ring repeats the first and is left out.

use geo::{Coord, LineString, Polygon};
use scarp_inventory::coordinate_grid;

use super::message_error::{MAX_RINGS, MAX_VERTICES, MessageError};

/// An outline across the antimeridian keeps continuous longitudes, so these may pass 180.
const MAX_LON: i64 = 36_000_000_000;
const MAX_LAT: i64 = 9_000_000_000;

/// The steps of one ring: longitude, latitude, longitude, … The first pair starts from 0, 0.
pub type Steps = Vec<i64>;

/// The rings of `polygon`, the outer one first.
///
/// # Errors
/// When the polygon has too many vertices or rings, or a ring is no ring, or a coordinate is out of range. `field`
/// names the outline in the error.
pub fn to_steps(field: &'static str, polygon: &Polygon<f64>) -> Result<Vec<Steps>, MessageError> {
    let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
    check_size(field, rings().count(), rings().map(|r| r.0.len()).sum())?;
    rings().map(|ring| ring_to_steps(field, ring)).collect()
}

/// The polygon whose rings are `rings`, the outer one first.
///
/// # Errors
/// As [`to_steps`].
pub fn from_steps(field: &'static str, rings: &[Steps]) -> Result<Polygon<f64>, MessageError> {
    // Each ring comes without its closing vertex.
    let vertices = rings.iter().map(|steps| steps.len() / 2 + 1).sum();
    check_size(field, rings.len(), vertices)?;
    let mut lines = rings.iter().map(|steps| ring_from_steps(field, steps));
    let outer = lines
        .next()
        .ok_or_else(|| bad(field, "has no outer ring".into()))??;
    Ok(Polygon::new(outer, lines.collect::<Result<_, _>>()?))
}

fn ring_to_steps(field: &'static str, ring: &LineString<f64>) -> Result<Steps, MessageError> {
    let [open @ .., last] = ring.0.as_slice() else {
        return Err(bad(field, "has an empty ring".into()));
    };
    if open.len() < 3 || open.first() != Some(last) {
        return Err(bad(
            field,
            "has a ring that is not closed or has fewer than three corners".into(),
        ));
    }
    let mut steps = Vec::with_capacity(open.len() * 2);
    let (mut x, mut y) = (0, 0);
    for vertex in open {
        let (lon, lat) = (
            units(field, vertex.x, MAX_LON)?,
            units(field, vertex.y, MAX_LAT)?,
        );
        steps.extend([lon - x, lat - y]);
        (x, y) = (lon, lat);
    }
    Ok(steps)
}

fn ring_from_steps(field: &'static str, steps: &[i64]) -> Result<LineString<f64>, MessageError> {
    let (pairs, odd) = steps.as_chunks::<2>();
    if pairs.len() < 3 || !odd.is_empty() {
        return Err(bad(field, "has a ring of fewer than three corners".into()));
    }
    let mut line = Vec::with_capacity(pairs.len() + 1);
    let (mut x, mut y) = (0_i64, 0_i64);
    for &[dx, dy] in pairs {
        (x, y) = (x.saturating_add(dx), y.saturating_add(dy));
        if x.abs() > MAX_LON || y.abs() > MAX_LAT {
            return Err(bad(
                field,
                "leaves the Earth's longitudes and latitudes".into(),
            ));
        }
        line.push(Coord {
            x: coordinate_grid::to_degrees(x as f64),
            y: coordinate_grid::to_degrees(y as f64),
        });
    }
    line.extend(line.first().copied());
    Ok(LineString::new(line))
}

fn units(field: &'static str, degrees: f64, max: i64) -> Result<i64, MessageError> {
    let units = coordinate_grid::to_units(degrees);
    // Written so that NaN fails too.
    if units.abs() <= max as f64 {
        Ok(units as i64)
    } else {
        Err(bad(
            field,
            format!("has the coordinate {degrees}, not a longitude or latitude in degrees"),
        ))
    }
}

fn check_size(field: &'static str, rings: usize, vertices: usize) -> Result<(), MessageError> {
    if rings > MAX_RINGS || vertices > MAX_VERTICES {
        return Err(bad(
            field,
            format!(
                "has {rings} rings and {vertices} vertices, at most {MAX_RINGS} and {MAX_VERTICES} can be sent; simplify it"
            ),
        ));
    }
    Ok(())
}

fn bad(field: &'static str, reason: String) -> MessageError {
    MessageError::Outline { field, reason }
}
