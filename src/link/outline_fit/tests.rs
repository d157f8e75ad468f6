use geo::{Contains, Coord, Distance, Euclidean, Point};
use proptest::prelude::*;

use super::*;

/// Degrees of about a metre in the north, on the equator in the east too.
const METRE: f64 = 1.0 / METRES_PER_DEGREE;

fn square(west: f64, south: f64, side: f64) -> LineString<f64> {
    Rect::new((west, south), (west + side, south + side))
        .to_polygon()
        .into_inner()
        .0
}

/// A square of ground with so many square holes in rows of a hundred, the n-th `side(n)` metres wide.
fn sieve(latitude: f64, holes: usize, side: impl Fn(usize) -> f64) -> Polygon<f64> {
    let at = |n: usize| {
        let (x, y) = ((n % 100) as f64 * 10.0, (n / 100) as f64 * 10.0);
        square(
            7.0 + (x + 5.0) * METRE,
            latitude + (y + 5.0) * METRE,
            side(n) * METRE,
        )
    };
    Polygon::new(
        square(7.0, latitude, 1020.0 * METRE),
        (0..holes).map(at).collect(),
    )
}

/// A ring of `corners` around a place, at the distances in metres that `radius` gives.
fn star(corners: usize, radius: impl Fn(usize) -> f64) -> Polygon<f64> {
    let corner = |n: usize| {
        let angle = n as f64 / corners as f64 * std::f64::consts::TAU;
        let (sin, cos) = angle.sin_cos();
        let r = radius(n) * METRE;
        Coord {
            x: 7.0 + r * cos,
            y: r * sin,
        }
    };
    Polygon::new((0..corners).map(corner).collect(), Vec::new())
}

fn vertices(polygon: &Polygon<f64>) -> usize {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.map(|ring| ring.0.len()).sum()
}

fn fits(polygon: &Polygon<f64>) -> bool {
    polygon.interiors().len() < MAX_RINGS && vertices(polygon) <= MAX_VERTICES
}

#[test]
fn an_outline_within_the_limits_is_left_as_it_is() {
    let most = sieve(46.0, MAX_RINGS - 1, |_| 1.0);
    assert_eq!(fit(most.clone()), (most, 0.0));
}

#[test]
fn of_too_many_holes_the_smallest_go_and_the_tolerance_is_how_deep_the_largest_of_them_was() {
    let all = sieve(
        0.0,
        4453,
        |n| if n < 358 { 2.0 } else { 4.0 + n as f64 * 1e-4 },
    );
    let (fitted, tolerance_m) = fit(all.clone());
    assert_eq!(fitted.interiors().len(), MAX_RINGS - 1);
    assert!(
        fitted
            .interiors()
            .iter()
            .all(|hole| area(hole) > 9.0 * METRE * METRE)
    );
    assert_eq!(fitted.exterior(), all.exterior());
    assert!((tolerance_m - 1.0).abs() < 1e-6, "{tolerance_m}");
}

#[test]
fn holes_go_too_where_they_have_too_many_vertices() {
    let ring = |n: usize| {
        let centre = 7.0 + n as f64 * 1e-3;
        let hole = star(5000, |_| 10.0 + n as f64).into_inner().0;
        hole.map_coords(|c| coord! { x: c.x - 7.0 + centre, y: c.y })
    };
    let outer = square(6.0, -1.0, 3.0);
    let (fitted, _) = fit(Polygon::new(outer, (0..14).map(ring).collect()));
    assert_eq!(fitted.interiors().len(), 13);
    assert!(fits(&fitted));
}

#[test]
fn an_outline_that_cannot_be_mended_is_given_back_and_never_panics() {
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let ring: LineString<f64> = (0..=MAX_VERTICES)
            .map(|n| coord! { x: bad, y: n as f64 * 1e-4 })
            .collect();
        let _ = fit(Polygon::new(ring, Vec::new()));
        let holes = vec![square(bad, bad, 1.0); MAX_RINGS];
        let (fitted, _) = fit(Polygon::new(square(7.0, 46.0, 1.0), holes));
        assert_eq!(fitted.interiors().len(), MAX_RINGS - 1);
    }
    let empty = Polygon::new(LineString::new(Vec::new()), Vec::new());
    assert_eq!(fit(empty.clone()), (empty, 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_long_ring_is_simplified_to_a_valid_one_no_farther_from_it_than_is_said(
        lobes in 3_u32..40, depth in 0.0..0.4, noise in 0.0..3.0,
    ) {
        let corners = MAX_VERTICES + 1000;
        let radius = |n: usize| {
            let turn = n as f64 / corners as f64 * std::f64::consts::TAU;
            let wave = 1.0 + depth * (turn * f64::from(lobes)).sin();
            // A fixed pattern stands for noise: the ring never crosses itself.
            5000.0 * wave + noise * ((n * 7919) % 101) as f64 / 101.0
        };
        let long = star(corners, radius);
        let (short, tolerance_m) = fit(long.clone());
        prop_assert!(fits(&short));
        prop_assert!(short.is_valid(), "{:?}", short.check_validation());
        prop_assert!(tolerance_m > 0.0 && tolerance_m < 1000.0, "{}", tolerance_m);
        // On the equator a degree is as long to the east as to the north, to a share that the scale allows for.
        for vertex in long.exterior().0.iter().step_by(97) {
            let apart = Euclidean.distance(&Point::from(*vertex), short.exterior()) / METRE;
            prop_assert!(apart <= tolerance_m * (1.0 + 1e-6), "{} of {}", apart, tolerance_m);
        }
        prop_assert!(short.contains(&Point::new(7.0, 0.0)));
    }
}
