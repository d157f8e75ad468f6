//! Feeds of a station that receives: the GeoJSON file of `scarp-station serve --geojson`, and one of a kind of its own.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, path::Path, process::Command, sync::mpsc};

use common::{LONG, Site, frame, landslide, query, survey, until};
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use scarp_link::Identity;
use scarp_station::{
    feeds::{Commit, Feed, FeedError},
    serve::Server,
    store::{Filter, Store},
};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::oneshot};

/// Identity and version of each landslide in a file, which must be whole whenever it is read.
fn shown(file: &Path) -> Vec<(String, i64)> {
    let text = fs::read_to_string(file).unwrap();
    let collection: Value = serde_json::from_str(&text).unwrap();
    let features = collection["features"].as_array().unwrap().iter();
    features
        .map(|feature| {
            let version = feature["properties"]["version"].as_i64().unwrap();
            (feature["id"].as_str().unwrap().to_owned(), version)
        })
        .collect()
}

fn named(id: u128, version: i64) -> (String, i64) {
    (uuid::Uuid::from_u128(id).to_string(), version)
}

#[test]
fn what_a_station_that_was_killed_left_of_the_file_is_cleared_away() {
    let site = Site::new();
    let left = site.path("live.geojson.Ab12xZ.part");
    fs::write(&left, "{").unwrap();
    let file = site.path("live.geojson");
    let station = site.serve_with(0, &["--geojson", file.to_str().unwrap()]);
    assert!(!left.exists());
    assert_eq!(shown(&file), []);
    station.stop();
}

#[test]
fn the_file_follows_what_is_committed_and_ends_as_an_export_would_write_it() {
    let site = Site::new();
    let file = site.path("live.geojson");
    let station = site.serve_with(0, &["--geojson", file.to_str().unwrap()]);
    assert_eq!(shown(&file), [], "it is there from the start");
    let uplink = site.uplink(station.address);
    uplink
        .submit(&[
            survey(),
            frame(1),
            landslide(1, 1, Active),
            landslide(2, 1, Active),
        ])
        .unwrap();
    until("both landslides", || {
        shown(&file) == [named(1, 1), named(2, 1)]
    });
    uplink
        .submit(&[landslide(2, 2, Withdrawn), landslide(1, 2, Active)])
        .unwrap();
    until("one withdrawn, one in a new version", || {
        shown(&file) == [named(1, 2)]
    });
    // Committed just before the end, so that only the end can show it.
    uplink.submit(&[landslide(3, 1, Active)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    station.stop();
    assert_eq!(shown(&file), [named(1, 2), named(3, 1)]);
    assert!(
        !site.path("survey.gpkg-wal").exists(),
        "the closed store is one file"
    );
    let exported = site.path("exported.geojson");
    let export = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["export", "--store"])
        .arg(site.store())
        .arg("--out")
        .arg(&exported)
        .output()
        .unwrap();
    assert!(export.status.success(), "{export:?}");
    assert_eq!(fs::read(&file).unwrap(), fs::read(&exported).unwrap());
}

#[test]
fn frames_alone_do_not_have_the_file_written_anew() {
    let site = Site::new();
    let file = site.path("live.geojson");
    let station = site.serve_with(0, &["--geojson", file.to_str().unwrap()]);
    // A mark that the next writing would take away.
    fs::write(&file, "untouched").unwrap();
    let uplink = site.uplink(station.address);
    uplink.submit(&[survey(), frame(1), frame(2)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    station.stop();
    assert_eq!(fs::read_to_string(&file).unwrap(), "untouched");
}

#[test]
fn a_file_that_cannot_be_written_any_more_costs_no_message_and_ends_with_status_one() {
    let site = Site::new();
    let folder = site.path("shared");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("live.geojson");
    let station = site.serve_with(0, &["--geojson", file.to_str().unwrap()]);
    fs::remove_dir_all(&folder).unwrap();
    let uplink = site.uplink(station.address);
    uplink.submit(&[landslide(1, 1, Active), frame(1)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    let (totals, status) = station.stop_with_status();
    assert_eq!((&totals["stored"], status), (&Value::from(2), Some(1)));
    assert_eq!(query(&site.store(), "SELECT count(*) FROM landslides"), 1);
}

/// Tells how many landslides stand, each time they change.
struct Count(mpsc::Sender<usize>);

impl Feed for Count {
    fn snapshot(&mut self, store: &Store) -> Result<(), FeedError> {
        let mut standing = 0;
        store.landslides(&Filter::default(), |_| {
            standing += 1;
            Ok::<_, FeedError>(())
        })?;
        self.0.send(standing).unwrap();
        Ok(())
    }

    fn update(&mut self, store: &Store, _: &[Commit]) -> Result<(), FeedError> {
        self.snapshot(store)
    }
}

#[test]
fn a_feed_of_another_kind_takes_no_more_than_an_implementation_and_its_place_in_the_list() {
    let site = Site::new();
    let identity = Identity::load(&site.path("keys/station")).unwrap();
    let (counts, counted) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let runtime = Runtime::new().unwrap();
    let server = runtime
        .block_on(async {
            let any_port = ([127, 0, 0, 1], 0).into();
            Server::bind(
                any_port,
                identity,
                &site.store(),
                vec![Box::new(Count(counts))],
            )
        })
        .unwrap();
    let uplink = site.uplink(server.address());
    let running = runtime.spawn(server.run(async { stopped.await.unwrap() }));
    uplink
        .submit(&[landslide(1, 1, Active), landslide(2, 1, Active)])
        .unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    stop.send(()).unwrap();
    let ended = runtime.block_on(running).unwrap().unwrap();
    assert!(ended.feed_error.is_none());
    let counted: Vec<_> = counted.iter().collect();
    assert_eq!((counted.first(), counted.last()), (Some(&0), Some(&2)));
}
