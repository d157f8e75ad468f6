//! Area on the ellipsoid.

use geo::{GeodesicArea, Polygon};

/// Area in square metres of a polygon with holes in degrees (x longitude, y latitude) on the WGS84 ellipsoid.
///
/// Edges are geodesics; C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87, 2013, by way of
/// `geographiclib-rs`. It is the area of the outline at the ellipsoid, as a map shows it: a slope's own surface is
/// larger, and ground at height h appears smaller by 2h/R (0.1 % at 3,000 m).
#[must_use]
pub fn area_m2(polygon: &Polygon<f64>) -> f64 {
    polygon.geodesic_area_signed().abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LocalPlane, testing::place};
    use geo::{Coord, LineString};
    use rstest::rstest;

    fn square(plane: &LocalPlane, half: f64) -> LineString<f64> {
        [
            (-half, -half),
            (half, -half),
            (half, half),
            (-half, half),
            (-half, -half),
        ]
        .iter()
        .map(|&(x, y)| plane.to_geographic(Coord { x, y }))
        .collect()
    }

    #[rstest]
    #[case(46.8, -92.0)]
    #[case(-46.5, -73.2)]
    #[case(-17.0, 180.0)]
    #[case(70.0, 179.9995)]
    fn a_square_with_a_hole_has_the_area_of_its_sides_to_a_tenth_of_a_percent(
        #[case] lat: f64,
        #[case] lon: f64,
    ) {
        let plane = LocalPlane::at(place(lat, lon));
        let polygon = Polygon::new(square(&plane, 50.0), vec![square(&plane, 10.0)]);
        let area = area_m2(&polygon);
        assert!((area / (10_000.0 - 400.0) - 1.0).abs() < 1e-3, "{area}");
        let mut ring = square(&plane, 50.0);
        ring.0.reverse();
        assert!((area_m2(&Polygon::new(ring, vec![])) / 10_000.0 - 1.0).abs() < 1e-3);
    }
}
