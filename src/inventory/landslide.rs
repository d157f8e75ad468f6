//! A landslide as it is reported.

use std::time::SystemTime;

use geo::Polygon;
use uuid::Uuid;

/// A landslide at one moment of the survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Landslide {
    /// Stays the same while the landslide is known.
    pub id: Uuid,
    /// Counts the reports of this landslide, from 1. A later version replaces an earlier one.
    pub version: u32,
    /// Whether it stands.
    pub status: LandslideStatus,
    /// Outline with holes, x = longitude and y = latitude in degrees (WGS84), outer ring counter-clockwise. A withdrawn
    /// landslide carries the outline last reported.
    pub outline: Polygon<f64>,
    /// Area in square metres; of a landslide that is cut off, that of the part that was searched.
    pub area_m2: f64,
    /// Whether its outline ends where the searched ground does, somewhere: it may go on outside, and is at least as large as its area.
    pub cut_off: bool,
    /// Mean over its cells of the landslide probability, frames that saw none counting as 0; from 0 to 1.
    pub confidence: f64,
    /// Radius in metres that holds the true position with 90 % probability; the mean of its detections'.
    pub ce90_m: f64,
    /// Most frames that saw landslide at any one place of it.
    pub observations: u32,
    /// Exposure of the first frame that showed a landslide in its 64-cell blocks, of those whose time is known.
    pub first_seen: Option<SystemTime>,
    /// Exposure of the last one.
    pub last_seen: Option<SystemTime>,
}

/// Whether a reported landslide still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LandslideStatus {
    /// It stands as reported.
    Active,
    /// It is no longer held to be a landslide of its own: outvoted by later frames, or merged with another.
    Withdrawn,
}
