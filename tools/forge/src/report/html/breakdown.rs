//! Which landslides are missed, and where the wrong pixels lie.

use maud::{Markup, html};

use super::{Scored, percent, row, table, thousands};
use crate::report::{
    DistanceReport, ObjectReport, SizeReport, Tally,
    svg::{Bar, bars},
};

const BLUE: &str = "#2b7bd9";
const ORANGE: &str = "#c9762b";
const GREEN: &str = "#3a9a55";

/// Objects, sizes and distances.
pub(super) fn section(overall: &Scored) -> Markup {
    html! {
        h2 { "Landslides as objects" }
        (objects(&overall.objects))
        h2 { "Wrong pixels by distance to the true outline" }
        (edges(overall))
    }
}

fn objects(objects: &ObjectReport) -> Markup {
    let columns = [
        "area",
        "landslides",
        "found",
        "recall",
        "recall of pixels",
        "finds",
        "right",
        "precision",
    ];
    let total = [
        thousands(objects.landslides),
        thousands(objects.landslides_found),
        percent(objects.recall),
        String::new(),
        thousands(objects.finds),
        thousands(objects.finds_right),
        percent(objects.precision),
    ];
    let cells = |size: &SizeReport| {
        [
            thousands(size.landslides),
            thousands(size.landslides_found),
            percent(size.recall),
            percent(size.pixel_recall),
            thousands(size.finds),
            thousands(size.finds_right),
            percent(size.precision),
        ]
    };
    let rows = html! {
        (row(Some("ours"), &format!("from {} m²", objects.from_m2), &total))
        @for size in &objects.by_size { (row(None, &format!("{} m²", area(size)), &cells(size))) }
    };
    let of = |score: fn(&SizeReport) -> Option<f64>| objects.by_size.iter().map(score).collect();
    let found = [
        bar("landslides found", BLUE, of(|size| size.recall)),
        bar("pixels found", GREEN, of(|size| size.pixel_recall)),
        bar("finds right", ORANGE, of(|size| size.precision)),
    ];
    let names: Vec<String> = objects.by_size.iter().map(area).collect();
    html! {
        (table(&columns, &rows))
        p.note {
            "A landslide is found when finds cover at least half its area; a find is right when at least half of it lies on true \
             landslides. So neither a landslide found in pieces nor two found as one counts as wrong. Pixels that touch at a corner \
             belong together. Objects below " (objects.from_m2) " m² count in their own row only. F1 of objects: "
            (percent(objects.f1)) " %."
        }
        div.figures { (bars("share by area of the landslide or find in m², %", &names, &found)) }
    }
}

fn area(size: &SizeReport) -> String {
    let (from, below) = (size.from_m2, size.below_m2);
    match below {
        None => format!("from {}", thousands(from as u64)),
        Some(below) if from == 0.0 => format!("below {below}"),
        Some(below) => format!("{}–{}", thousands(from as u64), thousands(below as u64)),
    }
}

fn edges(overall: &Scored) -> Markup {
    let edges = &overall.edges;
    let wrong: u64 = edges
        .by_distance
        .iter()
        .map(|at| at.missed + at.false_alarms)
        .sum();
    let share = |pixels: fn(&DistanceReport) -> u64| {
        let share = |at| crate::metrics::ratio(pixels(at), wrong);
        edges.by_distance.iter().map(share).collect()
    };
    let names: Vec<String> = edges.by_distance.iter().map(distance).collect();
    let wrong = [
        bar(
            "missed, inside the outline",
            "#d9a400",
            share(|at| at.missed),
        ),
        bar(
            "false alarms, outside",
            "#d8323c",
            share(|at| at.false_alarms),
        ),
    ];
    let columns = [
        "percent",
        "precision",
        "recall",
        "F1",
        "landslide IoU",
        "two-class mIoU",
    ];
    let band = format!("without {} px on either side of the outline", edges.band_px);
    let cells = |tally: &Tally| {
        let s = &tally.scores;
        [
            s.precision,
            s.recall,
            s.f1,
            s.landslide_iou,
            s.two_class_miou,
        ]
        .map(percent)
    };
    let rows = html! {
        (row(None, "all pixels", &cells(&overall.tally)))
        (row(None, &band, &cells(&edges.beyond_band)))
    };
    html! {
        div.figures { (bars("share of all wrong pixels, %", &names, &wrong)) }
        (table(&columns, &rows))
        p.note {
            "Distances are in pixels of the image, to the nearest pixel of the other true class. Close to the outline labels \
             themselves are uncertain: what is lost there says little, what is lost far from it is a landslide missed or made up."
        }
    }
}

fn distance(at: &DistanceReport) -> String {
    match at.to_px {
        Some(to) => format!("{}–{to} px", at.beyond_px),
        None => format!("over {} px", at.beyond_px),
    }
}

fn bar<'a>(name: &'a str, colour: &'a str, shares: Vec<Option<f64>>) -> Bar<'a> {
    Bar {
        name,
        colour,
        shares,
    }
}
