//! What holds for any frames in any order.

use std::collections::BTreeMap;

use geo::{Coord, Polygon, Rect};
use proptest::prelude::*;
use scarp_inventory::{Landslide, Observation, Settings};
use uuid::Uuid;

use super::{SETTINGS, fly, frame, in_metres, inventory};

/// Frames of 60 m on a line, each seeing its part of some rectangles, now and then with a false alarm.
fn survey() -> impl Strategy<Value = Vec<Observation>> {
    let corner = || (-60.0..60.0_f64, -40.0..40.0_f64);
    let slide = (corner(), (8.0..50.0_f64, 8.0..50.0_f64))
        .prop_map(|((x, y), (w, h))| Rect::new((x, y), (x + w, y + h)));
    let shot = (corner(), prop::collection::vec(slide, 0..4));
    prop::collection::vec(shot, 1..12).prop_map(|shots| {
        let frame = |(n, (centre, slides)): (usize, ((f64, f64), Vec<Rect>))| {
            let half = Coord { x: 35.0, y: 30.0 };
            let centre = Coord::from(centre);
            let footprint = Rect::new(centre - half, centre + half).to_polygon();
            let slides: Vec<_> = slides.iter().map(|slide| slide.to_polygon()).collect();
            frame(n as u64, footprint, &slides)
        };
        shots.into_iter().enumerate().map(frame).collect()
    })
}

/// Everything about the landslides that must not hang on the order of frames.
fn outlines(found: &BTreeMap<Uuid, Landslide>) -> Vec<String> {
    let mut outlines: Vec<String> = found
        .values()
        .map(|l| {
            format!(
                "{:?} {} {} {} {} {:?} {:?}",
                l.outline,
                l.area_m2,
                l.cut_off,
                l.ce90_m,
                l.observations,
                l.first_seen,
                l.last_seen
            )
        })
        .collect();
    outlines.sort();
    outlines
}

/// One coordinate between each two neighbouring sides within six metres of `centre`.
fn places_around(centre: f64, sides: &[f64]) -> Vec<f64> {
    let within = centre - 6.0..=centre + 6.0;
    let mut cuts: Vec<f64> = sides
        .iter()
        .copied()
        .filter(|side| within.contains(side))
        .collect();
    cuts.extend([*within.start(), *within.end()]);
    cuts.sort_by(f64::total_cmp);
    // The corners of one side differ by what the way over degrees rounds.
    cuts.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
    cuts.windows(2)
        .map(|pair| f64::midpoint(pair[0], pair[1]))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_frames_changes_no_final_outline(frames in survey(), turn in 0_usize..12) {
        let forward = fly(&frames);
        let mut turned = frames.clone();
        turned.rotate_left(turn % frames.len());
        prop_assert_eq!(outlines(&forward), outlines(&fly(&turned)));
        turned.reverse();
        prop_assert_eq!(outlines(&forward), outlines(&fly(&turned)));
    }

    #[test]
    fn no_outline_is_smaller_than_the_least_area(frames in survey(), least in 20.0..400.0) {
        let mut inventory = inventory(Settings { min_area_m2: least, ..SETTINGS });
        for frame in &frames {
            for report in inventory.observe(frame).unwrap() {
                prop_assert!(report.area_m2 >= least, "{} of {least}", report.area_m2);
            }
        }
        for report in inventory.finish() {
            prop_assert!(report.area_m2 >= least, "{} of {least}", report.area_m2);
        }
    }

    #[test]
    fn the_same_flight_gives_the_same_identities(frames in survey()) {
        prop_assert_eq!(fly(&frames), fly(&frames));
    }

    #[test]
    fn what_stands_at_the_end_is_the_majority_of_observations(frames in survey()) {
        let found: Vec<Polygon<f64>> = fly(&frames).values().map(|l| in_metres(&l.outline)).collect();
        let covers = |polygon: &Polygon<f64>, x: f64, y: f64| {
            use geo::Contains;
            polygon.contains(&geo::Point::new(x, y))
        };
        let metres: Vec<(Polygon<f64>, Vec<Polygon<f64>>)> = frames
            .iter()
            .map(|f| (f.footprint.clone(), f.detections.iter().map(|d| d.outline.clone()).collect()))
            .collect();
        // Where all observations agree over several metres around, neither rounding nor a least area can tell otherwise. All is
        // rectangles, so that observations can only change at their sides: one place between each two of them stands for all.
        let rectangles = || metres.iter().flat_map(|(footprint, slides)| std::iter::once(footprint).chain(slides));
        let corners = || rectangles().flat_map(|rectangle| rectangle.exterior().0.iter());
        let sides_x: Vec<f64> = corners().map(|c| c.x).collect();
        let sides_y: Vec<f64> = corners().map(|c| c.y).collect();
        for (x, y) in (-90..90).step_by(9).flat_map(|x| (-70..70).step_by(9).map(move |y| (x, y))) {
            let (xs, ys) = (places_around(f64::from(x) + 0.5, &sides_x), places_around(f64::from(y) + 0.5, &sides_y));
            let votes: Vec<Option<f64>> = xs.iter()
                .flat_map(|x| ys.iter().map(move |y| (*x, *y)))
                .map(|(x, y)| {
                    let seen: Vec<_> = metres.iter().filter(|(footprint, _)| covers(footprint, x, y)).collect();
                    let hits = seen.iter().filter(|(_, slides)| slides.iter().any(|s| covers(s, x, y))).count();
                    (!seen.is_empty()).then(|| hits as f64 / seen.len() as f64)
                })
                .collect();
            let inside = found.iter().any(|outline| covers(outline, f64::from(x) + 0.5, f64::from(y) + 0.5));
            if votes.iter().all(|v| v.is_some_and(|v| v >= 0.5)) {
                prop_assert!(inside, "{}, {} is landslide", x, y);
            }
            if votes.iter().all(|v| v.is_none_or(|v| v < 0.5)) {
                prop_assert!(!inside, "{}, {} is none", x, y);
            }
        }
    }
}
