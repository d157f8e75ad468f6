//! One page that stands alone: tables, curves and overlays inside.

use std::{fmt::Write, fs, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Report, Tally, paper,
    svg::{Line, chart},
};
use crate::metrics::Scores;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{max-width:46rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}tr.ours td{font-weight:600;background:var(--soft)}
.figures{display:flex;gap:2rem;flex-wrap:wrap}.figures svg{width:21rem}
svg text{font:11px system-ui,sans-serif;fill:currentColor}svg .grid{stroke:var(--line);fill:none}
svg .line{fill:none;stroke-width:2}svg .mark{fill:none;stroke:currentColor;stroke-width:2}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem}
figure{margin:0}figure img{width:100%;border-radius:4px}figcaption{font-size:.85rem}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 1em}
.bad{color:#c33}";

/// Writes the page to `path`, with the overlays of the folder `overlays` inside.
///
/// # Errors
/// When an overlay cannot be read or the page cannot be written.
pub fn write(report: &Report, overlays: &Path, path: &Path) -> io::Result<()> {
    fs::write(path, page(report, overlays)?)
}

fn page(report: &Report, overlays: &Path) -> io::Result<String> {
    let title = escape(&format!("{} {}", report.model, report.version));
    let mut html = format!(
        r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}: validation</title><style>{STYLE}</style><h1>{title}</h1><p>Quantization: {}. Threshold {:.2}, images enlarged {} times, {} images, {} refused.</p>"#,
        escape(&report.quantization),
        report.threshold,
        report.scale,
        report.images.len(),
        report.refused.len()
    );
    table(&mut html, report);
    curves(&mut html, report);
    refused(&mut html, report);
    images(&mut html, report, overlays)?;
    Ok(html)
}

fn table(html: &mut String, report: &Report) {
    html.push_str("<h2>Scores in percent</h2><table><tr><th></th><th>precision</th><th>recall</th><th>F1</th><th>landslide IoU</th><th>two-class mIoU</th><th>mIoU as in the paper</th></tr>");
    let Scores {
        precision,
        recall,
        f1,
        landslide_iou,
        two_class_miou,
    } = report.overall.scores;
    row(
        html,
        "ours",
        "this model, all pixels",
        &[precision, recall, f1, landslide_iou, two_class_miou, None],
    );
    row(
        html,
        "",
        "this model, mean over images",
        &[None, None, None, report.per_image_mean_iou, None, None],
    );
    for published in &paper::ROWS {
        let part = |percent: f64| Some(percent / 100.0);
        let name = format!("SegFormer MiT-B4, {}", published.what);
        row(
            html,
            "",
            &name,
            &[
                part(published.precision),
                part(published.recall),
                part(published.f1),
                None,
                None,
                part(published.miou),
            ],
        );
    }
    html.push_str("</table><p>Published rows: Fang et al., ESSD 16, 4817, 2024. They are of other images unless this was run on GDCLD's test set, and their mIoU is lower than the two-class mean their own precision and recall imply, so it has a column of its own.</p>");
}

fn row(html: &mut String, class: &str, name: &str, values: &[Option<f64>]) {
    let _ = write!(html, r#"<tr class="{class}"><td>{}</td>"#, escape(name));
    for value in values {
        match value {
            Some(value) => _ = write!(html, "<td>{:.2}</td>", value * 100.0),
            None => html.push_str("<td></td>"),
        }
    }
    html.push_str("</tr>");
}

fn curves(html: &mut String, report: &Report) {
    let point = |tally: &Tally| tally.scores.recall.zip(tally.scores.precision);
    let over = |score: fn(&Scores) -> Option<f64>| -> Vec<(f64, f64)> {
        report
            .sweep
            .iter()
            .filter_map(|at| Some((f64::from(at.threshold), score(&at.tally.scores)?)))
            .collect()
    };
    let pr = Line {
        name: "",
        colour: "#2b7bd9",
        points: report
            .sweep
            .iter()
            .filter_map(|at| point(&at.tally))
            .collect(),
    };
    let sweep = [
        Line {
            name: "landslide IoU",
            colour: "#2b7bd9",
            points: over(|s| s.landslide_iou),
        },
        Line {
            name: "precision",
            colour: "#c9762b",
            points: over(|s| s.precision),
        },
        Line {
            name: "recall",
            colour: "#3a9a55",
            points: over(|s| s.recall),
        },
    ];
    let at = report
        .overall
        .scores
        .landslide_iou
        .map(|iou| (f64::from(report.threshold), iou));
    let _ = write!(
        html,
        r#"<h2>Curves</h2><div class="figures">{}{}</div>"#,
        chart("recall", "precision", &[pr], point(&report.overall)),
        chart("threshold", "score", &sweep, at)
    );
    if let Some(best) = report.best_threshold() {
        let _ = write!(
            html,
            "<p>The circle is the threshold used. On these images {:.2} would give the highest landslide IoU, {:.2} %; a threshold chosen on the images it is judged by flatters.</p>",
            best.threshold,
            best.tally.scores.landslide_iou.unwrap_or(0.0) * 100.0
        );
    }
}

fn refused(html: &mut String, report: &Report) {
    if report.refused.is_empty() {
        return;
    }
    html.push_str(r#"<h2 class="bad">Refused</h2><ul>"#);
    for image in &report.refused {
        let _ = write!(html, "<li>{}</li>", escape(&image.reason));
    }
    html.push_str("</ul>");
}

fn images(html: &mut String, report: &Report, overlays: &Path) -> io::Result<()> {
    html.push_str(r#"<h2>Images, the worst first</h2><p class="key">Tints: <i style="background:#3cc85a"></i>hit <i style="background:#ffc81e"></i>missed <i style="background:#eb323c"></i>false alarm</p><div class="images">"#);
    let mut sorted: Vec<_> = report.images.iter().collect();
    let iou = |tally: &Tally| tally.scores.landslide_iou.unwrap_or(1.0);
    sorted.sort_by(|a, b| iou(&a.tally).total_cmp(&iou(&b.tally)));
    for image in sorted {
        let picture = jpeg(&overlays.join(format!("{}.png", image.name)))?;
        let percent = |v: Option<f64>| v.map_or("–".to_owned(), |v| format!("{:.1}", v * 100.0));
        let scores = &image.tally.scores;
        let name = escape(&image.name);
        let _ = write!(
            html,
            r#"<figure><img alt="{name}" src="data:image/jpeg;base64,{}"><figcaption><b>{name}</b> IoU {}, precision {}, recall {}</figcaption></figure>"#,
            STANDARD.encode(picture),
            percent(scores.landslide_iou),
            percent(scores.precision),
            percent(scores.recall)
        );
    }
    html.push_str("</div></html>\n");
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
