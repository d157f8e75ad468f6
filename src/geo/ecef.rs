//! WGS84: geodetic coordinates, earth-centred earth-fixed (ECEF) coordinates, and the local level frame.

use nalgebra::{Matrix3, Vector3};

use super::{Latitude, Longitude, Wgs84};

/// Semi-major axis of the WGS84 ellipsoid in metres (NGA.STND.0036).
pub(super) const A: f64 = 6_378_137.0;
/// Flattening of the WGS84 ellipsoid.
pub(super) const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared.
pub(super) const E2: f64 = F * (2.0 - F);

/// A place and metres above the ellipsoid to ECEF metres.
pub(super) fn from_geodetic(place: Wgs84, height_m: f64) -> Vector3<f64> {
    let (sin_lat, cos_lat) = place.latitude_deg().to_radians().sin_cos();
    let (sin_lon, cos_lon) = place.longitude_deg().to_radians().sin_cos();
    let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    Vector3::new(
        (n + height_m) * cos_lat * cos_lon,
        (n + height_m) * cos_lat * sin_lon,
        (n * (1.0 - E2) + height_m) * sin_lat,
    )
}

/// ECEF metres to a place (longitude -180 to 180) and height above the ellipsoid in metres.
///
/// B. R. Bowring, "Transformation from spatial to geographical coordinates", Survey Review 181, 1976, iterated twice:
/// below 1e-9 m for anything an aircraft sees.
pub(super) fn to_geodetic(p: &Vector3<f64>) -> (Wgs84, f64) {
    let b = A * (1.0 - F);
    let second_e2 = E2 / (1.0 - E2);
    let rho = (p.x * p.x + p.y * p.y).sqrt();
    // Angles are kept as sine and cosine: a ray asks for hundreds of places.
    let unit = |y: f64, x: f64| {
        let length = (x * x + y * y).sqrt();
        (y / length, x / length)
    };
    let mut reduced = unit(p.z * A, rho * b);
    let mut latitude = reduced;
    for _ in 0..2 {
        let (s, c) = reduced;
        latitude = unit(p.z + second_e2 * b * s * s * s, rho - E2 * A * c * c * c);
        reduced = unit((1.0 - F) * latitude.0, latitude.1);
    }
    let (s, c) = latitude;
    let height = rho * c + p.z * s - A * (1.0 - E2 * s * s).sqrt();
    let place = Wgs84::new(
        Latitude::from_degrees(s.atan2(c).to_degrees()),
        Longitude::from_degrees(p.y.atan2(p.x).to_degrees()),
    );
    (place, height)
}

/// The matrix whose columns are north, east and down at a place, in ECEF: it turns NED vectors into ECEF vectors.
pub(super) fn ned_axes(place: Wgs84) -> Matrix3<f64> {
    let (sin_lat, cos_lat) = place.latitude_deg().to_radians().sin_cos();
    let (sin_lon, cos_lon) = place.longitude_deg().to_radians().sin_cos();
    Matrix3::new(
        -sin_lat * cos_lon,
        -sin_lon,
        -cos_lat * cos_lon,
        -sin_lat * sin_lon,
        cos_lon,
        -cos_lat * sin_lon,
        cos_lat,
        0.0,
        -sin_lat,
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::{testing::place, wgs84::longitude_near},
        *,
    };
    use proptest::prelude::*;

    #[test]
    fn the_equator_and_the_pole_are_where_the_axes_say() {
        assert!(
            (from_geodetic(place(0.0, 0.0), 10.0) - Vector3::new(A + 10.0, 0.0, 0.0)).norm() < 1e-6
        );
        let pole = from_geodetic(place(90.0, 0.0), 0.0);
        assert!((pole.z - 6_356_752.314_245).abs() < 1e-3 && pole.x.abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn geodetic_coordinates_survive_ecef(lat in -89.9..89.9f64, lon in -180.0..180.0f64, h in -400.0..12_000.0f64) {
            let (back, h2) = to_geodetic(&from_geodetic(place(lat, lon), h));
            prop_assert!((lat - back.latitude_deg()).abs() < 1e-12 * 90.0);
            prop_assert!(longitude_near(back.longitude_deg(), lon) - lon < 1e-10);
            prop_assert!((h - h2).abs() < 1e-6);
        }

        #[test]
        fn north_east_and_down_form_a_right_handed_frame(lat in -89.0..89.0f64, lon in -180.0..180.0f64) {
            let m = ned_axes(place(lat, lon));
            prop_assert!((m * m.transpose() - Matrix3::identity()).norm() < 1e-12);
            prop_assert!((m.determinant() - 1.0).abs() < 1e-12);
        }
    }
}
