//! From an image to the probability that each small square of it is a fresh landslide.
//!
//! A frame is brought to the model's ground sampling distance ([`resample()`]), cut into overlapping tiles, each tile is
//! run through the network ([`Model`]) by one of the engines ([`ENGINES`]), and the overlaps are blended ([`Segmenter`])
//! into a [`ProbabilityMap`].

mod engine;
mod error;
mod files;
mod golden;
mod graph;
mod lowering;
mod manifest;
mod model;
mod model_session;
mod normalisation;
mod panic_guard;
mod probability;
pub mod process_memory;
mod resample;
mod segmenter;
mod tiles;
mod tract_resize;

pub use engine::{
    AUTO, ENGINES, Engine, EngineError, OperatorInfo, Registration, Session, Tile, UnknownEngine,
    engines,
};
pub use error::{ManifestError, ModelError};
pub use graph::{Graph, one_line};
pub use lowering::{Unfused, lower};
pub use manifest::{Golden, Input, MANIFEST, Manifest, Output, Quantization, Training};
pub use model::{Declined, Model};
pub use model_session::ModelSession;
pub use normalisation::Normalisation;
pub use panic_guard::guarded;
pub use probability::ProbabilityMap;
pub use resample::{Crop, ResampleError, resample, resize};
pub use segmenter::{SegmentError, Segmenter, too_little_ground};
pub use tiles::{Mosaic, Tiling, blend};
pub use tract_resize::with_fast_upsampling;
