//! Pages that stand alone: tables, charts and overlays inside.

mod breakdown;
mod compare;
mod curves;
mod images;
mod scores;

use std::{io, path::Path};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Comparison, Report, Scored};

const STYLE: &str = include_str!("style.css");

/// The page of a validation, with the overlays of the folder `overlays` inside.
///
/// # Errors
/// When an overlay cannot be read.
pub fn page(report: &Report, overlays: &Path) -> io::Result<String> {
    let title = format!("{} {}", report.model, report.version);
    let scale = match report.scale {
        Some(1.0) => "at their own scale".to_owned(),
        Some(scale) => format!("enlarged {scale:.2} times"),
        None => "each enlarged from its own GSD".to_owned(),
    };
    let images = images::section(report, overlays)?;
    Ok(document(
        &title,
        "validation",
        &html! {
            p.soft {
                "Quantization: " (report.quantization) ". Threshold " (format!("{:.2}", report.threshold)) "; "
                (thousands(report.images.len() as u64)) " images, " (scale) "; " (report.refused.len()) " refused."
            }
            (cards(&report.overall))
            (images::refused(report))
            (scores::section(report))
            @if let Some(comparison) = &report.comparison { (compare::section(comparison)) }
            (scores::groups(report))
            (curves::section(report))
            (breakdown::section(&report.overall))
            (images)
        },
    ))
}

/// The page of a comparison.
#[must_use]
pub fn comparison_page(comparison: &Comparison) -> String {
    let section = compare::section(comparison);
    document("Models side by side", "comparison", &section)
}

fn document(title: &str, kind: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) ": " (kind) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    page.into_string() + "\n"
}

/// The figures one looks for first.
fn cards(overall: &Scored) -> Markup {
    let (scores, objects) = (&overall.tally.scores, &overall.objects);
    let found = format!("of {} landslides found", thousands(objects.landslides));
    let right = format!("of {} finds right", thousands(objects.finds));
    let cards = [
        (percent(scores.landslide_iou), "landslide IoU, %"),
        (percent(scores.f1), "F1, %"),
        (percent(scores.precision), "precision, %"),
        (percent(scores.recall), "recall, %"),
        (thousands(objects.landslides_found), &*found),
        (thousands(objects.finds_right), &*right),
    ];
    html! {
        div.cards {
            @for (value, name) in cards { div { b { (value) } (name) } }
        }
    }
}

/// A table of `rows` below the names of its columns.
fn table(columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.wide {
            table {
                tr { @for column in columns { th { (column) } } }
                (rows)
            }
        }
    }
}

/// A table's row, the first cell of which names it.
fn row(class: Option<&str>, name: &str, cells: &[String]) -> Markup {
    html! {
        tr class=[class] {
            td { (name) }
            @for cell in cells { td { (cell) } }
        }
    }
}

fn percent(score: Option<f64>) -> String {
    score.map_or_else(String::new, |score| format!("{:.2}", score * 100.0))
}

/// A difference with its sign.
fn points(difference: Option<f64>) -> String {
    difference.map_or_else(String::new, |points| {
        // No "-0.00".
        let points = (points * 100.0).round() / 100.0 + 0.0;
        format!("{points:+.2}").replace('-', "−")
    })
}

/// A number with its thousands apart.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
