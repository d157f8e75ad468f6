//! Stores of earlier versions: brought to this one when they are opened for writing, with all that they held and all that people had
//! done to them.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::path::{Path, PathBuf};

use common::{
    AIRCRAFT, SURVEY, another_program, exposed, frame, in_run, landslide, landslides, query,
    square, start, survey, untagged,
};
use geo::Polygon;
use rusqlite::{Connection, params};
use scarp_inventory::{
    Landslide,
    LandslideStatus::{Active, Withdrawn},
    Run,
};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Filter, Standing, Store, StoreError, geometry};

/// A report of the time before there were runs.
fn then(of: &Envelope) -> Envelope {
    Envelope::new(Run::unnamed(SURVEY), of.body().clone())
}

/// What was reported to the store of the version before, and to that of bb2fed8 two more.
fn reports() -> Vec<Envelope> {
    vec![
        survey(),
        frame(1),
        frame(2),
        untagged(3),
        landslide(1, 1, Active),
        landslide(2, 1, Active),
        landslide(2, 2, Active),
        landslide(3, 1, Active),
        landslide(3, 2, Withdrawn),
    ]
}

fn two_more() -> [Envelope; 2] {
    [landslide(4, 1, Active), landslide(5, 1, Active)]
}

fn slide(of: &Envelope) -> &Landslide {
    match of.body() {
        Body::Landslide(slide) => slide,
        other => panic!("{other:?}"),
    }
}

fn standing(store: &Store) -> Vec<Standing> {
    let mut found = Vec::new();
    let push = |slide| {
        found.push(slide);
        Ok::<_, StoreError>(())
    };
    assert_eq!(store.landslides(&Filter::default(), push).unwrap().count, 0);
    found
}

/// A store as commit bb2fed8 wrote it: its schema, and rows by the statements of its `write.rs`.
fn of_bb2fed8(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(include_str!("stores/bb2fed8.sql"))
        .unwrap();
    let survey = SURVEY.to_string();
    let time = "strftime('%Y-%m-%dT%H:%M:%fZ', ?1, 'unixepoch')";
    let datetime = |time_of: Option<std::time::SystemTime>| -> Option<String> {
        let seconds = time_of?
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        Some(
            db.query_row(&format!("SELECT {time}"), [seconds], |row| row.get(0))
                .unwrap(),
        )
    };
    for report in reports().into_iter().chain(two_more()) {
        db.execute(
            "INSERT INTO messages (id, survey, sent) VALUES (?1, ?2, '2026-11-22T10:00:00.000Z')",
            params![then(&report).id().to_string(), survey],
        )
        .unwrap();
        match report.body() {
            Body::Survey(told) => db
                .execute(
                    // The aircraft's clock of then.
                    "INSERT INTO surveys (survey, start, software, model_name, model_version)
                     VALUES (?1, '1970-01-01T00:00:09.000Z', ?2, ?3, ?4)",
                    params![survey, told.software, told.model_name, told.model_version],
                )
                .unwrap(),
            Body::Frame(frame) => {
                let placed = frame.placement.as_ref();
                db.execute(
                    "INSERT INTO footprints (geom, survey, sequence, name, time, gsd_m, untagged) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        placed.ok().and_then(|p| geometry::encode(&p.footprint)),
                        survey,
                        frame.sequence as i64,
                        frame.name,
                        datetime(frame.time),
                        placed.ok().map(|p| p.gsd_m),
                        placed.err()
                    ],
                )
                .unwrap()
            }
            Body::Landslide(slide) => {
                let status = if slide.status == Active {
                    "active"
                } else {
                    "withdrawn"
                };
                let values = params![
                    geometry::encode(&slide.outline),
                    survey,
                    slide.id.to_string(),
                    slide.version,
                    slide.area_m2,
                    slide.confidence,
                    slide.ce90_m,
                    slide.observations,
                    datetime(slide.first_seen),
                    datetime(slide.last_seen)
                ];
                let columns = "geom, survey, id, version, area_m2, confidence, ce90_m, looks, first_seen, last_seen";
                let numbers = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10";
                db.execute(&format!("INSERT INTO landslide_history ({columns}, status) VALUES ({numbers}, '{status}')"), values)
                    .unwrap();
                db.execute(
                    "DELETE FROM landslides WHERE id = ?1",
                    [slide.id.to_string()],
                )
                .unwrap();
                if slide.status == Active {
                    db.execute(
                        &format!("INSERT INTO landslides ({columns}) VALUES ({numbers})"),
                        values,
                    )
                    .unwrap();
                }
                0
            }
        };
    }
}

/// A store as the version before this one wrote it, dumped by `sqlite3`.
fn of_d5b7a81(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(include_str!("stores/d5b7a81.sql"))
        .unwrap();
}

