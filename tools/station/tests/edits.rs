//! What people do to landslides in another program outlasts what the aircraft report next. GDAL does it here, as QGIS and QField do.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{
    AIRCRAFT, SURVEY, another_program, frame, landslide, landslides, query, square, survey,
};
use geo::MultiPolygon;
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use scarp_station::store::{Filter, LeftOut, Standing, Store, StoreError, geometry};
use uuid::Uuid;

/// Has GDAL run a statement, which must go well.
fn edit(store: &Path, sql: &str) {
    let output = Command::new("ogrinfo")
        .arg(store)
        .args(["-sql", sql])
        .output()
        .expect("install gdal-bin: this test needs its ogrinfo");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && errors.is_empty(),
        "{sql}: {errors}"
    );
}

fn standing(store: &Store) -> Vec<Standing> {
    let mut found = Vec::new();
    let push = |slide| {
        found.push(slide);
        Ok::<_, StoreError>(())
    };
    assert_eq!(
        store.landslides(&Filter::default(), push).unwrap(),
        LeftOut::default()
    );
    found
}

fn text(store: &Path, sql: &str) -> Option<String> {
    let db = rusqlite::Connection::open(store).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// SQL for a square of some degrees beside landslide 2, as a blob.
fn drawn(side: f64) -> String {
    blob(&geometry::encode_parts(&square(7.02, 46.0, side).into()).unwrap())
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}

/// A store with two landslides and a frame, and its file.
fn filled() -> (tempfile::TempDir, PathBuf, Store) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    let reports = [
        survey(),
        frame(1),
        landslide(1, 1, Active),
        landslide(2, 1, Active),
    ];
    store.apply(AIRCRAFT, reports).unwrap();
    (dir, path, store)
}

#[test]
fn landslides_are_named_one_after_the_other_in_each_survey_and_keep_their_names() {
    let (_dir, path, mut store) = filled();
    store
        .apply(
            AIRCRAFT,
            [landslide(1, 2, Withdrawn), landslide(3, 1, Active)],
        )
        .unwrap();
    store.apply(AIRCRAFT, [landslide(1, 3, Active)]).unwrap();
    let mut names: Vec<_> = standing(&store)
        .into_iter()
        .map(|s| s.name.unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["L-01", "L-02", "L-03"]);
    assert_eq!(
        text(&path, "SELECT name FROM landslides WHERE version = 3").as_deref(),
        Some("L-01")
    );
}

#[test]
fn a_corrected_outline_stands_after_the_next_version_and_is_measured() {
    let (_dir, path, mut store) = filled();
    edit(
        &path,
        &format!(
            "UPDATE landslides SET geom = {} WHERE name = 'L-02'",
            drawn(0.001)
        ),
    );
    store.apply(AIRCRAFT, [landslide(2, 2, Active)]).unwrap();
    store.rest().unwrap();
    let corrected = standing(&store).remove(1);
    assert_eq!(corrected.outline, square(7.02, 46.0, 0.001).into());
    assert_eq!(corrected.source.as_deref(), Some("aircraft, corrected"));
    assert_eq!(corrected.landslide.version, 2);
    // 77.4 m by 111.2 m.
    assert!(
        (corrected.landslide.area_m2 - 8610.0).abs() < 5.0,
        "{}",
        corrected.landslide.area_m2
    );
    assert_eq!(
        query(
            &path,
            "SELECT CAST(area_m2 AS INTEGER) FROM landslides WHERE name = 'L-02'"
        ),
        8610
    );
    let west = "SELECT longitude * 1e6 FROM landslides WHERE name = 'L-02'";
    assert_eq!(
        query(&path, &format!("SELECT CAST(({west}) AS INTEGER)")),
        7_020_500
    );
    let verdicts = "SELECT group_concat(verdict || ' ' || name) FROM reviews";
    assert_eq!(text(&path, verdicts).as_deref(), Some("corrected L-02"));
}

#[test]
fn a_corrected_area_and_a_note_stand_after_the_next_version_whichever_is_written_first() {
    for edits in [
        ["area_m2 = 123.0", "note = 'road blocked'"],
        ["note = 'road blocked'", "area_m2 = 123.0"],
    ] {
        let (_dir, path, mut store) = filled();
        for change in edits {
            edit(
                &path,
                &format!("UPDATE landslides SET {change} WHERE name = 'L-01'"),
            );
        }
        edit(
            &path,
            &format!(
                "UPDATE landslides SET geom = {} WHERE name = 'L-01'",
                drawn(0.002)
            ),
        );
        store
            .apply(AIRCRAFT, [landslide(1, 2, Active), landslide(2, 2, Active)])
            .unwrap();
        store.rest().unwrap();
        let [edited, other] = standing(&store).try_into().unwrap();
        assert_eq!(edited.landslide.area_m2, 123.0);
        assert_eq!(edited.note.as_deref(), Some("road blocked"));
        assert_eq!(edited.landslide.version, 2);
        assert_eq!((other.landslide.area_m2, other.note), (2000.0, None));
    }
}

