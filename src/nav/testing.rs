//! Fixes for the tests of this crate.

use scarp_geo::{Altitudes, GnssTime, HeightAboveEllipsoid, Latitude, Longitude, Wgs84};

use super::{Fix, FixQuality, Monotonic, PositionSigma, TimedFix, local::LocalFrame};

/// A place, latitude and longitude in degrees.
pub const fn place(latitude_deg: f64, longitude_deg: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude_deg),
        Longitude::from_degrees(longitude_deg),
    )
}

/// An autonomous fix at `seconds`, so many metres from a place in the Alps 900 m above the ellipsoid.
pub fn timed_fix(seconds: f64, north_m: f64, east_m: f64, up_m: f64) -> TimedFix {
    let at = Monotonic::from_nanos(0).plus_seconds(seconds);
    TimedFix {
        at,
        sigma_time_s: 0.01,
        fix: Fix {
            time: GnssTime::from_unix_ms(1_762_766_845_000 + at.nanos() / 1_000_000),
            arrived: at,
            place: LocalFrame::at(place(46.0, 8.0)).place(north_m, east_m),
            altitude: Altitudes {
                ellipsoid: Some(HeightAboveEllipsoid::new(900.0 + up_m)),
                ..Altitudes::default()
            },
            geoid_separation_m: None,
            quality: FixQuality::Autonomous,
            satellites: None,
            hdop: None,
            sigma: PositionSigma {
                north_m: 1.5,
                east_m: 1.5,
                up_m: 3.0,
            },
            velocity: None,
            heading_deg: None,
        },
    }
}
