//! The store on its own: repeated, late and withdrawn reports; damaged and foreign files.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;

use common::{frame, landslide, query, survey, untagged};
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use scarp_station::store::{Applied, Store};

#[test]
fn a_batch_stored_again_changes_not_one_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let batch = [survey(), frame(1), untagged(2), landslide(1, 1, Active)];
    let mut store = Store::open(&path).unwrap();
    assert_eq!(
        store.apply(&batch).unwrap(),
        Applied {
            new: 4,
            repeated: 0
        }
    );
    store.close().unwrap();
    let before = fs::read(&path).unwrap();
    let mut store = Store::open(&path).unwrap();
    assert_eq!(
        store.apply(&batch).unwrap(),
        Applied {
            new: 0,
            repeated: 4
        }
    );
    store.close().unwrap();
    // All but the header page, in which SQLite counts that it was open.
    assert!(fs::read(&path).unwrap()[4096..] == before[4096..]);
}

#[test]
fn versions_end_at_the_newest_in_whatever_order_they_come() {
    let orders: [[u32; 3]; 6] = [
        [1, 2, 3],
        [1, 3, 2],
        [2, 1, 3],
        [2, 3, 1],
        [3, 1, 2],
        [3, 2, 1],
    ];
    for order in orders {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
        for version in order {
            store.apply(&[landslide(1, version, Active)]).unwrap();
        }
        let landslides = store.landslides().unwrap();
        assert_eq!(landslides.len(), 1, "{order:?}");
        assert_eq!(
            (landslides[0].version, landslides[0].area_m2),
            (3, 3000.0),
            "{order:?}"
        );
    }
}

#[test]
fn a_withdrawn_landslide_leaves_the_layer_stays_in_the_history_and_a_late_report_does_not_raise_it()
{
    for order in [[0, 1, 2], [2, 0, 1], [0, 2, 1]] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        let reports = [
            landslide(1, 1, Active),
            landslide(1, 2, Active),
            landslide(1, 3, Withdrawn),
        ];
        store.apply(&[landslide(2, 1, Active)]).unwrap();
        for index in order {
            store.apply(&[reports[index].clone()]).unwrap();
        }
        let ids: Vec<_> = store
            .landslides()
            .unwrap()
            .into_iter()
            .map(|l| l.id)
            .collect();
        assert_eq!(ids, [uuid::Uuid::from_u128(2).to_string()], "{order:?}");
        assert_eq!(
            query(
                &path,
                "SELECT count(*) FROM landslide_history WHERE status = 'active'"
            ),
            3
        );
        assert_eq!(
            query(
                &path,
                "SELECT count(*) FROM landslide_history WHERE status = 'withdrawn'"
            ),
            1
        );
    }
}

#[test]
fn what_is_stored_reads_back_as_it_was_reported() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    let report = landslide(5, 2, Active);
    store.apply(std::slice::from_ref(&report)).unwrap();
    let scarp_link::Body::Landslide(sent) = report.body() else {
        panic!("a landslide was sent");
    };
    let stored = store.landslides().unwrap().remove(0);
    assert_eq!(stored.outline, sent.outline);
    assert_eq!(
        (stored.survey, stored.id),
        (common::SURVEY.to_string(), sent.id.to_string())
    );
    assert_eq!(
        (stored.confidence, stored.ce90_m, stored.observations),
        (0.875, 3.5, 4)
    );
    assert_eq!(stored.first_seen, "2026-09-21T14:13:20.000Z");
    assert_eq!(stored.last_seen, "2026-09-21T14:13:30.500Z");
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
fn a_damaged_store_is_refused_or_read_but_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store
        .apply(
            &(0..200)
                .map(|id| landslide(id, 1, Active))
                .collect::<Vec<_>>(),
        )
        .unwrap();
    store.close().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    let mut attempt = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        if let Err(e) = Store::open_to_read(&path).and_then(|store| store.landslides()) {
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
        if let Err(e) = Store::open_to_read(&path).and_then(|store| store.landslides()) {
            assert_eq!(e.to_string().lines().count(), 1, "{e}");
            refused += 1;
        }
    }
    assert!(refused > 0, "some damage is noticed");
}

#[test]
fn a_store_of_an_earlier_version_is_brought_to_the_names_of_now_once_it_is_opened_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply(&[landslide(1, 1, Active)]).unwrap();
    let stored = store.landslides().unwrap();
    store.close().unwrap();
    // As it was before its columns were renamed.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "ALTER TABLE landslides RENAME COLUMN observations TO looks;
             ALTER TABLE landslide_history RENAME COLUMN observations TO looks;",
        )
        .unwrap();

    let refused = Store::open_to_read(&path).err().unwrap().to_string();
    assert!(refused.contains("earlier version"), "{refused}");
    assert_eq!(refused.lines().count(), 1);

    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.landslides().unwrap(), stored);
    store.apply(&[landslide(1, 2, Active)]).unwrap();
    store.close().unwrap();
    let store = Store::open_to_read(&path).unwrap();
    assert_eq!(store.landslides().unwrap()[0].version, 2);
}
