//! The horizontal reference systems that elevation models come in.

use crate::{Utm, Wgs84, wgs84::longitude_near};

/// A horizontal reference system that elevation models come in.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(not(feature = "geotiff"), expect(dead_code, reason = "files tell it"))]
pub(super) enum Crs {
    /// WGS84 degrees: x longitude, y latitude.
    Geographic,
    /// A WGS84 UTM zone, metres.
    Utm(Utm),
}

impl Crs {
    /// The place in this system; a longitude is brought within 180 degrees of `near_x`.
    pub(super) fn forward(self, place: Wgs84, near_x: f64) -> (f64, f64) {
        match self {
            Self::Geographic => (
                longitude_near(place.longitude_deg(), near_x),
                place.latitude_deg(),
            ),
            Self::Utm(utm) => utm.forward(place),
        }
    }
}
