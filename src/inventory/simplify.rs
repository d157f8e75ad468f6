//! Fewer vertices for the radio link, without breaking an outline.

use geo::{Polygon, SimplifyVwPreserve, Validation};

/// Drops vertices that change `polygon`'s area by less than `area` each (Visvalingam and Whyatt, 1993), and goes on
/// coarser until at most `most` are left. What would make the polygon invalid is not done, so a valid polygon stays
/// valid and may keep more vertices.
#[must_use]
pub fn simplify(polygon: Polygon<f64>, area: f64, most: usize) -> Polygon<f64> {
    let mut best = polygon;
    let mut tolerance = area;
    // Each round drops vertices of four times the area; sixteen rounds reach far beyond any landslide.
    for _ in 0..16 {
        let coarser = best.simplify_vw_preserve(tolerance);
        if coarser.is_valid() {
            best = coarser;
        }
        if vertices(&best) <= most {
            break;
        }
        tolerance *= 4.0;
    }
    best
}

fn vertices(polygon: &Polygon<f64>) -> usize {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.map(|ring| ring.0.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::contour::{Field, contours};
    use super::*;
    use geo::{Area, Coord};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_left_is_valid_and_within_the_bound(samples in prop::collection::vec(0.0_f32..1.0, 576), most in 20_usize..200) {
            // Smoothed noise gives winding outlines with holes and narrow necks.
            let smooth: Vec<f32> = (0..576).map(|i| {
                let near = [0, 1, 24, 25, 2, 48].map(|d| samples[(i + d) % 576]);
                near.iter().sum::<f32>() / 6.0
            }).collect();
            let field = Field { width: 24, height: 24, samples: &smooth, end: Coord { x: 24.0, y: 24.0 } };
            for polygon in contours(&field, 0.5) {
                let simple = simplify(polygon.clone(), 0.25, most);
                prop_assert!(simple.is_valid(), "{:?}", simple.check_validation());
                prop_assert!(vertices(&simple) <= vertices(&polygon));
                prop_assert!(simple.unsigned_area() > 0.0);
            }
        }
    }

    #[test]
    fn a_staircase_becomes_a_slope_and_keeps_its_area() {
        let samples: Vec<f32> = (0..10_000)
            .map(|i| if i % 100 > i / 100 { 1.0 } else { 0.0 })
            .collect();
        let field = Field {
            width: 100,
            height: 100,
            samples: &samples,
            end: Coord { x: 100.0, y: 100.0 },
        };
        let stairs = contours(&field, 0.5).remove(0);
        let slope = simplify(stairs.clone(), 0.25, 1000);
        assert!(vertices(&slope) < 12, "{}", vertices(&slope));
        assert!((slope.unsigned_area() / stairs.unsigned_area() - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_long_outline_is_cut_down_to_the_bound() {
        let circle: Vec<(f64, f64)> = (0..5000)
            .map(|i| f64::from(i) * std::f64::consts::TAU / 5000.0)
            .map(|a| (1000.0 * a.cos(), 1000.0 * a.sin()))
            .collect();
        let round = Polygon::new(circle.into(), vec![]);
        let simple = simplify(round.clone(), 0.0001, 100);
        assert!(vertices(&simple) <= 100);
        assert!((simple.unsigned_area() / round.unsigned_area() - 1.0).abs() < 0.02);
    }
}
