//! What several tests need: a flight of the test aircraft, its camera, a link, a place.

pub mod camera;
pub mod flight;
pub mod link;

use std::process::{Child, Command};

use scarp_geo::{Latitude, Longitude, Wgs84};

/// A place, latitude and longitude in degrees.
pub const fn at(latitude_deg: f64, longitude_deg: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude_deg),
        Longitude::from_degrees(longitude_deg),
    )
}

/// Sends SIGTERM, as a service manager does.
pub fn terminate(child: &Child) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
}
