//! The store on its own: repeated, late and withdrawn reports; damaged and foreign files.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, time::SystemTime};

use common::{AIRCRAFT, frame, landslide, landslides, query, survey, untagged};
use scarp_inventory::{
    LandslideStatus::{Active, Withdrawn},
    landslide_feature,
};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Applied, Store, StoreError};

#[test]
fn a_batch_stored_again_changes_not_one_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let batch = [survey(), frame(1), untagged(2), landslide(1, 1, Active)];
    let mut store = Store::open(&path).unwrap();
    assert_eq!(
        store.apply(AIRCRAFT, batch.clone()).unwrap(),
        Applied {
            new: 4,
            repeated: 0,
            refused: Vec::new(),
            changes: batch.to_vec(),
        }
    );
    store.close().unwrap();
    let before = fs::read(&path).unwrap();
    let mut store = Store::open(&path).unwrap();
    assert_eq!(
        store.apply(AIRCRAFT, batch).unwrap(),
        Applied {
            new: 0,
            repeated: 4,
            refused: Vec::new(),
            changes: Vec::new(),
        }
    );
    store.close().unwrap();
    // All but the header page, in which SQLite counts that it was open.
    assert!(fs::read(&path).unwrap()[4096..] == before[4096..]);
}

#[test]
fn a_survey_of_an_earlier_version_belongs_to_the_aircraft_that_next_reports_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply(AIRCRAFT, [survey(), frame(1)]).unwrap();
    store.close().unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TABLE owners; DELETE FROM gpkg_contents WHERE table_name = 'owners';
         ALTER TABLE surveys DROP COLUMN aircraft",
    )
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
fn another_report_under_a_known_identity_is_refused_with_its_name_and_one_made_again_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    store
        .apply(
            AIRCRAFT,
            [survey(), frame(1), frame(2), landslide(1, 1, Active)],
        )
        .unwrap();
    // A second flight under the same survey: it counts its frames from 1 too, and finds its first landslide.
    let later = |of: Envelope, change: &dyn Fn(&mut Body)| {
        let mut body = of.body().clone();
        change(&mut body);
        Envelope::new(of.survey(), SystemTime::now(), body)
    };
    let begun_again = later(survey(), &|body| {
        if let Body::Survey(survey) = body {
            survey.start = SystemTime::now();
        }
    });
    let searched_again = later(frame(1), &|_| {});
    let elsewhere = later(frame(2), &|body| {
        if let Body::Frame(frame) = body {
            frame.name = "other.jpg".to_owned();
        }
    });
    let larger = later(landslide(1, 1, Active), &|body| {
        if let Body::Landslide(landslide) = body {
            landslide.area_m2 += 1.0;
        }
    });
    let names = [elsewhere.id(), larger.id()];
    let applied = store
        .apply(
            AIRCRAFT,
            [begun_again, searched_again, elsewhere, larger, frame(3)],
        )
        .unwrap();
    assert_eq!((applied.new, applied.repeated), (1, 2));
    let refused: Vec<_> = applied.refused.iter().map(|(id, _)| *id).collect();
    assert_eq!(refused, names);
    for (about, (_, reason)) in ["frame 2", "landslide"].iter().zip(&applied.refused) {
        assert!(reason.contains(about), "{reason}");
    }
    assert_eq!(landslides(&store).unwrap()[0].area_m2, 1000.0);
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
            store
                .apply(AIRCRAFT, [landslide(1, version, Active)])
                .unwrap();
        }
        let landslides = landslides(&store).unwrap();
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
        store.apply(AIRCRAFT, [landslide(2, 1, Active)]).unwrap();
        for index in order {
            store.apply(AIRCRAFT, [reports[index].clone()]).unwrap();
        }
        let ids: Vec<_> = landslides(&store).unwrap().iter().map(|l| l.id).collect();
        assert_eq!(ids, [uuid::Uuid::from_u128(2)], "{order:?}");
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
    let reports = [survey(), frame(1), untagged(2), landslide(5, 2, Active)];
    store.apply(AIRCRAFT, reports.clone()).unwrap();
    let mut stored = Vec::new();
    let mut push = |survey, body| {
        assert_eq!(survey, common::SURVEY);
        stored.push(body);
        Ok::<_, StoreError>(())
    };
    store
        .surveys(|id, survey| push(id, Body::Survey(survey)))
        .unwrap();
    store
        .footprints(|id, frame| push(id, Body::Frame(frame)))
        .unwrap();
    store
        .landslides(|id, slide| push(id, Body::Landslide(slide)))
        .unwrap();
    assert_eq!(stored, reports.map(|report| report.body().clone()));
}

#[test]
fn a_landslide_is_the_same_feature_before_it_is_stored_and_after() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    let report = landslide(5, 2, Active);
    let Body::Landslide(sent) = report.body() else {
        panic!("a landslide was sent");
    };
    let sent = landslide_feature(common::SURVEY, sent).to_string();
    store.apply(AIRCRAFT, [report]).unwrap();
    let stored = landslides(&store).unwrap().remove(0);
    assert_eq!(landslide_feature(common::SURVEY, &stored).to_string(), sent);
}

#[test]
fn a_landslide_that_another_program_spoilt_is_an_error_that_names_it() {
    let spoilt = [
        ("geom = x'4750'", "no GeoPackage header"),
        ("geom = substr(geom, 1, 60)", "cannot be read"),
        ("geom = NULL", "NOT NULL"),
        ("id = 'five'", "column id"),
        ("area_m2 = 'large'", "column area_m2"),
        ("first_seen = 'yesterday'", "column first_seen"),
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
fn what_changes_nothing_that_stands_is_no_change() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    let [first, second, third] = [
        landslide(1, 1, Active),
        landslide(1, 2, Active),
        landslide(1, 3, Withdrawn),
    ];
    let mut changes = |report: &Envelope| store.apply(AIRCRAFT, [report.clone()]).unwrap().changes;
    assert_eq!(changes(&second), std::slice::from_ref(&second));
    assert_eq!(changes(&first), [], "older than what stands");
    assert_eq!(changes(&second), [], "stored before");
    assert_eq!(changes(&third), std::slice::from_ref(&third));
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
fn a_store_of_an_earlier_version_is_brought_to_the_names_of_now_once_it_is_opened_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply(AIRCRAFT, [landslide(1, 1, Active)]).unwrap();
    let stored = landslides(&store).unwrap();
    store.close().unwrap();
    // As it was before its columns were renamed.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "ALTER TABLE landslides RENAME COLUMN observations TO looks;
             ALTER TABLE landslide_history RENAME COLUMN observations TO looks;
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
    // What it said was not kept then.
    assert_eq!(
        store
            .apply(AIRCRAFT, [landslide(1, 1, Active)])
            .unwrap()
            .repeated,
        1
    );
    store.apply(AIRCRAFT, [landslide(1, 2, Active)]).unwrap();
    store.close().unwrap();
    let store = Store::open_to_read(&path).unwrap();
    assert_eq!(landslides(&store).unwrap()[0].version, 2);
}
