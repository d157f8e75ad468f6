//! What is counted and how it becomes scores: pixels here, landslides as objects and distances to the outline beside it.

mod components;
mod edges;
mod objects;

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

pub use self::{
    components::{Component, Components},
    edges::{BAND_PX, DISTANCES_PX, EdgeScan, Edges},
    objects::{MAPPING_UNIT_M2, ObjectScan, Objects, SIZES_M2, SizeClass},
};

/// Pixels by prediction and truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Landslide found where there is one.
    pub true_positive: u64,
    /// Landslide found where there is none.
    pub false_positive: u64,
    /// Landslide missed.
    pub false_negative: u64,
    /// Background found to be background.
    pub true_negative: u64,
}

impl Add for Confusion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            true_positive: self.true_positive + other.true_positive,
            false_positive: self.false_positive + other.false_positive,
            false_negative: self.false_negative + other.false_negative,
            true_negative: self.true_negative + other.true_negative,
        }
    }
}

impl AddAssign for Confusion {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Scores from 0 to 1; none where the definition divides by zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// Share of what was found that is landslide.
    pub precision: Option<f64>,
    /// Share of the landslides that was found.
    pub recall: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Intersection over union of the landslide class.
    pub landslide_iou: Option<f64>,
    /// Mean of the IoU of landslide and of background.
    pub two_class_miou: Option<f64>,
}

impl Confusion {
    /// All scores of these counts.
    #[must_use]
    pub fn scores(&self) -> Scores {
        let (tp, fp, fne, tn) = (
            self.true_positive,
            self.false_positive,
            self.false_negative,
            self.true_negative,
        );
        let landslide_iou = ratio(tp, tp + fp + fne);
        let background_iou = ratio(tn, tn + fp + fne);
        Scores {
            precision: ratio(tp, tp + fp),
            recall: ratio(tp, tp + fne),
            f1: ratio(2 * tp, 2 * tp + fp + fne),
            landslide_iou,
            two_class_miou: landslide_iou
                .zip(background_iou)
                .map(|(a, b)| (a + b) / 2.0),
        }
    }
}

/// `part` of `whole`; none of nothing.
#[must_use]
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// All that is counted on an image; adds up over images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Pixels at every threshold.
    pub curve: Curve,
    /// Landslides as objects, at the threshold in use.
    pub objects: Objects,
    /// Wrong pixels by their distance to the true outline, at the threshold in use.
    pub edges: Edges,
}

impl Counts {
    /// Nothing counted yet, over so many thresholds.
    #[must_use]
    pub fn new(thresholds: usize) -> Self {
        Self {
            curve: Curve::new(thresholds),
            objects: Objects::default(),
            edges: Edges::default(),
        }
    }

    /// Adds the counts of another image over the same thresholds.
    pub fn add(&mut self, other: &Self) {
        self.curve.add(&other.curve);
        self.objects.add(&other.objects);
        self.edges.add(&other.edges);
    }
}

/// Pixels by probability, on both sides of the truth: the confusion at every threshold of a fixed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve {
    /// Background pixels that reach exactly so many of the thresholds.
    background: Vec<u64>,
    /// Landslide pixels likewise.
    landslide: Vec<u64>,
}

impl Curve {
    /// An empty curve over so many thresholds.
    #[must_use]
    pub fn new(thresholds: usize) -> Self {
        Self {
            background: vec![0; thresholds + 1],
            landslide: vec![0; thresholds + 1],
        }
    }

    /// Counts a pixel of that probability. `thresholds` rise and are as many as the curve was made for; a threshold is
    /// reached by a probability that equals it.
    pub fn count(&mut self, probability: f32, landslide: bool, thresholds: &[f32]) {
        let reached = thresholds.partition_point(|threshold| probability >= *threshold);
        let side = if landslide {
            &mut self.landslide
        } else {
            &mut self.background
        };
        if let Some(pixels) = side.get_mut(reached) {
            *pixels += 1;
        }
    }

    /// Adds the pixels of another curve over the same thresholds.
    pub fn add(&mut self, other: &Self) {
        let add = |into: &mut Vec<u64>, from: &[u64]| {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        };
        add(&mut self.background, &other.background);
        add(&mut self.landslide, &other.landslide);
    }

    /// The confusion at threshold number `index`.
    #[must_use]
    pub fn at(&self, index: usize) -> Confusion {
        let split = |pixels: &[u64]| -> (u64, u64) {
            let (below, reached) = pixels.split_at((index + 1).min(pixels.len()));
            (below.iter().sum(), reached.iter().sum())
        };
        let (true_negative, false_positive) = split(&self.background);
        let (false_negative, true_positive) = split(&self.landslide);
        Confusion {
            true_positive,
            false_positive,
            false_negative,
            true_negative,
        }
    }
}
