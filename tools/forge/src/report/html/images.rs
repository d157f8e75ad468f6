//! The images: refused ones, and overlays of the others.

use std::{fmt::Write, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Report, escape, thousands};
use crate::report::{ImageReport, Tally};

/// Overlays shown: enough to see what goes wrong, few enough for a page that is sent by mail.
const MOST: usize = 60;

pub(super) fn refused(html: &mut String, report: &Report) {
    if report.refused.is_empty() {
        return;
    }
    html.push_str(r#"<h2 class="bad">Refused</h2><ul>"#);
    for image in &report.refused {
        let _ = write!(html, "<li>{}</li>", escape(&image.reason));
    }
    html.push_str("</ul>");
}

pub(super) fn section(html: &mut String, report: &Report, overlays: &Path) -> io::Result<()> {
    html.push_str(r#"<h2>Images, the worst first</h2><p class="key">Tints: <i style="background:#3cc85a"></i>hit <i style="background:#ffc81e"></i>missed <i style="background:#eb323c"></i>false alarm</p><div class="images">"#);
    let mut sorted: Vec<_> = report.images.iter().collect();
    let iou = |tally: &Tally| tally.scores.landslide_iou.unwrap_or(1.0);
    sorted.sort_by(|a, b| iou(&a.scored.tally).total_cmp(&iou(&b.scored.tally)));
    for image in sorted.into_iter().take(MOST) {
        figure(html, image, overlays)?;
    }
    html.push_str("</div>");
    if let Some(more) = report.images.len().checked_sub(MOST + 1) {
        let _ = write!(
            html,
            r#"<p class="note">{} better ones are in the folder of overlays.</p>"#,
            thousands(more as u64 + 1)
        );
    }
    Ok(())
}

fn figure(html: &mut String, image: &ImageReport, overlays: &Path) -> io::Result<()> {
    let picture = jpeg(&overlays.join(format!("{}.png", image.name)))?;
    let percent = |v: Option<f64>| v.map_or("–".to_owned(), |v| format!("{:.1}", v * 100.0));
    let scores = &image.scored.tally.scores;
    let name = escape(&image.name);
    let _ = write!(
        html,
        r#"<figure><img alt="{name}" src="data:image/jpeg;base64,{}"><figcaption><b>{name}</b> IoU {}, precision {}, recall {}; {} of {} landslides</figcaption></figure>"#,
        STANDARD.encode(picture),
        percent(scores.landslide_iou),
        percent(scores.precision),
        percent(scores.recall),
        image.scored.objects.landslides_found,
        image.scored.objects.landslides,
    );
    Ok(())
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
