//! What is known of photographs beside their metadata.

use scarp_geo::{CameraModel, PoseCovariance, VerticalDatum};

/// What to assume where metadata say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TagSettings {
    /// Errors of a pose whose metadata give none.
    pub covariance: PoseCovariance,
    /// Take cameras without attitude for looking straight down, if their heading is known.
    pub assume_nadir: bool,
    /// Where such a camera tells no heading, take the direction in which it was flown for it, with this one-sigma error in degrees: that of the
    /// angle between where an aircraft points and where the wind lets it fly.
    pub track_sigma_deg: Option<f64>,
    /// The camera that took the photographs, in place of what they tell of theirs.
    pub camera: Option<CameraModel>,
    /// Seconds from the exposure of its first row to that of its last: rows are taken from places that far apart along the flight.
    pub rolling_shutter_s: f64,
    /// What heights are over whose datum nothing else tells.
    pub photo_datum: Option<VerticalDatum>,
    /// How high photographs were taken that tell no height above take-off and none above the ground, in metres.
    pub height_above_takeoff_m: Option<f64>,
}
