//! Models side by side.

use std::iter;

use maud::{Markup, html};

use super::{percent, points, row, table, thousands};
use crate::{
    metrics::Scores,
    report::{Comparison, Entry, Group, Points, paper::TEST_SET},
};

const SCORES: [&str; 8] = [
    "percent",
    "precision",
    "recall",
    "F1",
    "landslide IoU",
    "two-class mIoU",
    "mean of images' IoU",
    "mIoU as in the paper",
];
const REST: [&str; 10] = [
    "model",
    "object precision",
    "object recall",
    "object F1",
    "threshold",
    "GSD, m",
    "tile, px",
    "s per tile",
    "parameters",
    "file, MB",
];

/// The models, the paper's networks, and the models' landslide IoU by event and sensor.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let best = (TEST_SET.network, TEST_SET.miou);
    let others = comparison.other_networks.iter();
    let published = iter::once(best).chain(others.map(|o| (o.network, o.miou)));
    let paper_row = |(network, miou): (&str, f64)| {
        let mut cells = vec![String::new(); SCORES.len() - 2];
        cells.push(format!("{miou:.2}"));
        row(
            Some("less"),
            &format!("{network}, {}", TEST_SET.what),
            &cells,
        )
    };
    let score_rows = html! {
        @for entry in &comparison.models { (scores(entry)) }
        @for network in published { (paper_row(network)) }
    };
    let rest_rows = html! { @for entry in &comparison.models { (rest(entry)) } };
    html! {
        h2 { "Models on the same images" }
        (table(&SCORES, &score_rows))
        p.note {
            (thousands(comparison.images as u64)) " images. Differences are to the first model. Published rows: Fang et al., ESSD \
             16, 4817, 2024, of GDCLD's test set."
        }
        (table(&REST, &rest_rows))
        p.note {
            "A tile's seconds are those of one worker; tiles differ in size between models, and workers slow each other down. \
             Parameters of a quantized model include its scales and zero points."
        }
        (groups(comparison))
    }
}

fn scores(entry: &Entry) -> Markup {
    let Scores {
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
    } = entry.overall.tally.scores;
    let mean = entry.per_image_mean_iou;
    let cells = [
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
        mean,
        None,
    ];
    let difference = entry.difference_points.as_ref().map(|difference| {
        let &Points {
            precision,
            recall,
            f1,
            landslide_iou,
            two_class_miou,
        } = difference;
        [
            precision,
            recall,
            f1,
            landslide_iou,
            two_class_miou,
            None,
            None,
        ]
        .map(points)
    });
    html! {
        (row(Some("ours"), &entry.facts.label, &cells.map(percent)))
        @if let Some(cells) = difference { (row(Some("less"), "difference, points", &cells)) }
    }
}

fn rest(entry: &Entry) -> Markup {
    let (facts, objects) = (&entry.facts, &entry.overall.objects);
    let or_nothing = Option::unwrap_or_default;
    let cells = [
        percent(objects.precision),
        percent(objects.recall),
        percent(objects.f1),
        format!("{:.2}", entry.threshold),
        facts.gsd_m.to_string(),
        format!("{} × {}", facts.tile.0, facts.tile.1),
        or_nothing(entry.seconds_per_tile.map(|s| format!("{s:.3}"))),
        or_nothing(facts.parameters.map(thousands)),
        or_nothing(facts.file_bytes.map(|b| format!("{:.1}", b as f64 / 1e6))),
    ];
    row(None, &facts.label, &cells)
}

/// A row for each group and a column for each model: GDCLD's test set has 13 groups, too many for columns.
fn groups(comparison: &Comparison) -> Markup {
    let groups = comparison.models.first().map(|first| &first.groups);
    let known = groups.filter(|groups| !groups.iter().all(|entry| entry.group.is_unknown()));
    let Some(groups) = known else {
        return html! {};
    };
    let mut columns = vec!["", "images"];
    for entry in &comparison.models {
        columns.push(&entry.facts.label);
        if entry.difference_points.is_some() {
            columns.push("difference");
        }
    }
    columns.push("SegFormer MiT-B4 (paper)");
    let cells = |index: usize, group: &Group| {
        let mut cells = vec![thousands(group.images as u64)];
        for entry in comparison.models.iter().filter_map(|m| m.groups.get(index)) {
            cells.push(percent(entry.group.scored.tally.scores.landslide_iou));
            if let Some(difference) = entry.difference_points {
                cells.push(points(difference.landslide_iou));
            }
        }
        let published = group.published.as_ref();
        cells.push(published.map_or_else(String::new, |p| format!("{:.2}", p.landslide_iou)));
        cells
    };
    let rows = html! {
        @for (index, entry) in groups.iter().enumerate() {
            (row(None, &entry.group.name(), &cells(index, &entry.group)))
        }
    };
    html! {
        h3 { "Landslide IoU by event and sensor, percent" }
        (table(&columns, &rows))
        p.note { "The paper's landslide IoU is the one its F1 implies." }
    }
}
