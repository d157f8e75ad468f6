//! What several tests need: a flight of the test aircraft, its camera, a link, a ground station, disks, networks, a place.

pub mod camera;
pub mod flight;
pub mod link;
pub mod mounts;
pub mod networks;
pub mod slow_engine;
pub mod station;

use scarp_geo::{Latitude, Longitude, Wgs84};

/// A place, latitude and longitude in degrees.
pub const fn at(latitude_deg: f64, longitude_deg: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude_deg),
        Longitude::from_degrees(longitude_deg),
    )
}
