//! Curves as SVG, small enough to stand inside a page.

use maud::{Markup, html};

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
) -> Markup {
    let x = |v: f64| LEFT + v * SIDE;
    let y = |v: f64| TOP + (1.0 - v) * SIDE;
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    let (width, height) = (right + 12.0, bottom + 40.0);
    let grid = |v: f64| format!("M{LEFT} {}H{right}M{} {TOP}V{bottom}", y(v), x(v));
    let path = |line: &Line<'_>| {
        let points = line.points.iter();
        let points: Vec<String> = points
            .map(|&(px, py)| format!("{:.1} {:.1}", x(px), y(py)))
            .collect();
        format!("M{}", points.join("L"))
    };
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label={ (y_name) " over " (x_name) } {
            @for v in (0..=5_u8).map(|step| f64::from(step) / 5.0) {
                path.grid d=(grid(v)) {}
                text x=(LEFT - 6.0) y=(y(v) + 4.0) text-anchor="end" { (format!("{v:.1}")) }
                text x=(x(v)) y=(bottom + 16.0) text-anchor="middle" { (format!("{v:.1}")) }
            }
            @for (index, line) in lines.iter().enumerate() {
                path.line stroke=(line.colour) d=(path(line)) {}
                text x=(LEFT + 8.0) y=(bottom - 10.0 - 16.0 * index as f64) style={ "fill:" (line.colour) } { (line.name) }
            }
            @if let Some((px, py)) = mark {
                circle.mark cx=(tenths(x(px))) cy=(tenths(y(py))) r="4.5" {}
            }
            text x=(LEFT + SIDE / 2.0) y=(bottom + 34.0) text-anchor="middle" { (x_name) }
            text transform={ "translate(12 " (TOP + SIDE / 2.0) ") rotate(-90)" } text-anchor="middle" { (y_name) }
        }
    }
}

/// A length as a drawing needs it.
fn tenths(length: f64) -> String {
    format!("{length:.1}")
}

/// One colour of a bar chart: a share from 0 to 1 in each class, or none.
pub(super) struct Bar<'a> {
    pub(super) name: &'a str,
    pub(super) colour: &'a str,
    pub(super) shares: Vec<Option<f64>>,
}

/// Bars side by side in each of the classes, with their percentage on top; the axis ends above the longest.
pub(super) fn bars(y_name: &str, classes: &[String], bars: &[Bar<'_>]) -> Markup {
    const WIDTH: f64 = 460.0;
    const HEIGHT: f64 = 190.0;
    const TOP: f64 = 44.0;
    let longest = bars.iter().flat_map(|bar| &bar.shares).flatten();
    let longest = longest.fold(0.0_f64, |a, b| a.max(*b));
    let end = ((longest * 5.0).ceil() / 5.0).max(0.2);
    let y = |share: f64| TOP + (1.0 - share / end) * HEIGHT;
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    let (width, height) = (right + 12.0, bottom + 26.0);
    let class_width = WIDTH / classes.len().max(1) as f64;
    let bar_width = class_width * 0.8 / bars.len().max(1) as f64;
    let left = |index: usize| LEFT + class_width * (index as f64 + 0.1);
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let drawn = |bar: &Bar<'_>, x: f64, share: f64| {
        html! {
            rect x=(tenths(x)) y=(tenths(y(share))) width=(tenths(bar_width - 2.0)) height=(tenths(bottom - y(share)))
                fill=(bar.colour) rx="1.5" {}
            text x=(tenths(x + bar_width / 2.0 - 1.0)) y=(tenths(y(share) - 4.0)) text-anchor="middle" { (percent(share)) }
        }
    };
    let mut key = LEFT;
    let keys: Vec<(f64, &Bar<'_>)> = bars
        .iter()
        .map(|bar| {
            let x = key;
            key += 34.0 + 6.2 * bar.name.chars().count() as f64;
            (x, bar)
        })
        .collect();
    html! {
        svg.bars viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(y_name) {
            @for share in (0..=4_u8).map(|step| end * f64::from(step) / 4.0) {
                path.grid d={ "M" (LEFT) " " (tenths(y(share))) "H" (right) } {}
                text x=(LEFT - 6.0) y=(tenths(y(share) + 4.0)) text-anchor="end" { (percent(share)) }
            }
            @for (index, class) in classes.iter().enumerate() {
                @for (number, bar) in bars.iter().enumerate() {
                    @if let Some(share) = bar.shares.get(index).copied().flatten() {
                        (drawn(bar, left(index) + bar_width * number as f64, share))
                    }
                }
                text x=(tenths(left(index) + class_width * 0.4)) y=(tenths(bottom + 17.0)) text-anchor="middle" { (class) }
            }
            @for (x, bar) in keys {
                rect x=(tenths(x)) y="18" width="10" height="10" rx="2" fill=(bar.colour) {}
                text x=(tenths(x + 15.0)) y="27" { (bar.name) }
            }
            text x=(LEFT) y="10" { (y_name) }
        }
    }
}
