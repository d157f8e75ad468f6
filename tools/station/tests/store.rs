//! The store on its own: repeated, late and withdrawn reports; damaged and foreign files.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, process::Command, time::SystemTime};

use common::{AIRCRAFT, RUN, SURVEY, frame, landslide, landslides, query, survey, untagged};
use scarp_inventory::{
    LandslideStatus::{Active, Withdrawn},
    Run, landslide_feature,
};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Applied, Flight, Store, StoreError};
use uuid::Uuid;

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
fn another_report_under_a_known_identity_is_refused_with_its_name_and_one_made_again_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    store
        .apply(
            AIRCRAFT,
            [survey(), frame(1), frame(2), landslide(1, 1, Active)],
        )
        .unwrap();
    // A replay of photographs that were changed meanwhile.
    let later = |of: Envelope, change: &dyn Fn(&mut Body)| {
        let mut body = of.body().clone();
        change(&mut body);
        Envelope::new(of.run(), body)
    };
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
        .apply(AIRCRAFT, [survey(), frame(1), elsewhere, larger, frame(3)])
        .unwrap();
    assert_eq!((applied.new, applied.repeated), (1, 2));
    let refused: Vec<_> = applied.refused.iter().map(|(id, _)| *id).collect();
    assert_eq!(refused, names);
    for (about, (_, reason)) in ["frame 2", "landslide"].iter().zip(&applied.refused) {
        assert!(reason.contains(about), "{reason}");
    }
    assert_eq!(landslides(&store).unwrap()[0].area_m2, 1000.0);
}

/// The same report in another run of its survey; a landslide is another one there.
fn in_run(id: u128, of: &Envelope) -> Envelope {
    let run = Run {
        id: Uuid::from_u128(id),
        ..of.run()
    };
    let mut body = of.body().clone();
    if let Body::Landslide(landslide) = &mut body {
        landslide.id = Uuid::new_v5(&run.id, landslide.id.as_bytes());
    }
    Envelope::new(run, body)
}

#[test]
fn a_second_flight_of_a_survey_adds_its_own_frames_and_landslides_and_one_sent_again_adds_nothing()
{
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    let first = [survey(), frame(1), untagged(2), landslide(1, 1, Active)];
    let second = first.clone().map(|report| in_run(2, &report));
    let withdrawn = in_run(2, &landslide(1, 2, Withdrawn));
    assert_eq!(store.apply(AIRCRAFT, first.clone()).unwrap().new, 4);
    assert_eq!(store.apply(AIRCRAFT, second.clone()).unwrap().new, 4);
    assert_eq!(landslides(&store).unwrap().len(), 2);
    assert_eq!(store.apply(AIRCRAFT, [withdrawn]).unwrap().new, 1);
    for again in [first, second] {
        assert_eq!(store.apply(AIRCRAFT, again).unwrap().repeated, 4);
    }
    assert_eq!(landslides(&store).unwrap().len(), 1);
    assert_eq!(query(&path, "SELECT count(*) FROM footprints"), 4);
    let flights = "SELECT count(*) FROM surveys";
    assert_eq!(query(&path, flights), 2);
    let pairs = "SELECT count(DISTINCT survey || run) FROM landslide_history";
    assert_eq!(query(&path, pairs), 2);
}

/// When the one flight of a store began.
fn start(store: &Store) -> Option<SystemTime> {
    let mut starts = Vec::new();
    let push = |_, flight: Flight| {
        starts.push(flight.start);
        Ok::<_, StoreError>(())
    };
    store.flights(push).unwrap();
    assert_eq!(starts.len(), 1);
    starts[0]
}

fn exposed(frame: &Envelope) -> Option<SystemTime> {
    match frame.body() {
        Body::Frame(frame) => frame.time,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flight_begins_with_its_first_frame_that_tells_a_time_in_whatever_order_they_come() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
        let reports = [survey(), untagged(1), frame(2), frame(3)];
        for index in order {
            store.apply(AIRCRAFT, [reports[index].clone()]).unwrap();
        }
        assert_eq!(start(&store), exposed(&frame(2)), "{order:?}");
    }
}

#[test]
fn a_flight_none_of_whose_frames_tells_a_time_has_no_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
    store.apply(AIRCRAFT, [survey(), untagged(1)]).unwrap();
    assert_eq!(start(&store), None);
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
fn a_landslide_stands_with_the_run_that_its_newest_version_is_of() {
    for order in [[0, 1], [1, 0]] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        let other = Run {
            id: Uuid::from_u128(2),
            ..RUN
        };
        let later = Envelope::new(other, landslide(1, 2, Active).body().clone());
        let reports = [landslide(1, 1, Active), later];
        for index in order {
            store.apply(AIRCRAFT, [reports[index].clone()]).unwrap();
        }
        let mut standing = Vec::new();
        store
            .landslides(|run, slide| {
                standing.push((run, slide.version));
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert_eq!(standing, [(other, 2)], "{order:?}");
        let agree = "SELECT count(*) FROM landslides JOIN landslide_history USING (survey, run, id, version)";
        assert_eq!(query(&path, agree), 1);
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
    let mut push = |run, body| {
        assert_eq!(run, RUN);
        stored.push(body);
        Ok::<_, StoreError>(())
    };
    store
        .flights(|run, flight| push(run, Body::Survey(flight.survey)))
        .unwrap();
    store
        .footprints(|run, frame| push(run, Body::Frame(frame)))
        .unwrap();
    store
        .landslides(|run, slide| push(run, Body::Landslide(slide)))
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
    let sent = landslide_feature(RUN, sent).to_string();
    store.apply(AIRCRAFT, [report]).unwrap();
    let stored = landslides(&store).unwrap().remove(0);
    assert_eq!(landslide_feature(RUN, &stored).to_string(), sent);
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
