//! The store's file: damaged, foreign, spoilt by another program, of an earlier version.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, process::Command};

use common::{
    AIRCRAFT, SURVEY, exposed, frame, in_run, landslide, landslides, query, start, survey,
};
use scarp_inventory::{LandslideStatus::Active, Run};
use scarp_link::Envelope;
use scarp_station::store::Store;

#[test]
fn a_landslide_that_another_program_spoilt_is_an_error_that_names_it() {
    let spoilt = [
        ("geom = x'4750'", "no GeoPackage header"),
        ("geom = substr(geom, 1, 60)", "cannot be read"),
        ("geom = NULL", "NOT NULL"),
        ("id = 'five'", "column id"),
        ("area_m2 = 'large'", "column area_m2"),
        ("first_seen = 'yesterday'", "column first_seen"),
        ("first_seen = -1e9", "column first_seen"),
        ("last_seen = 1e17", "column last_seen"),
        ("last_seen = 1e300", "column last_seen"),
    ];
    for (change, expected) in spoilt {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        store.apply(AIRCRAFT, [landslide(5, 2, Active)]).unwrap();
        let edit = rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(&format!("UPDATE landslides SET {change}"));
        let line = match edit {
            Ok(()) => landslides(&store).unwrap_err().to_string(),
            Err(refused) => refused.to_string(),
        };
        assert!(line.contains(expected), "{change}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn a_flight_whose_start_another_program_spoilt_is_an_error_and_no_panic() {
    for start in ["1e17", "1e300", "-1e300", "'never'"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        store.apply(AIRCRAFT, [survey(), frame(1)]).unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(&format!("UPDATE surveys SET start = {start}"))
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .arg("surveys")
            .arg("--store")
            .arg(&path)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(line.contains("column start"), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn files_that_are_no_store_of_ours_are_refused_in_one_line_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let refuse = |what: &str| {
        let before = fs::read(&path).unwrap();
        for error in [Store::open(&path).err(), Store::open_to_read(&path).err()] {
            let line = error.expect(what).to_string();
            assert!(
                line.contains("s.gpkg") && line.lines().count() == 1,
                "{what}: {line}"
            );
        }
        assert!(fs::read(&path).unwrap() == before, "{what} was changed");
    };
    fs::write(&path, vec![b'x'; 5000]).unwrap();
    refuse("a text");
    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    refuse("a database that is no GeoPackage");
    let mark = "PRAGMA application_id = 0x47504B47";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(mark)
        .unwrap();
    refuse("a GeoPackage of another program");
    assert!(Store::open_to_read(&dir.path().join("none.gpkg")).is_err());
    assert!(!dir.path().join("none.gpkg").exists());
}

#[test]
fn a_store_is_a_file_whatever_its_name() {
    for name in [":memory:", "file:s.gpkg?mode=memory"] {
        let path = std::path::Path::new(name);
        let mut store = Store::open(path).unwrap();
        store.apply(AIRCRAFT, [frame(1)]).unwrap();
        store.close().unwrap();
        let stored = fs::metadata(path).map(|found| found.len());
        fs::remove_file(path).ok();
        assert!(stored.unwrap() > 4096, "{name}");
    }
    assert!(Store::open(std::path::Path::new("")).is_err());
}

#[test]
fn a_damaged_store_is_refused_or_read_but_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store
        .apply(AIRCRAFT, (0..200).map(|id| landslide(id, 1, Active)))
        .unwrap();
    store.close().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    let mut attempt = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        if let Err(e) = Store::open_to_read(&path).and_then(|store| landslides(&store)) {
            assert_eq!(e.to_string().lines().count(), 1, "{e}");
            refused += 1;
        }
    };
    for keep in [50, 100, 4096, whole.len() / 2, whole.len() - 4096] {
        attempt(&whole[..keep]);
    }
    assert_eq!(std::mem::take(&mut refused), 5, "every cut is noticed");
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096 + 1..page * 4096 + 60].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        if let Err(e) = Store::open_to_read(&path).and_then(|store| landslides(&store)) {
            assert_eq!(e.to_string().lines().count(), 1, "{e}");
            refused += 1;
        }
    }
    assert!(refused > 0, "some damage is noticed");
}

#[test]
fn what_the_file_does_not_take_of_one_message_refuses_that_one_and_leaves_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER no_second BEFORE INSERT ON footprints WHEN NEW.sequence = 2
             BEGIN SELECT RAISE(ABORT, 'not that one'); END;",
        )
        .unwrap();
    let applied = store
        .apply(AIRCRAFT, [frame(1), frame(2), frame(3)])
        .unwrap();
    assert_eq!(applied.new, 2);
    assert_eq!(applied.refused.len(), 1);
    assert_eq!(applied.refused[0].0, frame(2).id());
    assert!(applied.refused[0].1.contains("not that one"));
    assert_eq!(query(&path, "SELECT count(*) FROM messages"), 2);
    // Resent once the file takes it, it is as new as it was.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TRIGGER no_second")
        .unwrap();
    assert_eq!(store.apply(AIRCRAFT, [frame(2)]).unwrap().new, 1);
}

