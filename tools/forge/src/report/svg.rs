//! Curves as SVG, small enough to stand inside a page.

use std::fmt::Write;

/// Side of the plotting area.
const SIDE: f64 = 260.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 12.0;

/// One line of a chart; both coordinates run from 0 to 1.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) colour: &'a str,
    pub(super) points: Vec<(f64, f64)>,
}

/// A square chart from 0 to 1 on both axes, with a mark at `mark`.
pub(super) fn chart(
    x_name: &str,
    y_name: &str,
    lines: &[Line<'_>],
    mark: Option<(f64, f64)>,
) -> String {
    let x = |v: f64| LEFT + v * SIDE;
    let y = |v: f64| TOP + (1.0 - v) * SIDE;
    let (width, height) = (LEFT + SIDE + 12.0, TOP + SIDE + 40.0);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="{y_name} over {x_name}">"#
    );
    for step in 0..=5_u8 {
        let v = f64::from(step) / 5.0;
        // Writing into a String cannot fail.
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{0} {1}H{2}M{3} {4}V{5}"/><text x="{6}" y="{7}" text-anchor="end">{v:.1}</text><text x="{3}" y="{8}" text-anchor="middle">{v:.1}</text>"#,
            LEFT,
            y(v),
            LEFT + SIDE,
            x(v),
            TOP,
            TOP + SIDE,
            LEFT - 6.0,
            y(v) + 4.0,
            TOP + SIDE + 16.0
        );
    }
    for (index, line) in lines.iter().enumerate() {
        let path: Vec<String> = line
            .points
            .iter()
            .map(|(px, py)| format!("{:.1} {:.1}", x(*px), y(*py)))
            .collect();
        let _ = write!(
            svg,
            r#"<path class="line" stroke="{0}" d="M{1}"/><text x="{2}" y="{3}" style="fill:{0}">{4}</text>"#,
            line.colour,
            path.join("L"),
            LEFT + 8.0,
            TOP + SIDE - 10.0 - 16.0 * index as f64,
            line.name
        );
    }
    if let Some((px, py)) = mark {
        let _ = write!(
            svg,
            r#"<circle class="mark" cx="{:.1}" cy="{:.1}" r="4.5"/>"#,
            x(px),
            y(py)
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">{x_name}</text><text transform="translate(12 {}) rotate(-90)" text-anchor="middle">{y_name}</text></svg>"#,
        LEFT + SIDE / 2.0,
        TOP + SIDE + 34.0,
        TOP + SIDE / 2.0
    );
    svg
}
