//! Outlines with more rings or vertices than a message may have, brought within the limits.

use geo::{Area, BoundingRect, LineString, MapCoords, Polygon, Rect, Simplify, Validation, coord};

use super::message_error::{MAX_RINGS, MAX_VERTICES};

/// The most metres in a degree of latitude, and at the equator of longitude: the greatest radius of curvature of the WGS 84
/// ellipsoid, a²/b = 6399594 m, times π/180.
const METRES_PER_DEGREE: f64 = 111_694.0;
/// Vertices that an outer ring is simplified to that is too long even without holes. Far fewer than may be sent: whether a ring
/// crosses itself is asked of every pair of its sides.
const SIMPLE_VERTICES: usize = 4096;
/// The first tolerance of simplifying, in metres; each further one is twice as large.
const FIRST_TOLERANCE_M: f64 = 0.5;
/// Tolerances that are tried; the last is 8000 km.
const TOLERANCES: i32 = 25;

/// `polygon`, or one that may be sent in its place, and the metres by which a place in either may lie outside the other at most.
///
/// The smallest holes are left out first, then vertices of the outer ring. A valid polygon stays valid. One that cannot be brought
/// within the limits is given back as it is.
pub fn fit(polygon: Polygon<f64>) -> (Polygon<f64>, f64) {
    let (outer, holes) = polygon.into_inner();
    let mut vertices = outer.0.len() + holes.iter().map(|hole| hole.0.len()).sum::<usize>();
    let too_many = |holes: usize, vertices| 1 + holes > MAX_RINGS || vertices > MAX_VERTICES;
    if !too_many(holes.len(), vertices) {
        return (Polygon::new(outer, holes), 0.0);
    }
    let scale = Scale::of(&outer);
    // The largest first, those of the same size in their order.
    let mut by_area: Vec<_> = holes.into_iter().map(|hole| (area(&hole), hole)).collect();
    by_area.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut holes: Vec<_> = by_area.into_iter().map(|(_, hole)| hole).collect();
    let mut tolerance_m = 0.0_f64;
    while too_many(holes.len(), vertices)
        && let Some(hole) = holes.pop()
    {
        vertices -= hole.0.len();
        tolerance_m = tolerance_m.max(scale.reach_m(&hole));
    }
    if vertices <= MAX_VERTICES {
        return (Polygon::new(outer, holes), tolerance_m);
    }
    match simplify(&outer, scale) {
        Some((simple, by_m)) => (Polygon::new(simple, Vec::new()), tolerance_m + by_m),
        None => (Polygon::new(outer, holes), tolerance_m),
    }
}

/// A ring with fewer vertices (Ramer, Douglas and Peucker), and the tolerance in metres that it took.
fn simplify(ring: &LineString<f64>, scale: Scale) -> Option<(LineString<f64>, f64)> {
    let metres = Polygon::new(ring.map_coords(|c| scale.to_metres(c)), Vec::new());
    (0..TOLERANCES).find_map(|n| {
        let tolerance_m = FIRST_TOLERANCE_M * 2.0_f64.powi(n);
        let simple = metres.simplify(tolerance_m);
        let fits = simple.exterior().0.len() <= SIMPLE_VERTICES && simple.is_valid();
        fits.then(|| {
            let degrees = simple.map_coords(|c| scale.to_degrees(c));
            (degrees.into_inner().0, tolerance_m)
        })
    })
}

fn area(ring: &LineString<f64>) -> f64 {
    Polygon::new(ring.clone(), Vec::new()).unsigned_area()
}

/// Metres in a degree of longitude and of latitude, no fewer than there are anywhere in an outline.
#[derive(Clone, Copy)]
struct Scale {
    east: f64,
    north: f64,
}

impl Scale {
    fn of(ring: &LineString<f64>) -> Self {
        let bounds = ring.bounding_rect();
        let (south, north) = bounds.map_or((0.0, 0.0), |r| (r.min().y, r.max().y));
        let nearest_equator = 0.0_f64.max(south).min(north);
        Self {
            east: METRES_PER_DEGREE * nearest_equator.to_radians().cos(),
            north: METRES_PER_DEGREE,
        }
    }

    fn to_metres(self, c: geo::Coord<f64>) -> geo::Coord<f64> {
        coord! { x: c.x * self.east, y: c.y * self.north }
    }

    fn to_degrees(self, c: geo::Coord<f64>) -> geo::Coord<f64> {
        coord! { x: c.x / self.east, y: c.y / self.north }
    }

    /// The farthest that a place in a ring can be from it: half of its lesser extent.
    fn reach_m(self, ring: &LineString<f64>) -> f64 {
        let extent = |r: Rect<f64>| (r.width() * self.east).min(r.height() * self.north);
        ring.bounding_rect().map_or(0.0, |r| extent(r) / 2.0)
    }
}

#[cfg(test)]
mod tests;
