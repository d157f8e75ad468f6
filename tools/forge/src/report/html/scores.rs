//! Tables of pixel scores beside the paper's.

use maud::{Markup, html};

use super::{Report, percent, points, row, table, thousands};
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
pub(super) fn section(report: &Report) -> Markup {
    let images = thousands(report.images.len() as u64);
    let scores = &report.overall.tally.scores;
    let mean = report.per_image_mean_iou;
    let mean = [None, None, None, None, mean].map(percent);
    let rows = html! {
        (row(Some("ours"), "this model, all pixels", &cells(&images, scores)))
        (row(None, "this model, mean over images", &mean))
        @if let Some(published) = &report.published {
            (paper_rows(published))
        } @else {
            (paper_row(&paper::TEST_SET))
            (paper_row(&paper::VALIDATION_SET))
        }
    };
    html! {
        h2 { "Scores of pixels" }
        (table(&COLUMNS, &rows))
        @if report.published.is_none() {
            p.note { "The published rows are of other images than these." }
        }
        p.note {
            "Published rows: Fang et al., ESSD 16, 4817, 2024. Their mIoU is lower than the two-class mean that their own precision \
             and recall imply, so it has a column of its own; their landslide IoU is the one their F1 implies."
        }
    }
}

/// Each event, each sensor, each event with each sensor.
pub(super) fn groups(report: &Report) -> Markup {
    if report.groups.iter().all(Group::is_unknown) {
        return html! {};
    }
    let kinds: [Kind; 3] = [
        ("by event", |group| group.sensor.is_none()),
        ("by sensor", |group| group.event.is_none()),
        ("by event and sensor", |group| {
            group.event.is_some() && group.sensor.is_some()
        }),
    ];
    let ours = |group: &Group| {
        let images = thousands(group.images as u64);
        let cells = cells(&images, &group.scored.tally.scores);
        row(Some("ours"), &group.name(), &cells)
    };
    let rows = html! {
        @for (kind, is_of) in kinds {
            (row(Some("apart"), kind, &vec![String::new(); COLUMNS.len() - 1]))
            @for group in report.groups.iter().filter(|group| is_of(group)) {
                (ours(group))
                @if let Some(published) = &group.published { (paper_rows(published)) }
            }
        }
    };
    html! {
        h2 { "By event and sensor" }
        (table(&COLUMNS, &rows))
    }
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
fn paper_rows(published: &Published) -> Markup {
    let Difference {
        precision,
        recall,
        f1,
        landslide_iou,
    } = published.difference_points;
    let mut cells = vec![String::new()];
    cells.extend([precision, recall, f1, landslide_iou, None, None].map(points));
    html! {
        (paper_row(&published.row))
        (row(Some("less"), "difference, points", &cells))
    }
}

fn paper_row(published: &Row) -> Markup {
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
    row(Some("less"), &name, &cells)
}
