//! Outlines as they are shown: valid, and within the map's longitudes. What cannot be made so is refused.

use geo::{
    Area, BooleanOps, BoundingRect, GeodesicArea, InteriorPoint, MultiPolygon, Point, Polygon,
    Validation,
};
use scarp_inventory::within_longitudes;

/// Degrees of longitude that an outline spans at most. More is no place on the ground: an aircraft that crosses the antimeridian has
/// continuous longitudes there.
const WIDEST: f64 = 180.0;
/// Vertices up to which crossings are looked for pair by pair, which is exact and, of so few, quick.
const FEW: usize = 256;
/// Share of its bounding box that an outline has at least; less is what rounding makes of a line.
const THINNEST: f64 = 1e-9;
/// Share of the area by which one of more vertices may differ from what its rings enclose: a crossing makes more of it.
const TOLERANCE: f64 = 1e-6;

/// The outline as a map shows it: one that crosses itself is what its rings enclose by turns (even-odd), and one that passes a longitude
/// of 180 degrees is cut there.
///
/// # Errors
/// When it has no area, or spans more than half the Earth; in words that follow "its outline".
pub fn shown(outline: &Polygon<f64>) -> Result<MultiPolygon<f64>, &'static str> {
    let bounds = outline.bounding_rect();
    let (width, around) = bounds.map_or((0.0, 0.0), |bounds| {
        (bounds.width(), bounds.width() * bounds.height())
    });
    let is_a_place = width <= WIDEST;
    if !is_a_place {
        return Err("spans more than 180 degrees of longitude");
    }
    let parts = if is_simple(outline) {
        within_longitudes(outline.clone())
    } else {
        let parts = enclosed(outline).into_iter();
        parts.flat_map(within_longitudes).collect()
    };
    if parts.unsigned_area() > THINNEST * around {
        Ok(parts)
    } else {
        Err("has no area")
    }
}

/// A point inside the largest part.
pub fn middle(parts: &MultiPolygon<f64>) -> Option<Point<f64>> {
    let largest =
        |a: &&Polygon<f64>, b: &&Polygon<f64>| a.unsigned_area().total_cmp(&b.unsigned_area());
    parts.iter().max_by(largest)?.interior_point()
}

/// Area in square metres on the WGS84 ellipsoid, as `scarp_geo::area_m2` has it of one polygon.
pub fn area_m2(parts: &MultiPolygon<f64>) -> f64 {
    parts
        .iter()
        .map(|part| part.geodesic_area_signed().abs())
        .sum()
}

fn is_simple(outline: &Polygon<f64>) -> bool {
    let vertices = outline.exterior().0.len()
        + outline
            .interiors()
            .iter()
            .map(|ring| ring.0.len())
            .sum::<usize>();
    if vertices <= FEW {
        return outline.is_valid();
    }
    let (area, enclosed) = (outline.unsigned_area(), enclosed(outline).unsigned_area());
    (area - enclosed).abs() <= TOLERANCE * enclosed
}

fn enclosed(outline: &Polygon<f64>) -> MultiPolygon<f64> {
    outline.union(&MultiPolygon::new(Vec::new()))
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn a_bow_tie_is_its_two_triangles() {
        let tie =
            polygon![(x: 7.0, y: 46.0), (x: 7.2, y: 46.2), (x: 7.2, y: 46.0), (x: 7.0, y: 46.2)];
        let parts = shown(&tie).unwrap();
        assert_eq!(parts.0.len(), 2);
        assert!(parts.is_valid());
        assert!((parts.unsigned_area() - 0.02).abs() < 1e-9, "{parts:?}");
    }

    #[test]
    fn a_sound_outline_stays_as_it_is_and_has_its_middle_inside() {
        let hook = polygon![
            (x: 7.0, y: 46.0), (x: 7.3, y: 46.0), (x: 7.3, y: 46.3), (x: 7.2, y: 46.3), (x: 7.2, y: 46.1), (x: 7.0, y: 46.1)
        ];
        let parts = shown(&hook).unwrap();
        assert_eq!(parts, hook.into());
        use geo::Contains;
        assert!(parts.contains(&middle(&parts).unwrap()));
    }

    #[test]
    fn one_of_many_vertices_that_crosses_itself_is_repaired_too() {
        let vertex = |n: u32| {
            let angle = f64::from(n) / 1000.0 * std::f64::consts::TAU;
            // A figure of eight.
            (7.0 + 0.1 * (2.0 * angle).sin(), 46.0 + 0.1 * angle.sin())
        };
        let eight = Polygon::new((0..1000).map(vertex).collect::<Vec<_>>().into(), vec![]);
        let parts = shown(&eight).unwrap();
        assert_eq!(parts.0.len(), 2);
        assert!(parts.is_valid());
    }

    #[test]
    fn what_has_no_area_or_goes_round_the_earth_is_refused() {
        let line = polygon![(x: 7.0, y: 46.0), (x: 7.2, y: 46.2), (x: 7.1, y: 46.1)];
        assert_eq!(shown(&line), Err("has no area"));
        let belt = polygon![(x: -179.0, y: 46.0), (x: 179.0, y: 46.0), (x: 179.0, y: 47.0)];
        assert!(shown(&belt).unwrap_err().contains("180 degrees"));
    }

    #[test]
    fn an_outline_across_the_antimeridian_is_cut_there() {
        let across = polygon![(x: 179.9, y: -17.0), (x: 180.3, y: -17.0), (x: 180.3, y: -16.6), (x: 179.9, y: -16.6)];
        let parts = shown(&across).unwrap();
        let bounds = parts.bounding_rect().unwrap();
        assert_eq!(parts.0.len(), 2);
        assert!((bounds.min().x + 180.0).abs() < 1e-8 && (bounds.max().x - 180.0).abs() < 1e-8);
    }
}