#[test]
fn a_deleted_landslide_stays_deleted_and_what_it_was_is_kept() {
    let (_dir, path, mut store) = filled();
    edit(&path, "DELETE FROM landslides WHERE name = 'L-01'");
    let applied = store.apply(AIRCRAFT, [landslide(1, 2, Active)]).unwrap();
    assert_eq!((applied.new, applied.changes), (1, vec![]));
    store.close().unwrap();
    let store = Store::open(&path).unwrap();
    assert_eq!(landslides(&store).unwrap().len(), 1);
    assert_eq!(
        query(&path, "SELECT count(*) FROM history WHERE name = 'L-01'"),
        2
    );
    let kept = "SELECT count(*) FROM reviews WHERE verdict = 'rejected' AND name = 'L-01' AND outline IS NOT NULL AND who <> ''";
    assert_eq!(query(&path, kept), 1);
}

#[test]
fn a_missed_landslide_can_be_drawn_and_belongs_to_the_survey_whose_frames_show_its_place() {
    let (_dir, path, mut store) = filled();
    // Where frame 1 lies.
    let outline = square(7.0002, 46.0002, 0.0003);
    let bytes = geometry::encode_parts(&outline.clone().into()).unwrap();
    edit(
        &path,
        &format!(
            "INSERT INTO landslides (geom, note) VALUES ({}, 'seen from the road')",
            blob(&bytes)
        ),
    );
    store.apply(AIRCRAFT, [landslide(4, 1, Active)]).unwrap();
    store.rest().unwrap();
    let found = standing(&store);
    let added = found
        .iter()
        .find(|s| s.source.as_deref() == Some("added by hand"))
        .unwrap();
    assert_eq!(added.outline, outline.into());
    assert_eq!((added.survey, added.run), (SURVEY, None));
    assert_eq!(added.name.as_deref(), Some("L-03"));
    assert_eq!(added.note.as_deref(), Some("seen from the road"));
    assert!(
        added.landslide.confidence.is_nan() && added.landslide.area_m2 > 700.0,
        "{added:?}"
    );
    assert_ne!(added.landslide.id, Uuid::nil());
    assert_eq!(
        found
            .iter()
            .filter(|s| s.name.as_deref() == Some("L-04"))
            .count(),
        1
    );
    assert_eq!(
        query(
            &path,
            "SELECT count(*) FROM landslide_points WHERE geom IS NOT NULL"
        ),
        4
    );
}

#[test]
fn a_confirmed_landslide_stands_though_the_aircraft_withdraws_it() {
    let (_dir, path, mut store) = filled();
    edit(
        &path,
        "UPDATE landslides SET review = 'confirmed' WHERE name = 'L-01'",
    );
    store
        .apply(
            AIRCRAFT,
            [landslide(1, 2, Withdrawn), landslide(2, 2, Withdrawn)],
        )
        .unwrap();
    let left = standing(&store);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].review.as_deref(), Some("confirmed"));
}

#[test]
fn an_edit_that_changes_nothing_is_no_review() {
    let (_dir, path, store) = filled();
    edit(
        &path,
        "UPDATE landslides SET geom = geom, area_m2 = area_m2, note = note, review = review",
    );
    assert_eq!(query(&path, "SELECT count(*) FROM reviews"), 0);
    drop(store);
}

#[test]
fn the_index_finds_what_aircraft_report_and_people_draw_and_only_that() {
    let (_dir, path, mut store) = filled();
    edit(
        &path,
        &format!(
            "UPDATE landslides SET geom = {} WHERE name = 'L-01'",
            drawn(0.001)
        ),
    );
    edit(&path, "DELETE FROM landslides WHERE name = 'L-02'");
    store
        .apply(
            AIRCRAFT,
            [
                landslide(3, 1, Active),
                landslide(4, 1, Active),
                landslide(4, 2, Withdrawn),
            ],
        )
        .unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    let window = |west: f64| -> Vec<String> {
        let sql = "SELECT name FROM landslides WHERE fid IN (SELECT id FROM rtree_landslides_geom
                   WHERE maxx >= ?1 AND minx <= ?1 + 0.003 AND maxy >= 46 AND miny <= 46.003)";
        let mut select = db.prepare(sql).unwrap();
        let names = select.query_map([west], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(window(7.01), Vec::<String>::new());
    assert_eq!(window(7.02), ["L-01"]);
    assert_eq!(window(7.03), ["L-03"]);
    assert_eq!(window(7.04), Vec::<String>::new());
    let stray =
        "SELECT count(*) FROM rtree_landslides_geom WHERE id NOT IN (SELECT fid FROM landslides)";
    assert_eq!(query(&path, stray), 0);
}

#[test]
fn an_index_that_another_program_took_away_is_made_again() {
    let (_dir, path, mut store) = filled();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("DROP TABLE rtree_landslides_geom; DROP TRIGGER rtree_footprints_geom_insert")
        .unwrap();
    store
        .apply(AIRCRAFT, [landslide(3, 1, Active), frame(2)])
        .unwrap();
    assert_eq!(
        query(&path, "SELECT count(*) FROM rtree_landslides_geom"),
        3
    );
    assert_eq!(
        query(&path, "SELECT count(*) FROM rtree_footprints_geom"),
        2
    );
    assert_eq!(
        query(
            &path,
            "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'rtree%' AND type = 'trigger'"
        ),
        12
    );
}

#[test]
fn a_trigger_of_another_program_stops_no_report() {
    let (_dir, path, mut store) = filled();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER theirs AFTER INSERT ON footprints BEGIN SELECT ST_Unheard(NEW.geom); END;
             CREATE TRIGGER theirs_too BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no'); END;",
        )
        .unwrap();
    assert_eq!(store.apply(AIRCRAFT, [frame(2)]).unwrap().new, 1);
}

