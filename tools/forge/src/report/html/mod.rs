//! Pages that stand alone: tables, charts and overlays inside.

mod breakdown;
mod compare;
mod curves;
mod images;
mod scores;

use std::{fmt::Write, io, path::Path};

use super::{Comparison, Report, Scored};

const STYLE: &str = include_str!("style.css");

/// The page of a validation, with the overlays of the folder `overlays` inside.
///
/// # Errors
/// When an overlay cannot be read.
pub fn page(report: &Report, overlays: &Path) -> io::Result<String> {
    let title = format!("{} {}", report.model, report.version);
    let mut html = head(&title, "validation");
    let scale = match report.scale {
        Some(1.0) => "at their own scale".to_owned(),
        Some(scale) => format!("enlarged {scale:.2} times"),
        None => "each enlarged from its own GSD".to_owned(),
    };
    let _ = write!(
        html,
        r#"<p class="soft">Quantization: {}. Threshold {:.2}; {} images, {scale}; {} refused.</p>"#,
        escape(&report.quantization),
        report.threshold,
        thousands(report.images.len() as u64),
        report.refused.len()
    );
    cards(&mut html, &report.overall);
    images::refused(&mut html, report);
    scores::table(&mut html, report);
    if let Some(comparison) = &report.comparison {
        compare::section(&mut html, comparison);
    }
    scores::groups(&mut html, report);
    curves::section(&mut html, report);
    breakdown::section(&mut html, &report.overall);
    images::section(&mut html, report, overlays)?;
    html.push_str("</html>\n");
    Ok(html)
}

/// The page of a comparison.
#[must_use]
pub fn comparison_page(comparison: &Comparison) -> String {
    let mut html = head("Models side by side", "comparison");
    compare::section(&mut html, comparison);
    html.push_str("</html>\n");
    html
}

fn head(title: &str, kind: &str) -> String {
    let title = escape(title);
    format!(
        r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}: {kind}</title><style>{STYLE}</style><h1>{title}</h1>"#
    )
}

/// The figures one looks for first.
fn cards(html: &mut String, overall: &Scored) {
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
    html.push_str(r#"<div class="cards">"#);
    for (value, name) in cards {
        let _ = write!(html, "<div><b>{value}</b>{name}</div>");
    }
    html.push_str("</div>");
}

/// A table's first row.
fn header(html: &mut String, columns: &[&str]) {
    html.push_str(r#"<div class="wide"><table><tr>"#);
    for column in columns {
        let _ = write!(html, "<th>{}</th>", escape(column));
    }
    html.push_str("</tr>");
}

/// A row of ready cells, the first of which names it.
fn row(html: &mut String, class: &str, name: &str, cells: &[String]) {
    let _ = write!(html, r#"<tr class="{class}"><td>{}</td>"#, escape(name));
    for cell in cells {
        let _ = write!(html, "<td>{cell}</td>");
    }
    html.push_str("</tr>");
}

fn end_table(html: &mut String) {
    html.push_str("</table></div>");
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
