//! The inventory as the pipeline uses it: frames in, landslides that last out.

mod properties;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use geo::{Area, BooleanOps, LineString, MapCoords, Polygon, Rect, Validation, Winding};
use scarp_geo::LocalPlane;
use scarp_inventory::{
    Detection, Inventory, Landslide, LandslideStatus, Observation, ObserveError, Settings,
};
use uuid::Uuid;

use super::support::at;

const SURVEY: Uuid = Uuid::from_u128(7);
const SETTINGS: Settings = Settings {
    cell_m: 1.0,
    min_area_m2: 50.0,
    max_blocks: 1024,
};

fn plane() -> LocalPlane {
    LocalPlane::at(at(31.0, 103.5))
}

fn inventory(settings: Settings) -> Inventory {
    Inventory::new(SURVEY, plane(), settings)
}

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Polygon<f64> {
    Rect::new((x0, y0), (x1, y1)).to_polygon()
}

fn in_metres(lon_lat: &Polygon<f64>) -> Polygon<f64> {
    lon_lat.map_coords(|c| plane().to_metres(c))
}

fn frame(second: u64, footprint: Polygon<f64>, slides: &[Polygon<f64>]) -> Observation {
    let detection = |outline: &Polygon<f64>| Detection {
        outline: outline.clone(),
        probability: 0.8,
        ce90_m: 3.0,
    };
    Observation {
        footprint,
        detections: slides.iter().map(detection).collect(),
        time: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second)),
    }
}

/// What a ground station would hold after `reports`, which must come in the order of their versions.
fn standing(reports: impl IntoIterator<Item = Landslide>) -> BTreeMap<Uuid, Landslide> {
    let mut held: BTreeMap<Uuid, Landslide> = BTreeMap::new();
    for report in reports {
        assert_eq!(
            report.version,
            held.get(&report.id).map_or(1, |l| l.version + 1)
        );
        assert!(report.outline.is_valid() && report.outline.exterior().is_ccw());
        held.insert(report.id, report);
    }
    held.retain(|_, landslide| landslide.status == LandslideStatus::Active);
    held
}

fn fly(frames: &[Observation]) -> BTreeMap<Uuid, Landslide> {
    let mut inventory = inventory(SETTINGS);
    let mut reports = Vec::new();
    for frame in frames {
        reports.extend(inventory.observe(frame).unwrap());
    }
    reports.extend(inventory.finish());
    standing(reports)
}

#[test]
fn one_observation_reports_a_landslide_with_its_size_place_and_accuracy() {
    let found = fly(&[frame(
        5,
        rect(-100.0, -80.0, 100.0, 80.0),
        &[rect(-20.0, 10.0, 22.0, 40.0)],
    )]);
    let [landslide] = found.values().collect::<Vec<_>>()[..] else {
        panic!("{found:?}");
    };
    assert!(
        (landslide.area_m2 - 42.0 * 30.0).abs() < 5.0,
        "{}",
        landslide.area_m2
    );
    let expected = Rect::new((-20.0, 10.0), (22.0, 40.0)).to_polygon();
    let outline = in_metres(&landslide.outline);
    assert!(outline.xor(&expected).unsigned_area() < 5.0);
    assert!((outline.unsigned_area() - landslide.area_m2).abs() < 0.01);
    assert!((landslide.confidence - 0.8).abs() < 0.01 && (landslide.ce90_m - 3.0).abs() < 0.001);
    assert_eq!(
        (landslide.observations, landslide.first_seen),
        (1, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(5)))
    );
}

#[test]
fn a_landslide_at_the_edge_of_what_was_searched_is_cut_off_until_a_frame_shows_what_lies_beyond() {
    let mut inventory = inventory(SETTINGS);
    let within = || {
        frame(
            1,
            rect(-50.0, -50.0, 50.0, 50.0),
            &[rect(-10.0, -10.0, 10.0, 10.0)],
        )
    };
    assert!(!inventory.observe(&within()).unwrap()[0].cut_off);
    // Over the frame's edge; the outline ends with the frame.
    let over = frame(
        2,
        rect(100.0, -50.0, 150.0, 50.0),
        &[rect(130.0, -10.0, 180.0, 10.0)],
    );
    let reports = inventory.observe(&over).unwrap();
    let [cut] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert!(cut.cut_off && (cut.area_m2 - 400.0).abs() < 5.0, "{cut:?}");
    // The ground beyond it is none: as large as before, and yet reported anew at once.
    let beyond = frame(
        3,
        rect(145.0, -60.0, 200.0, 60.0),
        &[rect(145.0, -10.0, 150.0, 10.0)],
    );
    let reports = inventory.observe(&beyond).unwrap();
    let [whole] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!((whole.id, whole.version, whole.cut_off), (cut.id, 2, false));
    assert!((whole.area_m2 - 400.0).abs() < 5.0, "{whole:?}");
}

