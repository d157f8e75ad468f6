//! What was searched, and what a store tells of itself.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, process::Command};

use common::{AIRCRAFT, frame, landslide, query, survey, untagged};
use scarp_inventory::LandslideStatus::Active;
use scarp_station::store::Store;

#[test]
fn what_was_searched_is_the_union_of_the_footprints_and_grows_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    // Squares of 0.001 degrees, each a tenth further east: together a strip.
    for frames in [0..3, 3..7] {
        store.apply(AIRCRAFT, frames.map(frame)).unwrap();
        store.apply(AIRCRAFT, [untagged(100)]).unwrap();
        store.rest().unwrap();
    }
    let db = rusqlite::Connection::open(&path).unwrap();
    let (km2, frames): (f64, i64) = db
        .query_row("SELECT area_km2, frames FROM coverage", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    // 0.0016 by 0.001 degrees at 46 degrees north, on the ellipsoid.
    assert!((km2 - 0.0138).abs() < 1e-4, "{km2}");
    assert_eq!(frames, 7);
    assert_eq!(
        query(
            &path,
            "SELECT max_x > 7.0015 FROM gpkg_contents WHERE table_name = 'coverage'"
        ),
        1
    );
}

#[test]
fn status_tells_what_there_is_of_each_survey_and_whether_the_file_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store
        .apply(
            AIRCRAFT,
            [
                survey(),
                frame(1),
                untagged(2),
                landslide(1, 1, Active),
                landslide(2, 1, Active),
            ],
        )
        .unwrap();
    let status = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .args(["status", "--store"])
            .arg(&path)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(status(&[]).contains("not whole: "));
    store.rest().unwrap();
    assert!(status(&[]).contains("whole: a copy of the one file has all of it"));
    let told: serde_json::Value = serde_json::from_str(&status(&["--json"])).unwrap();
    assert_eq!(told["store"]["whole"], true);
    let of = &told["surveys"][0];
    assert_eq!(
        (of["frames"].as_u64(), of["frames_not_placed"].as_u64()),
        (Some(2), Some(1))
    );
    assert_eq!(of["landslides"]["high"], 2);
    assert_eq!(of["aircraft"], AIRCRAFT);
    assert!(of["searched_km2"].as_f64().unwrap() > 0.008);
    assert!(of["last_heard"].as_str().unwrap().starts_with("20"));
}

#[test]
fn what_of_a_planned_area_was_not_searched_is_told_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply(AIRCRAFT, (0..10).map(frame)).unwrap();
    store.close().unwrap();
    // Searched: 7.0 to 7.0019 east, 46.0 to 46.001 north. Planned: as high, and from 7.001 to 7.003.
    let plan = dir.path().join("survey.plan");
    let corners = "[[46,7.001],[46,7.003],[46.001,7.003],[46.001,7.001]]";
    fs::write(
        &plan,
        format!("{{\"mission\":{{\"items\":[{{\"polygon\":{corners}}}]}}}}"),
    )
    .unwrap();
    let out = dir.path().join("gaps.geojson");
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["coverage", "--json", "--store"])
        .arg(&path)
        .arg("--area")
        .arg(&plan)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let share =
        told["planned_searched_km2"].as_f64().unwrap() / told["planned_km2"].as_f64().unwrap();
    assert!((share - 0.45).abs() < 0.005, "{told}");
    assert_eq!(told["gaps"], 1);
    let gaps: serde_json::Value = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    let area = gaps["features"][0]["properties"]["area_m2"]
        .as_f64()
        .unwrap();
    assert!((area - 9470.0).abs() < 30.0, "{area}");
}