#[test]
fn a_survey_of_an_earlier_version_belongs_to_the_aircraft_that_next_reports_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply(AIRCRAFT, [survey(), frame(1)]).unwrap();
    store.close().unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("DROP TABLE owners; DELETE FROM gpkg_contents WHERE table_name = 'owners'")
        .unwrap();
    drop(db);
    let mut store = Store::open(&path).unwrap();
    // What is known already shows nothing of whose it is.
    assert_eq!(store.apply("alpha", [frame(1)]).unwrap().repeated, 1);
    assert_eq!(store.apply("bravo", [frame(2)]).unwrap().new, 1);
    let refused = store.apply("alpha", [frame(3)]).unwrap().refused;
    assert!(refused[0].1.contains("belongs to aircraft bravo"));
}

#[test]
fn a_store_of_an_earlier_version_is_brought_to_the_names_of_now_once_it_is_opened_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    // Of the one run that a survey had then.
    let then = |of: Envelope| Envelope::new(Run::unnamed(SURVEY), of.body().clone());
    let reports = [survey(), frame(1), frame(2), landslide(1, 1, Active)].map(then);
    store.apply(AIRCRAFT, reports.clone()).unwrap();
    let stored = landslides(&store).unwrap();
    store.close().unwrap();
    // As it was before there were runs and its columns were renamed.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "ALTER TABLE landslides RENAME COLUMN observations TO looks;
             ALTER TABLE landslide_history RENAME COLUMN observations TO looks;
             ALTER TABLE landslides DROP COLUMN run;
             ALTER TABLE landslide_history DROP COLUMN run;
             ALTER TABLE footprints RENAME TO f;
             CREATE TABLE footprints (
                 fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POLYGON, survey TEXT NOT NULL, sequence INTEGER NOT NULL,
                 name TEXT NOT NULL, time DATETIME, gsd_m DOUBLE, untagged TEXT, UNIQUE (survey, sequence)
             );
             INSERT INTO footprints SELECT fid, geom, survey, sequence, name, time, gsd_m, untagged FROM f;
             DROP TABLE f;
             DROP TABLE surveys;
             DROP TABLE owners;
             DELETE FROM gpkg_contents WHERE table_name = 'owners';
             CREATE TABLE surveys (
                 fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, survey TEXT NOT NULL UNIQUE, start DATETIME NOT NULL,
                 software TEXT NOT NULL, model_name TEXT NOT NULL, model_version TEXT NOT NULL
             );
             INSERT INTO surveys (survey, start, software, model_name, model_version)
                 SELECT survey, '1970-01-01T00:00:09.000Z', 'scarp 0.1.0', 'segformer-b0', '0.1.0' FROM landslides;
             ALTER TABLE messages ADD COLUMN sent DATETIME NOT NULL DEFAULT '1970-01-01T00:00:10.000Z';
             ALTER TABLE messages DROP COLUMN content;
             ALTER TABLE landslides DROP COLUMN last_seen;
             ALTER TABLE landslides ADD COLUMN last_seen DATETIME NOT NULL DEFAULT '2026-09-21T14:13:30.500Z';",
        )
        .unwrap();

    let refused = Store::open_to_read(&path).err().unwrap().to_string();
    assert!(refused.contains("earlier version"), "{refused}");
    assert_eq!(refused.lines().count(), 1);

    let mut store = Store::open(&path).unwrap();
    assert_eq!(landslides(&store).unwrap(), stored);
    // By its frames, and not by the aircraft's clock.
    assert_eq!(start(&store), exposed(&frame(1)));
    // What it said was not kept then.
    assert_eq!(store.apply(AIRCRAFT, reports.clone()).unwrap().repeated, 4);
    // The rest of the flight, out of a journal of that time, and a flight of today.
    let rest = [frame(3), landslide(1, 2, Active)].map(then);
    assert_eq!(store.apply(AIRCRAFT, rest).unwrap().new, 2);
    let second = reports.map(|report| in_run(2, &report));
    assert_eq!(store.apply(AIRCRAFT, second).unwrap().new, 4);
    store.close().unwrap();
    let store = Store::open_to_read(&path).unwrap();
    assert_eq!(landslides(&store).unwrap()[0].version, 2);
    assert_eq!(query(&path, "SELECT count(*) FROM footprints"), 5);
    let last = "SELECT max(fid) FROM footprints";
    assert_eq!(query(&path, last), 5);
}