#[test]
fn outlines_in_parts_or_with_heights_are_read_and_one_that_is_none_is_left_out_by_name() {
    let (dir, path, mut store) = filled();
    store.apply(AIRCRAFT, [landslide(3, 1, Active)]).unwrap();
    let parts = MultiPolygon::new(vec![square(7.02, 46.0, 0.001), square(7.03, 46.0, 0.001)]);
    let with_heights = {
        let mut bytes = vec![b'G', b'P', 0, 1];
        bytes.extend(4326_i32.to_le_bytes());
        bytes.push(1);
        bytes.extend([1006_u32, 1].map(u32::to_le_bytes).concat());
        bytes.push(1);
        bytes.extend([1003_u32, 1, 4].map(u32::to_le_bytes).concat());
        for (x, y) in [(7.01, 46.0), (7.02, 46.0), (7.02, 46.01), (7.01, 46.0)] {
            bytes.extend([x, y, 812.5].map(f64::to_le_bytes).concat());
        }
        bytes
    };
    let db = another_program(&path);
    let set = "UPDATE landslides SET geom = ?2 WHERE name = ?1";
    db.execute(set, ("L-01", &with_heights)).unwrap();
    db.execute(set, ("L-02", geometry::encode_parts(&parts).unwrap()))
        .unwrap();
    db.execute(set, ("L-03", b"GP")).unwrap();
    let out = dir.path().join("out.geojson");
    let export = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["export", "--json", "--store"])
        .arg(&path)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let [said, printed] =
        [export.stderr, export.stdout].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(export.status.code(), Some(1));
    assert_eq!(printed, "{\"landslides\":2,\"left_out\":1}\n");
    assert!(
        said.contains("L-03 (fid 3): its geometry has no GeoPackage header"),
        "{said}"
    );
    let written: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    let kinds: Vec<_> = written["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["geometry"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Polygon", "MultiPolygon"]);
}

#[test]
fn an_export_takes_what_is_asked_for() {
    let (dir, path, mut store) = filled();
    store
        .apply(AIRCRAFT, [landslide(3, 3, Active), frame(100)])
        .unwrap();
    edit(
        &path,
        &format!(
            "INSERT INTO landslides (geom, area_m2) VALUES ({}, 50.0)",
            drawn(0.001)
        ),
    );
    let drawn_at = "UPDATE reviews SET time = '2026-11-15T12:00:00.000Z'";
    another_program(&path).execute(drawn_at, []).unwrap();
    let out = dir.path().join("out.geojson");
    let export = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .args(["export", "--store"])
            .arg(&path)
            .arg("--out")
            .arg(&out)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let written: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
        let features = written["features"].as_array().unwrap().iter();
        let names = features.map(|f| f["properties"]["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(export(&[]), ["L-01", "L-02", "L-03", "L-04"]);
    assert_eq!(export(&["--min-area", "2500"]), ["L-03"]);
    assert_eq!(export(&["--min-confidence", "0.9"]), ["L-04"]);
    assert_eq!(
        export(&["--bbox", "7.0205,46,7.0206,46.0001"]),
        ["L-02", "L-04"]
    );
    assert_eq!(export(&["--bbox", "179,-10,-179,50"]), Vec::<String>::new());
    assert_eq!(export(&["--since", "2026-11-01"]), ["L-04"], "drawn later");
    assert_eq!(export(&["--since", "2026-09-21T14:13:30Z"]).len(), 4);
    let frames = ["--layer", "footprints", "--bbox", "7.009,45,7.02,47"];
    assert_eq!(export(&frames), ["SCARP_0100.JPG"]);
}
