//! Precision over recall, and scores over the threshold.

use std::fmt::Write;

use super::Report;
use crate::{
    metrics::Scores,
    report::{
        Tally,
        svg::{Line, chart},
    },
};

pub(super) fn section(html: &mut String, report: &Report) {
    let point = |tally: &Tally| tally.scores.recall.zip(tally.scores.precision);
    let over = |score: fn(&Scores) -> Option<f64>| -> Vec<(f64, f64)> {
        report
            .sweep
            .iter()
            .filter_map(|at| Some((f64::from(at.threshold), score(&at.tally.scores)?)))
            .collect()
    };
    let pr = Line {
        name: "",
        colour: "#2b7bd9",
        points: report
            .sweep
            .iter()
            .filter_map(|at| point(&at.tally))
            .collect(),
    };
    let sweep = [
        Line {
            name: "landslide IoU",
            colour: "#2b7bd9",
            points: over(|s| s.landslide_iou),
        },
        Line {
            name: "precision",
            colour: "#c9762b",
            points: over(|s| s.precision),
        },
        Line {
            name: "recall",
            colour: "#3a9a55",
            points: over(|s| s.recall),
        },
    ];
    let at = report
        .overall
        .tally
        .scores
        .landslide_iou
        .map(|iou| (f64::from(report.threshold), iou));
    let _ = write!(
        html,
        r#"<h2>Curves</h2><div class="figures">{}{}</div>"#,
        chart("recall", "precision", &[pr], point(&report.overall.tally)),
        chart("threshold", "score", &sweep, at)
    );
    if let Some(best) = report.best_threshold() {
        let _ = write!(
            html,
            "<p>The circle is the threshold used. On these images {:.2} would give the highest landslide IoU, {:.2} %; a threshold chosen on the images it is judged by flatters.</p>",
            best.threshold,
            best.tally.scores.landslide_iou.unwrap_or(0.0) * 100.0
        );
    }
}
