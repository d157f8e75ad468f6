//! Several demos side by side, with what they come to together.

use std::fmt;

use serde::Serialize;

use super::{
    reliability::Reliability,
    report::Report,
    score::{Rates, rates, ratio},
};

/// What several demos come to. Fields may be added, never renamed.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Every survey's own figures.
    pub surveys: Vec<Report>,
    /// Rates by outline over all outlines and all landslides together.
    pub outlines: Rates,
    /// The least precision by outline of a survey.
    pub outlines_precision_worst: f64,
    /// Mean of the surveys' IoU by area.
    pub iou_mean: f64,
    /// The least of them.
    pub iou_worst: f64,
    /// Stated confidence of all outlines against the share that is right; none where none was found.
    pub reliability: Option<Reliability>,
}

impl Summary {
    /// Sums up; there must be one survey at least.
    #[must_use]
    pub fn of(surveys: Vec<Report>) -> Self {
        let sum = |count: fn(&Report) -> usize| surveys.iter().map(count).sum::<usize>() as u64;
        let found = sum(|s| s.landslides_found);
        let right = found - sum(|s| s.outlines_false);
        let recall = ratio(sum(|s| s.landslides_true_found), sum(|s| s.landslides_true));
        let least = |value: fn(&Report) -> f64| surveys.iter().map(value).fold(1.0, f64::min);
        let stated: Vec<_> = surveys.iter().flat_map(|s| s.stated.clone()).collect();
        Self {
            outlines: rates(ratio(right, found), recall),
            outlines_precision_worst: least(|s| s.outlines.precision),
            iou_mean: surveys.iter().map(|s| s.iou).sum::<f64>() / surveys.len().max(1) as f64,
            iou_worst: least(|s| s.iou),
            reliability: Reliability::of(&stated),
            surveys,
        }
    }
}

/// A table in Markdown.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| seed | landslides found | outlines | false | precision by outline | recall by outline | IoU by area |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for s in &self.surveys {
            writeln!(
                f,
                "| {} | {} of {} | {} | {} | {:.2} | {:.2} | {:.2} |",
                s.seed,
                s.landslides_true_found,
                s.landslides_true,
                s.landslides_found,
                s.outlines_false,
                s.outlines.precision,
                s.outlines.recall,
                s.iou
            )?;
        }
        writeln!(
            f,
            "| together | | | | {:.2} | {:.2} | {:.2} on average |",
            self.outlines.precision, self.outlines.recall, self.iou_mean
        )?;
        writeln!(
            f,
            "| worst | | | | {:.2} | | {:.2} |",
            self.outlines_precision_worst, self.iou_worst
        )?;
        let Some(reliability) = &self.reliability else {
            return Ok(());
        };
        writeln!(f, "\n| outlines | stated confidence | share right |")?;
        writeln!(f, "|---|---|---|")?;
        for bin in &reliability.bins {
            writeln!(
                f,
                "| {} | {:.2} | {:.2} |",
                bin.outlines, bin.confidence, bin.right
            )?;
        }
        writeln!(f, "| mean gap | {:.2} | |", reliability.mean_gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::reliability::Stated;

    /// A survey with outlines of these confidences, right or not, and so many of its landslides found.
    fn survey(stated: &[(f64, bool)], found: usize, of: usize, iou: f64) -> Report {
        let right = stated.iter().filter(|(_, right)| *right).count();
        Report {
            seed: 1,
            model: String::new(),
            iou,
            precision: 1.0,
            recall: 1.0,
            f1: 1.0,
            outlines: rates(right as f64 / stated.len() as f64, found as f64 / of as f64),
            placement_error_m: None,
            position_error_m: None,
            landslides_found: stated.len(),
            outlines_false: stated.len() - right,
            stated: stated
                .iter()
                .map(|&(confidence, right)| Stated { confidence, right })
                .collect(),
            landslides_true: of,
            landslides_true_found: found,
            frames: 1,
            undelivered: 0,
            km2: 1.0,
            km2_per_hour: 1.0,
            peak_rss_bytes: 1,
            replay_seconds: 1.0,
            seconds: 1.0,
        }
    }

    #[test]
    fn outlines_are_pooled_and_areas_averaged() {
        let summary = Summary::of(vec![
            survey(&[(0.9, true), (0.9, true), (0.8, true)], 3, 4, 0.9),
            survey(&[(0.6, false)], 0, 0, 0.5),
        ]);
        assert_eq!(summary.outlines.precision, 0.75);
        assert_eq!(summary.outlines.recall, 0.75);
        assert_eq!(summary.outlines_precision_worst, 0.0);
        assert!((summary.iou_mean - 0.7).abs() < 1e-9);
        assert_eq!(summary.iou_worst, 0.5);
        let reliability = summary.reliability.unwrap();
        assert!((reliability.mean_gap - (0.1 + 0.1 + 0.2 + 0.6) / 4.0).abs() < 1e-9);
    }
}
