//! Models beside one another.

use serde::Serialize;

use super::{Group, Published, Scored};
use crate::metrics::Scores;

/// What a model is, apart from its scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// What it is called here: the last part of its path, made unique.
    pub label: String,
    /// Its folder or file.
    pub path: String,
    /// Its ground sampling distance in metres.
    pub gsd_m: f64,
    /// Width and height of a tile in pixels.
    pub tile: (u32, u32),
    /// Size of the ONNX file.
    pub file_bytes: Option<u64>,
    /// Numbers in its initializers and constants: weights, and of a quantized model scales and zero points as well.
    pub parameters: Option<u64>,
}

/// Models on the images that all of them could search; differences are to the first.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Images.
    pub images: usize,
    /// The models in the order given.
    pub models: Vec<Entry>,
    /// What the paper says of other networks on GDCLD's whole test set.
    pub other_networks: Vec<OtherNetwork>,
}

/// One model.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// What it is.
    #[serde(flatten)]
    pub facts: Facts,
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// Its quantization scheme.
    pub quantization: String,
    /// Probability from which a pixel counts as landslide.
    pub threshold: f32,
    /// Seconds the network takes for a tile on one of the workers.
    pub seconds_per_tile: Option<f64>,
    /// All images together.
    pub overall: Scored,
    /// Mean of the images' landslide IoU, over those that have one.
    pub per_image_mean_iou: Option<f64>,
    /// The paper's row for the whole test set, if the images are of its six sources.
    pub published: Option<Published>,
    /// Scores less those of the first model, in percentage points; none for the first itself.
    pub difference_points: Option<Points>,
    /// The same by event, by sensor, and by both.
    pub groups: Vec<GroupEntry>,
}

/// A group of images as one model sees it.
#[derive(Debug, Clone, Serialize)]
pub struct GroupEntry {
    /// Counts and scores.
    #[serde(flatten)]
    pub group: Group,
    /// Scores less those of the first model, in percentage points; none for the first itself.
    pub difference_points: Option<Points>,
}

/// Differences in percentage points; none where a score does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Points {
    /// Difference of precision.
    pub precision: Option<f64>,
    /// Difference of recall.
    pub recall: Option<f64>,
    /// Difference of F1.
    pub f1: Option<f64>,
    /// Difference of the landslide IoU.
    pub landslide_iou: Option<f64>,
    /// Difference of the two-class mIoU.
    pub two_class_miou: Option<f64>,
}

/// A network of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OtherNetwork {
    /// Its name.
    pub network: &'static str,
    /// Its mIoU in percent, as printed there.
    pub miou: f64,
}

impl Points {
    /// `ours` less `theirs`.
    pub(crate) fn between(ours: &Scored, theirs: &Scored) -> Self {
        let points = |score: fn(&Scores) -> Option<f64>| {
            let [ours, theirs] = [ours, theirs].map(|of| score(&of.tally.scores));
            ours.zip(theirs).map(|(a, b)| (a - b) * 100.0)
        };
        Self {
            precision: points(|s| s.precision),
            recall: points(|s| s.recall),
            f1: points(|s| s.f1),
            landslide_iou: points(|s| s.landslide_iou),
            two_class_miou: points(|s| s.two_class_miou),
        }
    }
}
