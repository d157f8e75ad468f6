//! What a validation found, for programs (`report.json`) and for people (`report.html`).

mod groups;
mod html;
mod paper;
mod scored;
mod svg;

use std::path::Path;

use scarp::infer::Manifest;
use serde::Serialize;

pub(crate) use self::paper::OTHER_NETWORKS;
pub use self::{
    groups::Group,
    html::{comparison_page, page},
    paper::{Difference, Published, Row},
    scored::{DistanceReport, EdgeReport, ObjectReport, Scored, SizeReport, Tally},
};
use crate::{
    compare::Comparison,
    dataset::Pair,
    metrics::Counts,
    validate::{Effort, Found, Ground},
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

/// One image's result.
#[derive(Debug, Serialize)]
pub struct ImageReport {
    /// File name without extension.
    pub name: String,
    /// The event it shows, if known.
    pub event: Option<String>,
    /// What took it, if known.
    pub sensor: Option<String>,
    /// Ground sampling distance it was taken to have, in metres.
    pub gsd_m: f64,
    /// Enlargement before it was searched.
    pub scale: f64,
    /// Counts and scores.
    #[serde(flatten)]
    pub scored: Scored,
    /// Whether the result was taken over from an earlier, interrupted run.
    pub resumed: bool,
    #[serde(skip)]
    counts: Counts,
    #[serde(skip)]
    effort: Effort,
}

impl ImageReport {
    /// The result of `pair` at threshold number `shown`.
    #[must_use]
    pub(crate) fn new(
        pair: &Pair,
        ground: Ground,
        found: Found,
        shown: usize,
        resumed: bool,
    ) -> Self {
        Self {
            name: pair.name.clone(),
            event: pair.origin.event.clone(),
            sensor: pair.origin.sensor.clone(),
            gsd_m: ground.gsd_m,
            scale: ground.scale,
            scored: Scored::new(&found.counts, shown),
            resumed,
            counts: found.counts,
            effort: found.effort,
        }
    }
}

/// An image that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// Scores of some of a report's images.
pub(crate) struct Selection {
    pub(crate) overall: Scored,
    pub(crate) per_image_mean_iou: Option<f64>,
    pub(crate) groups: Vec<Group>,
    pub(crate) published: Option<Published>,
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

fn select(images: &[&ImageReport], thresholds: usize, shown: usize) -> Selection {
    let overall = Scored::new(&groups::pool(images, thresholds), shown);
    let groups = groups::groups(images, thresholds, shown);
    Selection {
        per_image_mean_iou: groups::mean_iou(images),
        published: groups::test_set(&groups, &overall),
        groups,
        overall,
    }
}
