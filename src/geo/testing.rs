//! Places for the tests of this crate.

use super::{Latitude, Longitude, Wgs84};

/// A place, latitude and longitude in degrees.
pub(super) const fn place(latitude_deg: f64, longitude_deg: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude_deg),
        Longitude::from_degrees(longitude_deg),
    )
}
