//! The store on its own: repeated, late and withdrawn reports.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;

use common::{
    AIRCRAFT, RUN, exposed, frame, in_run, landslide, landslides, query, start, survey, untagged,
};
use scarp_inventory::{
    LandslideStatus::{Active, Withdrawn},
    Run, landslide_feature,
};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Applied, Filter, Store, StoreError};
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
            .landslides(&Filter::default(), |slide| {
                standing.push((slide.run, slide.landslide.version));
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert_eq!(standing, [(Some(other.id), 2)], "{order:?}");
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
        .footprints(&Filter::default(), |run, frame| {
            push(run, Body::Frame(frame.report))
        })
        .unwrap();
    store
        .landslides(&Filter::default(), |slide| {
            push(RUN, Body::Landslide(slide.landslide))
        })
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
