//! A local metric plane for rasters and outlines of one survey.

use geo::Coord;
use nalgebra::Vector3;

use super::{Longitude, Wgs84, ecef};

/// The plane that touches the ellipsoid at an origin: x metres east, y metres north of it.
///
/// Orthographic: distances shrink by d^2 / 2R^2 at a distance d from the origin, 1 part in 800,000 at 10 km and 1 in
/// 50,000 at 40 km, which is as far as one survey goes.
#[derive(Debug, Clone)]
pub struct LocalPlane {
    longitude: Longitude,
    origin: Vector3<f64>,
    axes: nalgebra::Matrix3<f64>,
}

impl LocalPlane {
    /// The plane touching at a place.
    #[must_use]
    pub fn at(place: Wgs84) -> Self {
        Self {
            longitude: place.longitude,
            origin: ecef::from_geodetic(place, 0.0),
            axes: ecef::ned_axes(place),
        }
    }

    /// A geographic point (x longitude, y latitude, in degrees) in metres east and north of the origin.
    #[must_use]
    pub fn to_metres(&self, lon_lat: Coord<f64>) -> Coord<f64> {
        let ned = self
            .axes
            .tr_mul(&(ecef::from_geodetic(Wgs84::from_coord(lon_lat), 0.0) - self.origin));
        Coord { x: ned.y, y: ned.x }
    }

    /// The inverse of [`LocalPlane::to_metres`]. The longitude has no jump at the antimeridian: it lies within 180
    /// degrees of the origin's and may so exceed 180.
    #[must_use]
    pub fn to_geographic(&self, metres: Coord<f64>) -> Coord<f64> {
        let mut ned = Vector3::new(metres.y, metres.x, 0.0);
        // Each turn puts the point back on the ellipsoid along the plane's normal.
        for _ in 0..4 {
            let (_, height) = ecef::to_geodetic(&(self.origin + self.axes * ned));
            ned.z += height;
        }
        let (place, _) = ecef::to_geodetic(&(self.origin + self.axes * ned));
        Wgs84::new(place.latitude, place.longitude.near(self.longitude)).coord()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::place, *};
    use proptest::prelude::*;

    #[test]
    fn a_plane_at_the_antimeridian_has_no_jump() {
        let plane = LocalPlane::at(place(-17.0, 179.999));
        let east = plane.to_geographic(Coord { x: 500.0, y: 0.0 });
        assert!(east.x > 180.0 && east.x < 180.01, "{}", east.x);
        let same = plane.to_metres(Coord {
            x: east.x - 360.0,
            y: east.y,
        });
        assert!((same.x - 500.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn metres_survive_the_way_over_degrees(
            lat in -80.0..80.0f64, lon in -180.0..180.0f64, x in -20_000.0..20_000.0f64, y in -20_000.0..20_000.0f64,
        ) {
            let plane = LocalPlane::at(place(lat, lon));
            let back = plane.to_metres(plane.to_geographic(Coord { x, y }));
            prop_assert!((back.x - x).hypot(back.y - y) < 1e-4);
        }
    }
}
