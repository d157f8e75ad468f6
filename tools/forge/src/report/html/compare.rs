//! Models side by side.

use std::{fmt::Write, iter};

use super::{end_table, header, percent, points, row, thousands};
use crate::{
    metrics::Scores,
    report::{Comparison, Entry, Points, paper::TEST_SET},
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
pub(super) fn section(html: &mut String, comparison: &Comparison) {
    html.push_str("<h2>Models on the same images</h2>");
    header(html, &SCORES);
    for entry in &comparison.models {
        scores(html, entry);
    }
    let best = (TEST_SET.network, TEST_SET.miou);
    let others = comparison.other_networks.iter();
    for (network, miou) in iter::once(best).chain(others.map(|o| (o.network, o.miou))) {
        let name = format!("{network}, {}", TEST_SET.what);
        let mut cells = vec![String::new(); SCORES.len() - 2];
        cells.push(format!("{miou:.2}"));
        row(html, "less", &name, &cells);
    }
    end_table(html);
    let images = thousands(comparison.images as u64);
    let _ = write!(
        html,
        r#"<p class="note">{images} images. Differences are to the first model. Published rows: Fang et al., ESSD 16, 4817, 2024, of GDCLD's test set.</p>"#
    );
    header(html, &REST);
    for entry in &comparison.models {
        rest(html, entry);
    }
    end_table(html);
    html.push_str(r#"<p class="note">A tile's seconds are those of one worker; tiles differ in size between models, and workers slow each other down. Parameters of a quantized model include its scales and zero points.</p>"#);
    groups(html, comparison);
}

fn scores(html: &mut String, entry: &Entry) {
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
    row(html, "ours", &entry.facts.label, &cells.map(percent));
    if let Some(Points {
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
    }) = entry.difference_points
    {
        let cells = [
            precision,
            recall,
            f1,
            landslide_iou,
            two_class_miou,
            None,
            None,
        ];
        row(html, "less", "difference, points", &cells.map(points));
    }
}

fn rest(html: &mut String, entry: &Entry) {
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
    row(html, "", &facts.label, &cells);
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
    html.push_str(r#"<p class="note">The paper's landslide IoU is the one its F1 implies.</p>"#);
}
