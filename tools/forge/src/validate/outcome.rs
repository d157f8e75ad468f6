//! What is found of one image, at which scale, and what it took.

use serde::{Deserialize, Serialize};

use crate::{dataset::Pair, metrics::Counts};

/// An image's resolution, and what it takes to show it to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundResolution {
    /// Ground sampling distance of the image in metres.
    pub gsd_m: f64,
    /// Enlargement before it is searched: its GSD over the model's.
    pub scale: f64,
}

impl GroundResolution {
    /// A scale that was asked for counts most, then the image's own GSD.
    pub(super) fn of(pair: &Pair, scale: Option<f64>, base_gsd_m: f64, model_gsd_m: f64) -> Self {
        let gsd_m = match (scale, pair.origin.gsd_m) {
            (Some(scale), _) => scale * base_gsd_m,
            (None, Some(known)) => known,
            (None, None) => base_gsd_m,
        };
        Self {
            gsd_m,
            scale: gsd_m / model_gsd_m,
        }
    }
}

/// What was found of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) counts: Counts,
    pub(crate) effort: Effort,
}

/// What it took: tiles, and the seconds the network needed for them, added up over all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Effort {
    pub(crate) tiles: usize,
    pub(crate) seconds: f64,
}
