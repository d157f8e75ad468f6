//! What a flight is searched with.

use std::{sync::Arc, time::SystemTime};

use scarp_geo::Terrain;
use scarp_infer::Model;
use uuid::Uuid;

use super::WhenFull;

/// What a flight is flown with.
pub struct Flight {
    /// The network.
    pub model: Arc<Model>,
    /// The ground the camera's rays end on.
    pub terrain: Terrain,
    /// Identity of the survey; landslide identities follow from it.
    pub survey: Uuid,
    /// Time given to frames that tell none.
    pub start: SystemTime,
    /// Tiles segmented at once, at least 1.
    pub workers: usize,
    /// Threads that share one tile, at least 1.
    pub threads_per_tile: usize,
    /// Least overlap of neighbouring tiles in model pixels.
    pub tile_overlap_px: u32,
    /// Frames that may wait between two stages, at least 1.
    pub queue_frames: usize,
    /// What to do when segmentation falls behind.
    pub when_full: WhenFull,
    /// Smallest landslide reported, in square metres.
    pub min_area_m2: f64,
    /// Side of the ground cell in which frames vote, in metres.
    pub cell_m: f64,
}
