//! Tables of text, for people at a terminal.

use scarp_forge::{
    report::Group,
    report::{Comparison, Entry},
};

use super::common::percent;

/// Narrowest column of a model or group.
const NARROW: usize = 10;

/// A row for each group, and the paper's beside it.
pub fn groups(groups: &[Group]) {
    if groups.iter().all(Group::is_unknown) {
        return;
    }
    let wide = width(groups.iter().map(Group::name));
    eprintln!(
        "\n{:wide$}  images  precision  recall     F1  landslide IoU  paper's F1  difference",
        "percent"
    );
    for group in groups {
        let s = &group.scored.tally.scores;
        let published = group.published;
        eprintln!(
            "{:wide$}  {:>6}  {:>9}  {:>6}  {:>5}  {:>13}  {:>10}  {:>10}",
            group.name(),
            group.images,
            percent(s.precision),
            percent(s.recall),
            percent(s.f1),
            percent(s.landslide_iou),
            published.map_or_else(String::new, |p| format!("{:.2}", p.row.f1)),
            published.map_or_else(String::new, |p| signed(p.difference_points.f1)),
        );
    }
}

/// A row for each model, then one for each group of images.
pub fn comparison(comparison: &Comparison) {
    let labels = comparison.models.iter().map(|m| m.facts.label.clone());
    let wide = width(labels).max("  difference, points".len());
    eprintln!(
        "{:wide$}  precision  recall     F1  landslide IoU  two-class mIoU  per-image IoU  object F1  parameters      MB  s/tile",
        format!("percent, {} images", comparison.images)
    );
    for entry in &comparison.models {
        model(entry, wide);
    }
    let others = comparison.other_networks.iter();
    let others: Vec<String> = others
        .map(|other| format!("{} {:.2}", other.network, other.miou))
        .collect();
    eprintln!(
        "mIoU of other networks on GDCLD's test set, as in the paper: {}",
        others.join(", ")
    );
    by_group(&comparison.models);
}

fn model(entry: &Entry, wide: usize) {
    let s = &entry.overall.tally.scores;
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let or_dash = |text: Option<String>| text.unwrap_or("-".to_owned());
    eprintln!(
        "{:wide$}  {:>9}  {:>6}  {:>5}  {:>13}  {:>14}  {:>13}  {:>9}  {:>10}  {:>6}  {:>6}",
        entry.facts.label,
        percent(s.precision),
        percent(s.recall),
        percent(s.f1),
        percent(s.landslide_iou),
        percent(s.two_class_miou),
        percent(entry.per_image_mean_iou),
        percent(entry.overall.objects.f1),
        or_dash(entry.facts.parameters.map(|p| p.to_string())),
        or_dash(entry.facts.file_bytes.map(megabytes)),
        or_dash(entry.seconds_per_tile.map(|s| format!("{s:.3}"))),
    );
    if let Some(d) = &entry.difference_points {
        eprintln!(
            "{:wide$}  {:>9}  {:>6}  {:>5}  {:>13}  {:>14}",
            "  difference, points",
            signed(d.precision),
            signed(d.recall),
            signed(d.f1),
            signed(d.landslide_iou),
            signed(d.two_class_miou),
        );
    }
}

/// A row for each group and a column for each model: GDCLD's test set has 13 groups, too many for columns.
fn by_group(models: &[Entry]) {
    let groups = models.first().map_or(&[][..], |model| &model.groups);
    if groups.iter().all(|entry| entry.group.is_unknown()) {
        return;
    }
    let wide = width(groups.iter().map(|entry| entry.group.name())).max("landslide IoU".len());
    let column = width(models.iter().map(|model| model.facts.label.clone()));
    let mut text = format!("\n{:wide$}", "landslide IoU");
    for model in models {
        text.push_str(&format!("  {:>column$}", model.facts.label));
    }
    for (index, group) in groups.iter().enumerate() {
        text.push_str(&format!("\n{:wide$}", group.group.name()));
        for model in models {
            let same = model.groups.get(index);
            let iou = same.and_then(|entry| entry.group.scored.tally.scores.landslide_iou);
            text.push_str(&format!("  {:>column$}", percent(iou)));
        }
    }
    eprintln!("{text}");
}

fn width(names: impl Iterator<Item = String>) -> usize {
    names
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(NARROW)
}

fn signed(points: Option<f64>) -> String {
    points.map_or("-".to_owned(), |points| format!("{points:+.2}"))
}
