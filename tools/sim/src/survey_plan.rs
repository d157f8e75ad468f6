//! What a survey is asked for and what it becomes.

use std::{collections::HashMap, path::PathBuf};

use geo::Polygon;

use crate::{
    flight::Plan, landslide_map::Truth, overview::Overview, sensors::Sigmas, world::World,
};

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// Everything is drawn from it: same seed and plan, same bytes.
    pub seed: u64,
    /// The flight.
    pub plan: Plan,
    /// Errors of the sensors.
    pub sigmas: Sigmas,
}

/// A survey that lies in a folder.
pub struct Survey {
    /// The world as it truly is.
    pub world: World,
    /// The true landslides.
    pub truth: Vec<Truth>,
    /// Number of frames.
    pub frames: usize,
    /// The ground that each frame truly shows, on the UTM plane, by the frame's name.
    pub footprints: HashMap<String, Polygon<f64>>,
    /// Picture of the whole terrain.
    pub overview: Overview,
    /// Height of the place of take-off over EGM96 in metres.
    pub takeoff_m: f64,
    /// Folder of the frames.
    pub frames_dir: PathBuf,
    /// Elevation model.
    pub dem: PathBuf,
}

/// Name of a frame, counted from 0.
#[must_use]
pub fn frame_name(shot: usize) -> String {
    format!("SCARP_{:04}.JPG", shot + 1)
}
