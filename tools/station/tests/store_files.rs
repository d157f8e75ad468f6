//! The store's file: damaged, foreign, spoilt by another program, of an earlier version.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, process::Command};

use common::{AIRCRAFT, another_program, frame, landslide, landslides, query, survey};
use scarp_inventory::LandslideStatus::Active;
use scarp_station::store::{Filter, LeftOut, Store, StoreError};

#[test]
fn a_landslide_that_another_program_spoilt_is_left_out_by_name_and_what_is_the_aircrafts_stands() {
    let spoilt = [
        ("geom = x'4750'", Some("no GeoPackage header")),
        ("geom = substr(geom, 1, 60)", Some("cannot be read")),
        ("area_m2 = 'large'", Some("column area_m2")),
        ("id = 'five'", None),
        ("first_seen = 'yesterday', last_seen = 1e300", None),
        ("confidence = 'very', cut_off = 'perhaps'", None),
    ];
    for (change, expected) in spoilt {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        store
            .apply(AIRCRAFT, [landslide(5, 2, Active), landslide(6, 1, Active)])
            .unwrap();
        let db = another_program(&path);
        db.execute_batch(&format!(
            "UPDATE landslides SET {change} WHERE name = 'L-01'"
        ))
        .unwrap();
        let mut found = 0;
        let left_out = store
            .landslides(&Filter::default(), |_| {
                found += 1;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        match expected {
            Some(expected) => {
                assert_eq!((found, left_out.count), (1, 1), "{change}");
                let line = &left_out.first[0];
                assert!(
                    line.contains("L-01") && line.contains(expected),
                    "{change}: {line}"
                );
                assert_eq!(line.lines().count(), 1, "{line}");
            }
            None => assert_eq!((found, left_out), (2, LeftOut::default()), "{change}"),
        }
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
            "CREATE UNIQUE INDEX no_second ON footprints (CASE WHEN sequence = 2 THEN 1 ELSE sequence END)",
        )
        .unwrap();
    let applied = store
        .apply(AIRCRAFT, [frame(1), frame(2), frame(3)])
        .unwrap();
    assert_eq!(applied.new, 2);
    assert_eq!(applied.refused.len(), 1);
    assert_eq!(applied.refused[0].0, frame(2).id());
    assert!(
        applied.refused[0].1.contains("no_second"),
        "{:?}",
        applied.refused
    );
    assert_eq!(query(&path, "SELECT count(*) FROM messages"), 2);
    // Resent once the file takes it, it is as new as it was.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("DROP INDEX no_second")
        .unwrap();
    assert_eq!(store.apply(AIRCRAFT, [frame(2)]).unwrap().new, 1);
}