#[test]
fn only_frames_that_saw_landslide_count_as_observations_of_it() {
    let ground = || rect(-50.0, -50.0, 50.0, 50.0);
    let slide = || rect(-10.0, -10.0, 10.0, 10.0);
    let found = fly(&[
        frame(1, ground(), &[slide()]),
        frame(2, ground(), &[]),
        frame(3, ground(), &[slide()]),
    ]);
    let observations: Vec<_> = found.values().map(|l| l.observations).collect();
    assert_eq!(observations, [2]);
}

#[test]
fn frames_of_unknown_time_do_not_say_when_a_landslide_was_seen() {
    let ground = || rect(-50.0, -50.0, 50.0, 50.0);
    let at = |second: Option<u64>| Observation {
        time: second.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s)),
        ..frame(0, ground(), &[rect(-10.0, -10.0, 10.0, 10.0)])
    };
    let seen = |frames: &[Observation]| {
        let found = fly(frames);
        let seconds = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap().as_secs()
        };
        let times = found
            .values()
            .map(|l| (l.first_seen.map(seconds), l.last_seen.map(seconds)));
        times.collect::<Vec<_>>()
    };
    assert_eq!(seen(&[at(None)]), [(None, None)]);
    assert_eq!(
        seen(&[at(None), at(Some(7)), at(Some(5)), at(None)]),
        [(Some(5), Some(7))]
    );
}

#[test]
fn a_false_alarm_in_one_of_three_observations_is_withdrawn() {
    let ground = || rect(-50.0, -50.0, 50.0, 50.0);
    let mut inventory = inventory(SETTINGS);
    let first = inventory
        .observe(&frame(1, ground(), &[rect(0.0, 0.0, 20.0, 20.0)]))
        .unwrap();
    assert_eq!(first.len(), 1);
    assert!(
        inventory
            .observe(&frame(2, ground(), &[]))
            .unwrap()
            .is_empty(),
        "one of two still stands"
    );
    let last = inventory.observe(&frame(3, ground(), &[])).unwrap();
    assert_eq!(
        (last[0].id, last[0].version, last[0].status),
        (first[0].id, 2, LandslideStatus::Withdrawn)
    );
    assert!(inventory.is_empty() && inventory.finish().is_empty());
}

#[test]
fn a_slide_cut_by_frame_edges_becomes_one_polygon_and_keeps_its_first_identity() {
    let slide = |from: f64, to: f64| rect(from, 0.0, to, 30.0);
    let mut inventory = inventory(SETTINGS);
    let mut reports = Vec::new();
    for (n, from) in [0.0_f64, 60.0, 120.0].into_iter().enumerate() {
        let (left, right) = (from.max(20.0), (from + 80.0).min(180.0));
        let frame = frame(
            n as u64,
            rect(from, -50.0, from + 80.0, 80.0),
            &[slide(left, right)],
        );
        reports.extend(inventory.observe(&frame).unwrap());
    }
    reports.extend(inventory.finish());
    let id = reports[0].id;
    assert!(reports.iter().all(|report| report.id == id));
    let found = standing(reports);
    assert!(
        (found[&id].area_m2 - 160.0 * 30.0).abs() < 10.0,
        "{}",
        found[&id].area_m2
    );
}

#[test]
fn two_landslides_that_turn_out_to_be_one_leave_one_standing() {
    let mut inventory = inventory(SETTINGS);
    let mut reports = inventory
        .observe(&frame(
            1,
            rect(0.0, 0.0, 50.0, 50.0),
            &[rect(10.0, 10.0, 50.0, 30.0)],
        ))
        .unwrap();
    let kept = reports[0].id;
    reports.extend(
        inventory
            .observe(&frame(
                2,
                rect(70.0, 0.0, 100.0, 50.0),
                &[rect(70.0, 10.0, 85.0, 30.0)],
            ))
            .unwrap(),
    );
    assert_eq!(standing(reports.clone()).len(), 2);
    reports.extend(
        inventory
            .observe(&frame(
                3,
                rect(45.0, 0.0, 75.0, 50.0),
                &[rect(45.0, 10.0, 75.0, 30.0)],
            ))
            .unwrap(),
    );
    let found = standing(reports);
    assert_eq!(found.keys().collect::<Vec<_>>(), [&kept]);
    assert!((found[&kept].area_m2 - 75.0 * 20.0).abs() < 5.0);
}