/// What people did to such a store in QGIS: a spatial index, a corrected area, a corrected outline, a deleted landslide.
fn edit_in_qgis(path: &Path) -> Polygon<f64> {
    let drawn = square(7.01, 46.0, 0.002);
    let db = another_program(path);
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (
             table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
             CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
         INSERT INTO gpkg_extensions VALUES
             ('landslides', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
         CREATE VIRTUAL TABLE rtree_landslides_geom USING rtree(id, minx, maxx, miny, maxy);
         CREATE TRIGGER rtree_landslides_geom_insert AFTER INSERT ON landslides WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
         BEGIN INSERT OR REPLACE INTO rtree_landslides_geom VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;",
    )
    .unwrap();
    let id = |number| slide(&landslide(number, 1, Active)).id.to_string();
    db.execute(
        "UPDATE landslides SET geom = ?2 WHERE id = ?1",
        params![id(1), geometry::encode(&drawn)],
    )
    .unwrap();
    db.execute(
        "UPDATE landslides SET area_m2 = 321.0 WHERE id = ?1",
        [id(2)],
    )
    .unwrap();
    db.execute("DELETE FROM landslides WHERE id = ?1", [id(4)])
        .unwrap();
    drawn
}

fn check(write: fn(&Path), of_then: fn(&Envelope) -> Envelope, more: &[Envelope]) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("s.gpkg");
    write(&path);
    let drawn = edit_in_qgis(&path);

    let refused = Store::open_to_read(&path).err().unwrap().to_string();
    assert!(refused.contains("earlier version"), "{refused}");
    assert_eq!(refused.lines().count(), 1);

    let mut store = Store::open(&path).unwrap();
    let found = standing(&store);
    // Of the two more, one was deleted.
    let standing_then = 2 + more.len() / 2;
    assert_eq!(found.len(), standing_then);
    assert_eq!(found[0].outline, drawn.into());
    // 155 m by 222 m.
    assert!(
        (found[0].landslide.area_m2 - 34_429.0).abs() < 20.0,
        "{}",
        found[0].landslide.area_m2
    );
    assert_eq!(found[0].source.as_deref(), Some("aircraft, corrected"));
    assert_eq!(
        (found[1].landslide.version, found[1].landslide.area_m2),
        (2, 321.0)
    );
    assert_eq!(
        found[1].outline,
        slide(&landslide(2, 2, Active)).outline.clone().into()
    );
    let rejected = query(
        &path,
        "SELECT count(*) FROM reviews WHERE verdict = 'rejected'",
    );
    assert_eq!(rejected as usize, more.len() / 2);
    // By its frames, and not by the aircraft's clock.
    assert_eq!(start(&store), exposed(&frame(1)));

    // Sent again, what was stored is known, and the edits stand after what is new.
    let again: Vec<_> = reports().iter().chain(more).map(of_then).collect();
    assert_eq!(
        store.apply(AIRCRAFT, again.clone()).unwrap().repeated,
        again.len()
    );
    let rest = [
        frame(4),
        landslide(1, 2, Active),
        landslide(2, 3, Active),
        landslide(6, 1, Active),
    ];
    assert_eq!(
        store.apply(AIRCRAFT, rest.iter().map(of_then)).unwrap().new,
        4
    );
    if !more.is_empty() {
        store
            .apply(AIRCRAFT, [of_then(&landslide(4, 2, Active))])
            .unwrap();
    }
    let second = [survey(), frame(1), landslide(1, 1, Active)];
    let second: Vec<_> = second.iter().map(|report| in_run(2, report)).collect();
    assert_eq!(store.apply(AIRCRAFT, second).unwrap().new, 3);
    store.close().unwrap();

    let store = Store::open_to_read(&path).unwrap();
    let after = standing(&store);
    assert_eq!(after.len(), standing_then + 2);
    assert_eq!(after[0].outline, found[0].outline);
    assert_eq!(
        (after[1].landslide.version, after[1].landslide.area_m2),
        (3, 321.0)
    );
    assert_eq!(landslides(&store).unwrap().len(), standing_then + 2);
    assert_eq!(query(&path, "SELECT count(*) FROM footprints"), 5);
    assert_eq!(
        query(&path, "SELECT count(*) FROM rtree_footprints_geom"),
        4
    );
    for table in ["landslides", "rtree_landslides_geom"] {
        assert_eq!(
            query(&path, &format!("SELECT count(*) FROM {table}")) as usize,
            standing_then + 2
        );
    }
    assert_eq!(query(&path, "SELECT max(version) FROM scarp_store"), 2);
    assert_eq!(
        query(
            &path,
            "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_then'"
        ),
        0
    );
}

#[test]
fn a_store_of_commit_bb2fed8_is_brought_to_this_version_with_what_people_did_to_it() {
    check(of_bb2fed8, then, &two_more());
}

#[test]
fn a_store_of_the_version_before_is_brought_to_this_one_with_what_people_did_to_it() {
    check(of_d5b7a81, Envelope::clone, &[]);
}

#[test]
fn a_landslide_across_the_antimeridian_is_cut_there_when_its_store_is_brought_to_this_version() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    Connection::open(&path)
        .unwrap()
        .execute_batch(include_str!("stores/d5b7a81_antimeridian.sql"))
        .unwrap();
    let store = Store::open(&path).unwrap();
    let found = standing(&store);
    let across = found.iter().find(|s| s.outline.0.len() == 2).unwrap();
    assert_eq!(across.landslide.area_m2, 1000.0);
    assert_eq!(
        query(
            &path,
            "SELECT abs(max_x - 180) < 1e-7 AND abs(min_x + 180) < 1e-7 FROM gpkg_contents WHERE table_name = 'landslides'"
        ),
        1
    );
}

#[test]
fn a_survey_of_an_earlier_version_belongs_to_the_aircraft_that_next_reports_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    of_bb2fed8(&path);
    let mut store = Store::open(&path).unwrap();
    // What is known already shows nothing of whose it is.
    assert_eq!(store.apply("alpha", [then(&frame(1))]).unwrap().repeated, 1);
    assert_eq!(store.apply("bravo", [then(&frame(8))]).unwrap().new, 1);
    let refused = store.apply("alpha", [then(&frame(9))]).unwrap().refused;
    assert!(refused[0].1.contains("belongs to aircraft bravo"));
}

#[test]
fn a_store_of_a_later_version_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    Store::open(&path).unwrap().close().unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("UPDATE scarp_store SET version = 3")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    for refused in [Store::open(&path).err(), Store::open_to_read(&path).err()] {
        let line = refused.unwrap().to_string();
        assert!(line.contains("later version"), "{line}");
    }
    assert!(std::fs::read(&path).unwrap() == before);
}
