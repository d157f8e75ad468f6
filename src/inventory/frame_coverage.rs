//! What became of one frame.

use std::time::SystemTime;

use geo::Polygon;

/// One frame: the coverage record from which operators see what was searched and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameReport {
    /// Number of the frame in its survey, from its source.
    pub sequence: u64,
    /// Name of the frame, for instance its file name.
    pub name: String,
    /// Time of exposure, if known.
    pub time: Option<SystemTime>,
    /// Where the frame lies and how fine it is, or in one line why it could not be placed.
    pub placement: Result<FrameFootprint, String>,
}

/// Where a frame lies on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameFootprint {
    /// Outline on the ground, x = longitude and y = latitude in degrees (WGS84); kept to 1e-8 degrees.
    pub footprint: Polygon<f64>,
    /// Ground sampling distance at the principal point in metres.
    pub gsd_m: f64,
}
