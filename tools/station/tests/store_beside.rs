//! What lies beside a store under the names of SQLite's own files.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(unix)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{AIRCRAFT, Site, frame, query};
use scarp_station::store::Store;

fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[test]
fn what_is_in_the_way_of_a_file_beside_the_store_is_named_with_the_remedy_and_stays() {
    for (suffix, folder, reason) in [
        ("-lock", true, "cannot be made or locked"),
        ("-wal", true, "is no file, and in the way"),
        ("-shm", true, "is no file, and in the way"),
        ("-journal", true, "is no file, and in the way"),
        ("-wal", false, "is none of the store's"),
        ("-journal", false, "is none of the store's"),
    ] {
        let site = Site::new();
        drop(Store::open(&site.store()).unwrap());
        let at = beside(&site.store(), suffix);
        if folder {
            fs::create_dir(&at).unwrap();
        } else {
            fs::write(&at, "shopping list").unwrap();
        }
        let line = Store::open(&site.store()).err().unwrap().to_string();
        let named = format!("survey.gpkg{suffix}");
        assert!(line.contains(&named) && line.contains(reason), "{line}");
        assert!(at.exists());
        fs::rename(&at, site.path("elsewhere")).unwrap();
        drop(Store::open(&site.store()).unwrap());
    }
}

/// As a station that is killed leaves it: the newest part is in the log.
fn killed(store: &Path, frames: std::ops::Range<u64>) -> Vec<u8> {
    let mut open = Store::open(store).unwrap();
    for number in frames {
        open.apply(AIRCRAFT, [frame(number)]).unwrap();
    }
    let log = fs::read(beside(store, "-wal")).unwrap();
    open.close().unwrap();
    log
}

#[test]
fn the_log_of_another_store_that_lay_here_before_destroys_none_that_is_put_in_its_place() {
    let site = Site::new();
    let (store, other) = (site.store(), site.path("other.gpkg"));
    let mut filled = Store::open(&other).unwrap();
    filled.apply(AIRCRAFT, (0..900).map(frame)).unwrap();
    filled.close().unwrap();
    let left = killed(&other, 900..1000);
    let mut good = Store::open(&store).unwrap();
    good.apply(AIRCRAFT, (0..40).map(frame)).unwrap();
    good.close().unwrap();
    let whole = fs::read(&store).unwrap();
    fs::write(beside(&store, "-wal"), &left).unwrap();
    for _ in 0..2 {
        let told = [Store::open(&store).err(), Store::open_to_read(&store).err()];
        for error in told {
            let line = error.unwrap().to_string();
            assert!(
                line.contains("survey.gpkg-wal, which must be of another file"),
                "{line}"
            );
            assert!(line.contains("move that away"), "{line}");
        }
        assert!(fs::read(&store).unwrap() == whole);
        assert!(fs::read(beside(&store, "-wal")).unwrap() == left);
    }
    fs::rename(beside(&store, "-wal"), site.path("elsewhere")).unwrap();
    fs::remove_file(beside(&store, "-shm")).ok();
    drop(Store::open(&store).unwrap());
    assert_eq!(query(&store, "SELECT count(*) FROM footprints"), 40);
}

#[test]
fn a_log_of_its_own_that_a_killed_station_left_is_part_of_the_store() {
    let site = Site::new();
    let mut open = Store::open(&site.store()).unwrap();
    open.apply(AIRCRAFT, (0..40).map(frame)).unwrap();
    let copy = site.path("copy.gpkg");
    for suffix in ["", "-wal"] {
        fs::copy(beside(&site.store(), suffix), beside(&copy, suffix)).unwrap();
    }
    Store::open(&copy).unwrap().close().unwrap();
    assert_eq!(query(&copy, "SELECT count(*) FROM footprints"), 40);
    assert!(!beside(&copy, "-wal").exists());
}
