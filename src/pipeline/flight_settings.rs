//! What a flight is searched with.

use std::{path::Path, sync::Arc};

use scarp_config::{Board, ConfigError};
use scarp_infer::{AUTO, ENGINES, Model, ModelError, engines};
use scarp_inventory::Run;
use thiserror::Error;

use super::WhenFull;

/// What a flight's frames are searched with.
pub struct Flight {
    /// The network.
    pub model: Arc<Model>,
    /// The survey, and this run over it; landslide identities follow from the run.
    pub run: Run,
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

/// A model that a board cannot run.
#[derive(Debug, Error)]
pub enum BoardModelError {
    /// The engine that the board names does not exist or does not take the model.
    #[error(transparent)]
    Engine(#[from] ConfigError),
    /// The model is at fault.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// The model in `dir`, in the engine that the board names.
///
/// # Errors
/// When there is no such engine, it does not take the model, or the model cannot be used.
pub fn load_model(board: &Board, dir: &Path) -> Result<Model, BoardModelError> {
    let name = &board.inference.engine;
    let wrong_engine = |reason: String| ConfigError::Value {
        path: board.file.clone(),
        key: "inference.engine",
        reason,
    };
    let engines = engines(ENGINES, name).map_err(|error| wrong_engine(error.to_string()))?;
    Model::load_in(dir, engines).map_err(|error| match error {
        ModelError::Declined { .. } if name != AUTO => wrong_engine(error.to_string()).into(),
        error => error.into(),
    })
}

impl Flight {
    /// As a board has it.
    #[must_use]
    pub fn from_board(board: &Board, model: Arc<Model>, run: Run, when_full: WhenFull) -> Self {
        let (inference, detection) = (&board.inference, &board.detection);
        Self {
            model,
            run,
            workers: inference.worker_count(),
            threads_per_tile: inference.threads_per_tile,
            tile_overlap_px: inference.tile_overlap_px,
            queue_frames: board.queue.frames,
            when_full,
            min_area_m2: detection.min_area_m2,
            cell_m: detection.cell_m,
        }
    }
}
