//! From an image to the probability that each small square of it is a fresh landslide.
//!
//! A frame is brought to the model's ground sampling distance ([`resample()`]), cut into overlapping tiles, each tile is
//! run through the network ([`Model`], [`Engine`]), and the overlaps are blended ([`Segmenter`]) into a [`ProbabilityMap`].

mod engine;
mod error;
mod files;
mod golden;
mod graph;
mod lowering;
mod manifest;
mod model;
mod normalisation;
mod probability;
pub mod process_memory;
mod resample;
mod segmenter;
mod tiles;
mod tract_resize;

pub use engine::{Engine, OperatorInfo, Session};
pub use error::{ManifestError, ModelError};
pub use lowering::{Unfused, lower};
pub use manifest::{Golden, Input, Manifest, Output, Quantization, Training};
pub use model::Model;
pub use normalisation::Normalisation;
pub use probability::ProbabilityMap;
pub use resample::{Crop, ResampleError, resample, resize};
pub use segmenter::{SegmentError, Segmenter, too_little_ground};
pub use tiles::{Mosaic, Tiling, blend};
pub use tract_resize::with_fast_upsampling;
