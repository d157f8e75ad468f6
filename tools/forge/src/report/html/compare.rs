//! Models side by side.

use std::{fmt::Write, iter};

use super::{end_table, header, percent, points, row, thousands};
use crate::{
    compare::{Comparison, Entry, Points},
    metrics::Scores,
    report::paper::TEST_SET,
};

const COLUMNS: [&str; 14] = [
    "model",
    "precision",
    "recall",
    "F1",
    "landslide IoU",
    "two-class mIoU",
    "mean of images' IoU",
    "object precision",
    "object recall",
    "object F1",
    "parameters",
    "file, MB",
    "s per tile",
    "mIoU as in the paper",
];

/// The models, the paper's networks, and the models' landslide IoU by event and sensor.
pub(super) fn section(html: &mut String, comparison: &Comparison) {
    let images = thousands(comparison.images as u64);
    html.push_str("<h2>Models on the same images, percent</h2>");
    header(html, &COLUMNS);
    for entry in &comparison.models {
        model(html, entry);
    }
    let best = (TEST_SET.network, TEST_SET.miou);
    let others = comparison.other_networks.iter();
    for (network, miou) in iter::once(best).chain(others.map(|o| (o.network, o.miou))) {
        let name = format!("{network}, {}", TEST_SET.what);
        let mut cells = vec![String::new(); COLUMNS.len() - 2];
        cells.push(format!("{miou:.2}"));
        row(html, "less", &name, &cells);
    }
    end_table(html);
    let _ = write!(
        html,
        r#"<p class="note">{images} images, each model at its own threshold unless one was given. Differences are in points, to the first model. A tile's seconds are those of one worker; tiles differ in size between models, and workers slow each other down. Published rows: Fang et al., ESSD 16, 4817, 2024, of GDCLD's test set.</p>"#
    );
    groups(html, comparison);
}

fn model(html: &mut String, entry: &Entry) {
    let Scores {
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
    } = entry.overall.tally.scores;
    let objects = &entry.overall.objects;
    let mut cells: Vec<String> = [
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
        entry.per_image_mean_iou,
        objects.precision,
        objects.recall,
        objects.f1,
    ]
    .map(percent)
    .to_vec();
    cells.push(entry.facts.parameters.map_or_else(String::new, thousands));
    cells.push(
        entry
            .facts
            .file_bytes
            .map_or_else(String::new, |bytes| format!("{:.1}", bytes as f64 / 1e6)),
    );
    cells.push(
        entry
            .seconds_per_tile
            .map_or_else(String::new, |s| format!("{s:.3}")),
    );
    cells.push(String::new());
    row(html, "ours", &entry.facts.label, &cells);
    if let Some(difference) = entry.difference_points {
        let Points {
            precision,
            recall,
            f1,
            landslide_iou,
            two_class_miou,
        } = difference;
        let mut cells: Vec<String> = [precision, recall, f1, landslide_iou, two_class_miou]
            .map(points)
            .to_vec();
        cells.resize(COLUMNS.len() - 1, String::new());
        row(html, "less", "difference, points", &cells);
    }
}

/// A row for each group and a column for each model: GDCLD's test set has 13 groups, too many for columns.
fn groups(html: &mut String, comparison: &Comparison) {
    let Some(first) = comparison.models.first() else {
        return;
    };
    if first.groups.iter().all(|entry| entry.group.is_unknown()) {
        return;
    }
    html.push_str("<h3>Landslide IoU by event and sensor, percent</h3>");
    let mut columns = vec!["", "images"];
    for entry in &comparison.models {
        columns.push(&entry.facts.label);
        if entry.difference_points.is_some() {
            columns.push("difference");
        }
    }
    columns.push("SegFormer MiT-B4 (paper)");
    header(html, &columns);
    for (index, group) in first.groups.iter().enumerate() {
        let mut cells = vec![thousands(group.group.images as u64)];
        for model in &comparison.models {
            let Some(entry) = model.groups.get(index) else {
                continue;
            };
            cells.push(percent(entry.group.scored.tally.scores.landslide_iou));
            if let Some(difference) = entry.difference_points {
                cells.push(points(difference.landslide_iou));
            }
        }
        let published = group.group.published;
        cells.push(published.map_or_else(String::new, |p| format!("{:.2}", p.landslide_iou)));
        row(html, "", &group.group.name(), &cells);
    }
    end_table(html);
}
