//! Precision over recall, and scores over the threshold.

use maud::{Markup, html};

use super::{Report, percent};
use crate::{
    metrics::Scores,
    report::{
        Tally,
        svg::{Line, chart},
    },
};

pub(super) fn section(report: &Report) -> Markup {
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
    html! {
        h2 { "Curves" }
        div.figures {
            (chart("recall", "precision", &[pr], point(&report.overall.tally)))
            (chart("threshold", "score", &sweep, at))
        }
        @if let Some(best) = report.best_threshold() {
            p {
                "The circle is the threshold used. On these images " (format!("{:.2}", best.threshold)) " would give the highest \
                 landslide IoU, " (percent(best.tally.scores.landslide_iou)) " %; a threshold chosen on the images it is judged by \
                 flatters."
            }
        }
    }
}
