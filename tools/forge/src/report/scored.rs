//! Counts as a report shows them: with the scores they give.

use serde::Serialize;

use crate::metrics::{
    BAND_PX, Confusion, Counts, DISTANCES_PX, Edges, MAPPING_UNIT_M2, Objects, SIZES_M2, Scores,
    SizeClass, ratio,
};

/// Counts of pixels and the scores they give.
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

/// Everything counted on an image or several.
#[derive(Debug, Clone, Serialize)]
pub struct Scored {
    /// Pixels.
    #[serde(flatten)]
    pub tally: Tally,
    /// Landslides as objects.
    pub objects: ObjectReport,
    /// Pixels by distance to the true outline.
    pub edges: EdgeReport,
}

/// Landslides as objects.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectReport {
    /// Area in square metres from which an object counts below; smaller ones are in `by_size` only.
    pub from_m2: f64,
    /// Share of the finds of which at least half lies on true landslides.
    pub precision: Option<f64>,
    /// Share of the true landslides of which at least half is covered by finds.
    pub recall: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
    /// True landslides.
    pub landslides: u64,
    /// Those that are found.
    pub landslides_found: u64,
    /// Finds.
    pub finds: u64,
    /// Those that are right.
    pub finds_right: u64,
    /// All objects by area, the smallest first.
    pub by_size: Vec<SizeReport>,
}

/// Objects of one size.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SizeReport {
    /// Least area in square metres.
    pub from_m2: f64,
    /// Area below which they are; none for the largest.
    pub below_m2: Option<f64>,
    /// True landslides.
    pub landslides: u64,
    /// Those that are found.
    pub landslides_found: u64,
    /// Share of them that is found.
    pub recall: Option<f64>,
    /// Share of their pixels that is found.
    pub pixel_recall: Option<f64>,
    /// Finds.
    pub finds: u64,
    /// Those that are right.
    pub finds_right: u64,
    /// Share of them that is right.
    pub precision: Option<f64>,
}

/// Pixels by distance to the true outline.
#[derive(Debug, Clone, Serialize)]
pub struct EdgeReport {
    /// Wrong pixels, the nearest first.
    pub by_distance: Vec<DistanceReport>,
    /// Pixels on either side of the outline that `beyond_band` leaves out.
    pub band_px: u32,
    /// All pixels further from the outline: where labels are certain.
    pub beyond_band: Tally,
}

/// Wrong pixels in one range of distances.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DistanceReport {
    /// Distance in pixels beyond which they are.
    pub beyond_px: u32,
    /// Largest distance in pixels; none for the furthest.
    pub to_px: Option<u32>,
    /// Landslide missed, by the distance inwards.
    pub missed: u64,
    /// Landslide found where there is none, by the distance outwards.
    pub false_alarms: u64,
    /// Share of all wrong pixels.
    pub share: Option<f64>,
}

impl Scored {
    /// What `counts` give at threshold number `shown`.
    #[must_use]
    pub fn new(counts: &Counts, shown: usize) -> Self {
        Self {
            tally: counts.curve.at(shown).into(),
            objects: ObjectReport::new(&counts.objects),
            edges: EdgeReport::new(&counts.edges),
        }
    }
}

impl ObjectReport {
    fn new(objects: &Objects) -> Self {
        let by_size: Vec<_> = (0..objects.truth.len())
            .map(|class| SizeReport::new(class, &objects.truth[class], &objects.found[class]))
            .collect();
        let counted = |of: fn(&SizeReport) -> u64| -> u64 {
            let large = by_size
                .iter()
                .filter(|size| size.from_m2 >= MAPPING_UNIT_M2);
            large.map(of).sum()
        };
        let (landslides, finds) = (counted(|s| s.landslides), counted(|s| s.finds));
        let (landslides_found, finds_right) =
            (counted(|s| s.landslides_found), counted(|s| s.finds_right));
        let (precision, recall) = (
            ratio(finds_right, finds),
            ratio(landslides_found, landslides),
        );
        let f1 = precision
            .zip(recall)
            .filter(|(p, r)| p + r > 0.0)
            .map(|(p, r)| 2.0 * p * r / (p + r));
        Self {
            from_m2: MAPPING_UNIT_M2,
            precision,
            recall,
            f1,
            landslides,
            landslides_found,
            finds,
            finds_right,
            by_size,
        }
    }
}

impl SizeReport {
    fn new(class: usize, truth: &SizeClass, found: &SizeClass) -> Self {
        Self {
            from_m2: class.checked_sub(1).map_or(0.0, |below| SIZES_M2[below]),
            below_m2: SIZES_M2.get(class).copied(),
            landslides: truth.objects,
            landslides_found: truth.matched,
            recall: ratio(truth.matched, truth.objects),
            pixel_recall: ratio(truth.matched_pixels, truth.pixels),
            finds: found.objects,
            finds_right: found.matched,
            precision: ratio(found.matched, found.objects),
        }
    }
}

impl EdgeReport {
    fn new(edges: &Edges) -> Self {
        let wrong = edges.missed.iter().chain(&edges.false_alarms).sum();
        let by_distance = edges.missed.iter().zip(&edges.false_alarms).enumerate();
        Self {
            by_distance: by_distance
                .map(|(class, (&missed, &false_alarms))| DistanceReport {
                    beyond_px: class.checked_sub(1).map_or(0, |below| DISTANCES_PX[below]),
                    to_px: DISTANCES_PX.get(class).copied(),
                    missed,
                    false_alarms,
                    share: ratio(missed + false_alarms, wrong),
                })
                .collect(),
            band_px: BAND_PX,
            beyond_band: edges.beyond_band.into(),
        }
    }
}
