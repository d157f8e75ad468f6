//! The sensors of an aircraft's computer.

use std::path::PathBuf;

use garde::Validate;
use scarp_geo::VerticalDatum;
use serde::Deserialize;

use super::{
    limits::{up_to, within},
    optional::optional,
};

/// Largest share of its ground that a frame may have in common with another.
const MOST_OVERLAP: f64 = 0.95;

/// The camera.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// Device node; empty for none.
    #[garde(skip)]
    pub device: String,
    /// Pixel formats by V4L2's four characters, the one liked best first.
    #[garde(skip)]
    pub formats: Vec<String>,
    /// Pixels across.
    #[garde(custom(within(16, 32_768)))]
    pub width_px: u32,
    /// Pixels down.
    #[garde(custom(within(16, 32_768)))]
    pub height_px: u32,
    /// Frames per second asked of the camera.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub rate_hz: f64,
    /// Least time between frames that are searched, seconds.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub interval_s: f64,
    /// Share of its ground that a searched frame may have in common with the one before, 0 to 0.95: above that it waits.
    #[garde(custom(within(0.0, MOST_OVERLAP)))]
    pub overlap: f64,
    /// The same when the computer is too slow or too hot for `overlap`.
    #[garde(custom(up_to(self.overlap, "camera.overlap", MOST_OVERLAP)))]
    pub least_overlap: f64,
    /// Camera file with its focal length, principal point and lens; empty for none.
    #[garde(skip)]
    pub calibration: PathBuf,
    /// Focal length in pixels; 0 where it is not known or the camera file tells it.
    #[garde(custom(within(0.0, 1e6)))]
    pub focal_px: f64,
    /// Its one-sigma error in pixels.
    #[garde(custom(within(0.0, 1e6)))]
    pub focal_sigma_px: f64,
    /// Seconds from the driver's time stamp to the middle of the exposure.
    #[garde(custom(within(-10.0, 10.0)))]
    pub timestamp_offset_s: f64,
    /// One-sigma error of that, seconds.
    #[garde(custom(within(0.0, 10.0)))]
    pub timestamp_sigma_s: f64,
}

/// How the camera sits in the aircraft.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Metres forward, right and down from the GNSS antenna; from the autopilot where positions are its.
    #[garde(inner(custom(within(-1000.0, 1000.0))))]
    pub lever_arm_m: [f64; 3],
    /// Where it looks; what the file leaves out is straight down, and on a gimbal where that points.
    #[garde(dive)]
    pub boresight_deg: Boresight,
    /// Whether it hangs on a gimbal: attitude is then the gimbal's, and lever arm and boresight are in its axes.
    #[garde(skip)]
    pub on_gimbal: bool,
}

/// The camera's attitude in a level aircraft that flies north, or on a level gimbal that points north, degrees.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Boresight {
    /// Clockwise from the nose.
    #[garde(custom(within(-1000.0, 1000.0)))]
    pub yaw: f64,
    /// Above the horizon.
    #[garde(custom(within(-1000.0, 1000.0)))]
    pub pitch: f64,
    /// About the optical axis.
    #[garde(custom(within(-1000.0, 1000.0)))]
    pub roll: f64,
}

/// The GNSS receiver.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Gnss {
    /// Serial port, `gpsd://HOST:PORT`, or `autopilot` for the autopilot's own; empty for none.
    #[garde(skip)]
    pub device: String,
    /// Bits per second; 0 to find out.
    #[garde(skip)]
    pub baud_rate: u32,
    /// Seconds from the instant of a fix to its first byte.
    #[garde(custom(within(0.0, 10.0)))]
    pub delay_s: f64,
    /// One-sigma error of that, seconds.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub delay_sigma_s: f64,
    /// PPS device of the receiver's pulse per second, whose rising edge marks whole seconds of UTC; instants of fixes then come
    /// from it in place of `delay_s`. Empty for none.
    #[garde(skip)]
    pub pps: String,
    /// Datum of altitudes without geoid separation: `egm96`, `egm2008` or `ellipsoid`; empty to refuse them.
    #[garde(skip)]
    #[serde(deserialize_with = "optional")]
    pub altitude_datum: Option<VerticalDatum>,
    /// Whether fixes of a simulator are taken.
    #[garde(skip)]
    pub accept_simulated: bool,
}

/// The autopilot.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Autopilot {
    /// Where it is reached; empty for none.
    #[garde(skip)]
    pub address: String,
    /// One-sigma error of its roll and pitch, degrees.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub tilt_sigma_deg: f64,
    /// One-sigma error of its heading, degrees.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub heading_sigma_deg: f64,
    /// Faster than the aircraft ever flies, metres per second.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub max_speed_m_s: f64,
}
