//! Metres to the north and east of a place, for the short ways between two fixes or from antenna to camera.

use scarp_geo::{Latitude, Longitude, Wgs84};

/// Semi-major axis of the WGS84 ellipsoid in metres (NGA.STND.0036).
const A: f64 = 6_378_137.0;
/// First eccentricity squared of the WGS84 ellipsoid.
const E2: f64 = 0.006_694_379_990_141;

/// A plane about a place, in metres north and east of it.
///
/// Meridian and parallel are taken as straight: over a distance d that errs by d^2 tan(latitude) / 2R, a tenth of a
/// millimetre over 30 m at 60 degrees. The height above the ellipsoid is left out: 3 km up, lengths are 1 in 2000
/// longer, which is nothing over the metres between fixes.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalFrame {
    origin: Wgs84,
    metres_per_degree_north: f64,
    metres_per_degree_east: f64,
}

impl LocalFrame {
    /// The plane about a place, not a pole.
    pub fn at(origin: Wgs84) -> Self {
        let (sin, cos) = origin.latitude_deg().to_radians().sin_cos();
        let w = (1.0 - E2 * sin * sin).sqrt();
        Self {
            origin,
            metres_per_degree_north: (A * (1.0 - E2) / w.powi(3)).to_radians(),
            metres_per_degree_east: (A / w * cos).to_radians(),
        }
    }

    /// Metres north and east from the origin to a place, the short way round at the antimeridian.
    pub fn offset_m(&self, to: Wgs84) -> (f64, f64) {
        let north_deg = to.latitude_deg() - self.origin.latitude_deg();
        let east_deg = wrapped(to.longitude_deg() - self.origin.longitude_deg());
        (
            north_deg * self.metres_per_degree_north,
            east_deg * self.metres_per_degree_east,
        )
    }

    /// The place so many metres north and east of the origin, longitude -180 to 180 degrees.
    pub fn place(&self, north_m: f64, east_m: f64) -> Wgs84 {
        let latitude = self.origin.latitude_deg() + north_m / self.metres_per_degree_north;
        let longitude = self.origin.longitude_deg() + east_m / self.metres_per_degree_east;
        Wgs84::new(
            Latitude::from_degrees(latitude.clamp(-90.0, 90.0)),
            Longitude::from_degrees(wrapped(longitude)),
        )
    }
}

/// An angle in degrees brought into -180 to 180.
fn wrapped(degrees: f64) -> f64 {
    if (-180.0..=180.0).contains(&degrees) {
        degrees
    } else {
        (degrees + 180.0).rem_euclid(360.0) - 180.0
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::place, *};
    use proptest::prelude::*;

    #[test]
    fn degrees_are_as_long_as_the_tables_say() {
        // National Geospatial-Intelligence Agency, "Length of a Degree of Latitude and Longitude" calculator, WGS84.
        let equator = LocalFrame::at(place(0.0, 0.0));
        assert!((equator.metres_per_degree_north - 110_574.28).abs() < 0.1);
        assert!((equator.metres_per_degree_east - 111_319.49).abs() < 0.1);
        let sixty = LocalFrame::at(place(60.0, 0.0));
        assert!((sixty.metres_per_degree_north - 111_412.27).abs() < 0.5);
        assert!((sixty.metres_per_degree_east - 55_800.0).abs() < 0.5);
    }

    #[test]
    fn the_antimeridian_is_no_jump() {
        let west = LocalFrame::at(place(-17.0, 179.999_95));
        let (_, east_m) = west.offset_m(place(-17.0, -179.999_95));
        assert!((east_m - 10.649).abs() < 0.01, "{east_m}");
        assert!(west.place(0.0, 20.0).longitude_deg() < -179.9);
    }

    proptest! {
        #[test]
        fn a_place_is_as_far_as_it_was_put(
            lat in -85.0..85.0f64, lon in -180.0..180.0f64, north in -500.0..500.0f64, east in -500.0..500.0f64,
        ) {
            let frame = LocalFrame::at(place(lat, lon));
            let to = frame.place(north, east);
            prop_assert!(to.is_on_earth());
            let (n, e) = frame.offset_m(to);
            prop_assert!((n - north).abs() < 1e-6 && (e - east).abs() < 1e-6);
        }
    }
}
