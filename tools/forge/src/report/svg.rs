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

/// One colour of a bar chart: a share from 0 to 1 in each class, or none.
pub(super) struct Bar<'a> {
    pub(super) name: &'a str,
    pub(super) colour: &'a str,
    pub(super) shares: Vec<Option<f64>>,
}

/// Bars side by side in each of the classes, with their percentage on top; the axis ends above the longest.
pub(super) fn bars(y_name: &str, classes: &[String], bars: &[Bar<'_>]) -> String {
    const WIDTH: f64 = 460.0;
    const HEIGHT: f64 = 190.0;
    const TOP: f64 = 44.0;
    let longest = bars.iter().flat_map(|bar| &bar.shares).flatten();
    let longest = longest.fold(0.0_f64, |a, b| a.max(*b));
    let end = ((longest * 5.0).ceil() / 5.0).max(0.2);
    let y = |share: f64| TOP + (1.0 - share / end) * HEIGHT;
    let (width, height) = (LEFT + WIDTH + 12.0, TOP + HEIGHT + 26.0);
    let mut svg = format!(
        r#"<svg class="bars" viewBox="0 0 {width} {height}" role="img" aria-label="{y_name}">"#
    );
    for step in 0..=4_u8 {
        let share = end * f64::from(step) / 4.0;
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{LEFT} {0:.1}H{1}"/><text x="{2}" y="{3:.1}" text-anchor="end">{4:.0}</text>"#,
            y(share),
            LEFT + WIDTH,
            LEFT - 6.0,
            y(share) + 4.0,
            share * 100.0
        );
    }
    let class_width = WIDTH / classes.len().max(1) as f64;
    let bar_width = class_width * 0.8 / bars.len().max(1) as f64;
    for (index, class) in classes.iter().enumerate() {
        let left = LEFT + class_width * (index as f64 + 0.1);
        for (number, bar) in bars.iter().enumerate() {
            let x = left + bar_width * number as f64;
            let Some(share) = bar.shares.get(index).copied().flatten() else {
                continue;
            };
            let _ = write!(
                svg,
                r#"<rect x="{x:.1}" y="{1:.1}" width="{2:.1}" height="{3:.1}" fill="{0}" rx="1.5"/><text x="{4:.1}" y="{5:.1}" text-anchor="middle">{6:.0}</text>"#,
                bar.colour,
                y(share),
                bar_width - 2.0,
                TOP + HEIGHT - y(share),
                x + bar_width / 2.0 - 1.0,
                y(share) - 4.0,
                share * 100.0
            );
        }
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{class}</text>"#,
            left + class_width * 0.4,
            TOP + HEIGHT + 17.0
        );
    }
    let mut x = LEFT;
    for bar in bars {
        let _ = write!(
            svg,
            r#"<rect x="{x:.1}" y="18" width="10" height="10" rx="2" fill="{}"/><text x="{:.1}" y="27">{}</text>"#,
            bar.colour,
            x + 15.0,
            bar.name
        );
        x += 34.0 + 6.2 * bar.name.chars().count() as f64;
    }
    let _ = write!(svg, r#"<text x="{LEFT}" y="10">{y_name}</text></svg>"#);
    svg
}
