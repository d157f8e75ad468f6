//! The images: refused ones, and overlays of the others.

use std::{io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, html};

use super::{Report, thousands};
use crate::report::{ImageReport, Tally};

/// Overlays shown: enough to see what goes wrong, few enough for a page that is sent by mail.
const MOST: usize = 60;

pub(super) fn refused(report: &Report) -> Markup {
    html! {
        @if !report.refused.is_empty() {
            h2.bad { "Refused" }
            ul { @for image in &report.refused { li { (image.reason) } } }
        }
    }
}

pub(super) fn section(report: &Report, overlays: &Path) -> io::Result<Markup> {
    let mut sorted: Vec<_> = report.images.iter().collect();
    let iou = |tally: &Tally| tally.scores.landslide_iou.unwrap_or(1.0);
    sorted.sort_by(|a, b| iou(&a.scored.tally).total_cmp(&iou(&b.scored.tally)));
    let shown = sorted.into_iter().take(MOST);
    let figures: Vec<Markup> = shown
        .map(|image| figure(image, overlays))
        .collect::<io::Result<_>>()?;
    let tint = |colour: &str| html! { i style={ "background:" (colour) } {} };
    Ok(html! {
        h2 { "Images, the worst first" }
        p.key {
            "Tints: " (tint("#3cc85a")) "hit " (tint("#ffc81e")) "missed " (tint("#eb323c")) "false alarm"
        }
        div.images { @for figure in &figures { (figure) } }
        @if report.images.len() > MOST {
            p.note { (thousands((report.images.len() - MOST) as u64)) " better ones are in the folder of overlays." }
        }
    })
}

fn figure(image: &ImageReport, overlays: &Path) -> io::Result<Markup> {
    let picture = jpeg(&overlays.join(format!("{}.png", image.name)))?;
    let percent = |v: Option<f64>| v.map_or("–".to_owned(), |v| format!("{:.1}", v * 100.0));
    let (scores, objects) = (&image.scored.tally.scores, &image.scored.objects);
    Ok(html! {
        figure {
            img alt=(image.name) src={ "data:image/jpeg;base64," (STANDARD.encode(picture)) };
            figcaption {
                b { (image.name) } " IoU " (percent(scores.landslide_iou)) ", precision " (percent(scores.precision))
                ", recall " (percent(scores.recall)) "; " (objects.landslides_found) " of " (objects.landslides) " landslides"
            }
        }
    })
}

/// A picture as JPEG: a page of many overlays stays small enough to be sent by mail.
fn jpeg(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = io::Cursor::new(Vec::new());
    let picture = image::open(path).map_err(io::Error::other)?;
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}
