//! Tables of pixel scores beside the paper's.

use super::{Report, end_table, header, percent, points, row, thousands};
use crate::{
    metrics::Scores,
    report::{Difference, Group, Published, Row, paper},
};

const COLUMNS: [&str; 8] = [
    "percent",
    "images",
    "precision",
    "recall",
    "F1",
    "landslide IoU",
    "two-class mIoU",
    "mIoU as in the paper",
];

/// What groups have in common, and which they are.
type Kind = (&'static str, fn(&Group) -> bool);

/// All images together, and the published figures.
pub(super) fn table(html: &mut String, report: &Report) {
    html.push_str("<h2>Scores of pixels</h2>");
    header(html, &COLUMNS);
    let images = thousands(report.images.len() as u64);
    let scores = &report.overall.tally.scores;
    row(
        html,
        "ours",
        "this model, all pixels",
        &cells(&images, scores),
    );
    let mean = report.per_image_mean_iou;
    let mean = [None, None, None, None, mean].map(percent);
    row(html, "", "this model, mean over images", &mean);
    if let Some(published) = &report.published {
        paper_rows(html, published);
        end_table(html);
    } else {
        for published in [paper::TEST_SET, paper::VALIDATION_SET] {
            paper_row(html, &published);
        }
        end_table(html);
        html.push_str(r#"<p class="note">The published rows are of other images than these.</p>"#);
    }
    html.push_str(r#"<p class="note">Published rows: Fang et al., ESSD 16, 4817, 2024. Their mIoU is lower than the two-class mean that their own precision and recall imply, so it has a column of its own; their landslide IoU is the one their F1 implies.</p>"#);
}

/// Each event, each sensor, each event with each sensor.
pub(super) fn groups(html: &mut String, report: &Report) {
    if report.groups.iter().all(Group::is_unknown) {
        return;
    }
    html.push_str("<h2>By event and sensor</h2>");
    header(html, &COLUMNS);
    let kinds: [Kind; 3] = [
        ("by event", |group| group.sensor.is_none()),
        ("by sensor", |group| group.event.is_none()),
        ("by event and sensor", |group| {
            group.event.is_some() && group.sensor.is_some()
        }),
    ];
    for (kind, is_of) in kinds {
        row(html, "apart", kind, &vec![String::new(); COLUMNS.len() - 1]);
        for group in report.groups.iter().filter(|group| is_of(group)) {
            let images = thousands(group.images as u64);
            let scores = &group.scored.tally.scores;
            row(html, "ours", &group.name(), &cells(&images, scores));
            if let Some(published) = &group.published {
                paper_rows(html, published);
            }
        }
    }
    end_table(html);
}

fn cells(images: &str, scores: &Scores) -> Vec<String> {
    let scores = [
        scores.precision,
        scores.recall,
        scores.f1,
        scores.landslide_iou,
        scores.two_class_miou,
        None,
    ];
    let mut cells = vec![images.to_owned()];
    cells.extend(scores.map(percent));
    cells
}

/// The paper's row for the same images, and the difference.
fn paper_rows(html: &mut String, published: &Published) {
    paper_row(html, &published.row);
    let Difference {
        precision,
        recall,
        f1,
        landslide_iou,
    } = published.difference_points;
    let mut cells = vec![String::new()];
    cells.extend([precision, recall, f1, landslide_iou, None, None].map(points));
    row(html, "less", "difference, points", &cells);
}

fn paper_row(html: &mut String, published: &Row) {
    let name = format!("{}, {}", published.network, published.what);
    let given = |percent: f64| format!("{percent:.2}");
    let cells = [
        String::new(),
        given(published.precision),
        given(published.recall),
        given(published.f1),
        given(published.landslide_iou()),
        String::new(),
        given(published.miou),
    ];
    row(html, "less", &name, &cells);
}
