//! Messages that an aircraft of an earlier version left in its journal: of version 1, which had no runs and fewer limits.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use common::{AIRCRAFT, landslides, query};
use scarp_inventory::Run;
use scarp_link::{Envelope, MessageError, peek_id};
use scarp_station::store::{Flight, Store, StoreError};
use uuid::Uuid;

/// A golden message, as the journals of that time hold it.
fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/link");
    fs::read(folder.join(format!("v1_{name}.bin"))).unwrap()
}

#[test]
fn messages_of_version_1_are_stored_once_as_those_of_the_one_run_of_their_survey() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    let messages = ["survey", "frame", "frame_untagged", "landslide"]
        .map(|name| Envelope::decode(&golden(name)).unwrap());
    assert_eq!(store.apply(AIRCRAFT, messages.clone()).unwrap().new, 4);
    assert_eq!(store.apply(AIRCRAFT, messages).unwrap().repeated, 4);
    assert_eq!(landslides(&store).unwrap().len(), 1);
    assert_eq!(query(&path, "SELECT count(*) FROM footprints"), 2);
    let survey = Uuid::from_u128(0x5ca2_0000_0000_4000_8000_0000_0000_0001);
    let mut flights = Vec::new();
    let push = |run, flight: Flight| {
        flights.push((run, flight.start));
        Ok::<_, StoreError>(())
    };
    store.flights(push).unwrap();
    // The frame's time, to the millisecond, and not the second before that the aircraft's clock told.
    let start = UNIX_EPOCH + Duration::from_millis(1_779_006_599_950);
    assert_eq!(flights, [(Run::unnamed(survey), Some(start))]);
}

#[test]
fn a_ce90_of_1e300_is_refused_by_name() {
    let good = golden("landslide");
    let at = good
        .windows(8)
        .position(|bytes| bytes == 2.5_f64.to_le_bytes())
        .unwrap();
    let mut bad = good.clone();
    bad[at..at + 8].copy_from_slice(&1e300_f64.to_le_bytes());
    assert_eq!(peek_id(&bad), peek_id(&good));
    let refused = Envelope::decode(&bad).unwrap_err();
    let field = "ce90_m";
    assert!(
        matches!(&refused, MessageError::Range { field: found, .. } if *found == field),
        "{refused}"
    );
}