#[test]
fn a_landslide_with_an_island_of_forest_has_a_hole() {
    let ring = Rect::new((-30.0, -30.0), (30.0, 30.0)).to_polygon();
    let island = Rect::new((-10.0, -10.0), (10.0, 10.0)).to_polygon();
    let slide = Polygon::new(ring.exterior().clone(), vec![island.exterior().clone()]);
    let found = fly(&[frame(
        1,
        rect(-50.0, -50.0, 50.0, 50.0),
        std::slice::from_ref(&slide),
    )]);
    let landslide = found.values().next().unwrap();
    assert_eq!(landslide.outline.interiors().len(), 1);
    assert!(
        (landslide.area_m2 - 3200.0).abs() < 5.0,
        "{}",
        landslide.area_m2
    );
}

#[test]
fn what_is_too_small_is_not_reported_and_what_lies_beyond_the_footprint_does_not_count() {
    let footprint = rect(0.0, 0.0, 50.0, 50.0);
    let speck = rect(10.0, 10.0, 16.0, 16.0);
    let beyond = rect(48.0, 0.0, 90.0, 50.0);
    let found = fly(&[frame(1, footprint, &[speck, beyond])]);
    assert_eq!(found.len(), 1);
    assert!((found.values().next().unwrap().area_m2 - 100.0).abs() < 3.0);
}

#[test]
fn small_changes_wait_for_the_final_report_and_large_ones_do_not() {
    let ground = || rect(-80.0, -80.0, 80.0, 80.0);
    let mut inventory = inventory(SETTINGS);
    let slide = |size: f64| rect(0.0, 0.0, size, size);
    assert_eq!(
        inventory
            .observe(&frame(1, ground(), &[slide(50.0)]))
            .unwrap()
            .len(),
        1
    );
    assert!(
        inventory
            .observe(&frame(2, ground(), &[slide(51.0)]))
            .unwrap()
            .is_empty()
    );
    let grown = inventory
        .observe(&frame(
            3,
            ground(),
            &[slide(51.0), rect(51.0, 0.0, 80.0, 40.0)],
        ))
        .unwrap();
    assert!(grown.is_empty(), "one of three is no majority");
    let grown = inventory
        .observe(&frame(
            4,
            ground(),
            &[slide(51.0), rect(51.0, 0.0, 80.0, 40.0)],
        ))
        .unwrap();
    assert_eq!((grown.len(), grown[0].version), (1, 2));
    assert_eq!(
        inventory
            .observe(&frame(5, ground(), &[slide(51.0)]))
            .unwrap()
            .len(),
        1
    );
    assert!(
        inventory
            .observe(&frame(6, ground(), &[slide(51.0)]))
            .unwrap()
            .is_empty()
    );
    assert_eq!(inventory.finish().len(), 1);
    assert!(
        inventory.finish().is_empty(),
        "the final report is made once"
    );
}

#[test]
fn ground_beyond_the_bound_is_forgotten_and_its_landslides_stay_as_they_were() {
    let settings = Settings {
        max_blocks: 40,
        ..SETTINGS
    };
    let mut inventory = inventory(settings);
    let mut reports = Vec::new();
    for n in 0..60 {
        let x = f64::from(n) * 100.0;
        let frame = frame(
            n as u64,
            rect(x, 0.0, x + 120.0, 100.0),
            &[rect(x + 40.0, 30.0, x + 60.0, 50.0)],
        );
        reports.extend(inventory.observe(&frame).unwrap());
    }
    reports.extend(inventory.finish());
    let found = standing(reports);
    assert_eq!((found.len(), inventory.len()), (60, 60));
    assert!(
        found
            .values()
            .all(|landslide| (landslide.area_m2 - 400.0).abs() < 3.0)
    );
}

#[test]
fn places_that_cannot_be_are_refused_and_change_nothing() {
    let mut inventory = inventory(SETTINGS);
    let good = rect(0.0, 0.0, 50.0, 50.0);
    let bad = Polygon::new(
        vec![(103.5, 31.0), (f64::NAN, 31.0), (103.5, 31.1)].into(),
        vec![],
    );
    assert_eq!(
        inventory.observe(&frame(1, bad.clone(), &[])),
        Err(ObserveError::Place)
    );
    assert_eq!(
        inventory.observe(&frame(1, good, &[bad])),
        Err(ObserveError::Place)
    );
    let empty = Polygon::new(LineString(vec![]), vec![]);
    assert_eq!(
        inventory.observe(&frame(1, empty, &[])),
        Err(ObserveError::Place)
    );
    let vast = rect(0.0, 0.0, 30_000.0, 30_000.0);
    assert!(matches!(
        inventory.observe(&frame(1, vast, &[])),
        Err(ObserveError::TooLarge { .. })
    ));
    assert!(inventory.is_empty() && inventory.finish().is_empty());
}
