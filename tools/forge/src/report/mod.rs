//! What a validation found, for programs (`report.json`) and for people (`report.html`).

mod comparison;
mod groups;
mod html;
mod image;
mod paper;
mod scored;
mod selection;
mod svg;

use scarp_infer::Manifest;
use serde::Serialize;

use self::selection::select;
pub use self::{
    comparison::{Comparison, Entry, Facts, GroupEntry, OtherNetwork, Points},
    groups::Group,
    html::{comparison_page, page},
    image::{ImageReport, Refused},
    paper::{Difference, Published, Row},
    scored::{DistanceReport, EdgeReport, ObjectReport, Scored, SizeReport, Tally},
};
pub(crate) use self::{paper::OTHER_NETWORKS, selection::Selection};

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
    /// Enlargement of the images; none if they differ in it.
    pub scale: Option<f64>,
    /// All pixels of all images together.
    pub overall: Scored,
    /// Mean of the images' landslide IoU, over those that have one.
    pub per_image_mean_iou: Option<f64>,
    /// The paper's row for the whole test set, if the images are of its six sources.
    pub published: Option<Published>,
    /// The same by event, by sensor, and by both.
    pub groups: Vec<Group>,
    /// Seconds the network takes for a tile on one of the workers.
    pub seconds_per_tile: Option<f64>,
    /// The most memory the process has held, in bytes, where the system tells.
    pub peak_rss_bytes: Option<u64>,
    /// Beside other models.
    pub comparison: Option<Comparison>,
    /// Each image.
    pub images: Vec<ImageReport>,
    /// Images that could not be used.
    pub refused: Vec<Refused>,
    /// All pixels together at every threshold.
    pub sweep: Vec<AtThreshold>,
    #[serde(skip)]
    shown: usize,
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

impl Report {
    /// Pools the images' results.
    #[must_use]
    pub fn new(
        manifest: &Manifest,
        threshold: f32,
        thresholds: &[f32],
        shown: usize,
        images: Vec<ImageReport>,
        refused: Vec<Refused>,
    ) -> Self {
        let all: Vec<&ImageReport> = images.iter().collect();
        let total = groups::pool(&all, thresholds.len());
        let sweep = thresholds.iter().enumerate();
        let first = images.first().map(|image| image.scale);
        let efforts = || images.iter().map(|image| image.effort);
        let tiles: usize = efforts().map(|effort| effort.tiles).sum();
        let Selection {
            overall,
            per_image_mean_iou,
            groups,
            published,
        } = select(&all, thresholds.len(), shown);
        Self {
            model: manifest.name.clone(),
            version: manifest.version.clone(),
            quantization: manifest.quantization.scheme.clone(),
            threshold,
            scale: first.filter(|first| images.iter().all(|image| image.scale == *first)),
            overall,
            per_image_mean_iou,
            published,
            groups,
            seconds_per_tile: (tiles > 0)
                .then(|| efforts().map(|e| e.seconds).sum::<f64>() / tiles as f64),
            peak_rss_bytes: None,
            comparison: None,
            sweep: sweep
                .map(|(index, &threshold)| AtThreshold {
                    threshold,
                    tally: total.curve.at(index).into(),
                })
                .collect(),
            images,
            refused,
            shown,
        }
    }

    /// Scores of those images whose name is `wanted`.
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Selection {
        let images: Vec<&ImageReport> = self.images.iter().filter(|i| wanted(&i.name)).collect();
        select(&images, self.sweep.len(), self.shown)
    }

    /// The threshold of the highest landslide IoU over all images.
    #[must_use]
    pub fn best_threshold(&self) -> Option<&AtThreshold> {
        let iou = |at: &AtThreshold| at.tally.scores.landslide_iou.unwrap_or(0.0);
        self.sweep.iter().max_by(|a, b| iou(a).total_cmp(&iou(b)))
    }
}
