//! What a validation found, for programs (`report.json`) and for people (`report.html`).

mod html;
mod paper;
mod svg;

use std::path::Path;

use scarp::infer::Manifest;
use serde::Serialize;

pub use self::html::write as write_html;
use crate::{
    dataset::Pair,
    metrics::{Confusion, Curve, Scores},
    validate::{Options, pool},
};

/// A finished validation. Fields may be added, never renamed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// Its quantization scheme.
    pub quantization: String,
    /// Probability from which a pixel counts as landslide.
    pub threshold: f32,
    /// Enlargement of the images.
    pub scale: f64,
    /// All pixels of all images together.
    pub overall: Tally,
    /// Mean of the images' landslide IoU, over those that have one.
    pub per_image_mean_iou: Option<f64>,
    /// Each image.
    pub images: Vec<ImageReport>,
    /// Images that could not be used.
    pub refused: Vec<Refused>,
    /// All pixels together at every threshold.
    pub sweep: Vec<AtThreshold>,
}

/// Counts and the scores they give.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tally {
    /// Pixels.
    #[serde(flatten)]
    pub counts: Confusion,
    /// Scores.
    #[serde(flatten)]
    pub scores: Scores,
}

impl From<Confusion> for Tally {
    fn from(counts: Confusion) -> Self {
        Self {
            counts,
            scores: counts.scores(),
        }
    }
}

/// One point of the threshold sweep.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AtThreshold {
    /// Threshold.
    pub threshold: f32,
    /// What it gives.
    #[serde(flatten)]
    pub tally: Tally,
}

/// One image's result.
#[derive(Debug, Serialize)]
pub struct ImageReport {
    /// File name without extension.
    pub name: String,
    /// Counts and scores.
    #[serde(flatten)]
    pub tally: Tally,
    /// Whether the result was taken over from an earlier, interrupted run.
    pub resumed: bool,
    #[serde(skip)]
    curve: Curve,
}

impl ImageReport {
    /// The result of `pair` at threshold number `shown`.
    #[must_use]
    pub fn new(pair: &Pair, curve: Curve, shown: usize, resumed: bool) -> Self {
        Self {
            name: pair.name.clone(),
            tally: curve.at(shown).into(),
            resumed,
            curve,
        }
    }
}

/// An image that could not be used.
#[derive(Debug, Serialize)]
pub struct Refused {
    /// The image.
    pub image: String,
    /// Why, in one line, and what to do.
    pub reason: String,
}

impl Refused {
    /// An image and why.
    #[must_use]
    pub fn new(image: &Path, reason: &str) -> Self {
        Self {
            image: image.display().to_string(),
            reason: reason.to_owned(),
        }
    }
}

impl Report {
    /// Pools the images' results.
    #[must_use]
    pub fn new(
        manifest: &Manifest,
        options: &Options,
        threshold: f32,
        thresholds: &[f32],
        images: Vec<ImageReport>,
        refused: Vec<Refused>,
    ) -> Self {
        let total = pool(images.iter().map(|image| &image.curve), thresholds.len());
        let sweep: Vec<AtThreshold> = thresholds
            .iter()
            .enumerate()
            .map(|(index, &threshold)| AtThreshold {
                threshold,
                tally: total.at(index).into(),
            })
            .collect();
        let ious: Vec<f64> = images
            .iter()
            .filter_map(|i| i.tally.scores.landslide_iou)
            .collect();
        Self {
            model: manifest.name.clone(),
            version: manifest.version.clone(),
            quantization: manifest.quantization.scheme.clone(),
            threshold,
            scale: options.scale,
            overall: images
                .iter()
                .fold(Confusion::default(), |sum, i| sum + i.tally.counts)
                .into(),
            per_image_mean_iou: (!ious.is_empty())
                .then(|| ious.iter().sum::<f64>() / ious.len() as f64),
            images,
            refused,
            sweep,
        }
    }

    /// The threshold of the highest landslide IoU over all images.
    #[must_use]
    pub fn best_threshold(&self) -> Option<&AtThreshold> {
        let iou = |at: &AtThreshold| at.tally.scores.landslide_iou.unwrap_or(0.0);
        self.sweep.iter().max_by(|a, b| iou(a).total_cmp(&iou(b)))
    }
}
