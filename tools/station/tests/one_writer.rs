//! One station at a time writes a store.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(unix)]

mod common;

use std::{fs, os::unix::fs::symlink, process::Command};

use common::{AIRCRAFT, Site, frame, until};
use scarp_station::store::Store;

/// What a second `serve` on this store says that does not get it.
fn refused(site: &Site, store: &std::path::Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["serve", "--listen", "127.0.0.1:0", "--store"])
        .arg(store)
        .arg("--keys")
        .arg(site.path("keys/station"))
        .env("RUST_LOG", "error")
        .output()
        .unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn a_second_station_on_one_store_is_refused_by_whatever_name_until_the_first_has_ended() {
    let site = Site::new();
    let first = site.serve(0);
    let link = site.path("link.gpkg");
    symlink(site.store(), &link).unwrap();
    for path in [&site.store(), &link] {
        let line = refused(&site, path);
        assert!(
            line.contains("another `scarp-station serve` stores in it"),
            "{line}"
        );
    }
    let uplink = site.uplink(first.address);
    uplink.submit(&[frame(1)]).unwrap();
    until("delivery", || uplink.status().confirmed == 1);
    // To read it is nobody's right alone.
    drop(Store::open_to_read(&site.store()).unwrap());
    first.stop();
    let left = fs::read_dir(site.dir.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().ends_with("-lock")),
        "{left:?}"
    );
    site.serve(0).stop();
}

#[test]
fn a_station_that_was_killed_leaves_its_store_to_the_next() {
    let site = Site::new();
    for _ in 0..3 {
        site.serve(0).kill();
    }
    let mut store = Store::open(&site.store()).unwrap();
    store.apply(AIRCRAFT, [frame(1)]).unwrap();
    assert!(Store::open(&site.store()).is_err());
    store.close().unwrap();
    Store::open(&site.store()).unwrap().close().unwrap();
}

#[test]
fn of_many_that_open_and_close_a_store_at_once_never_two_have_it() {
    let site = Site::new();
    let (store, having) = (site.store(), std::sync::atomic::AtomicUsize::new(0));
    let relaxed = std::sync::atomic::Ordering::SeqCst;
    let turns: usize = std::thread::scope(|scope| {
        let one = || {
            let mut turns = 0;
            for _ in 0..60 {
                if let Ok(open) = Store::open(&store) {
                    assert_eq!(having.fetch_add(1, relaxed), 0);
                    having.fetch_sub(1, relaxed);
                    drop(open);
                    turns += 1;
                }
            }
            turns
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert!(turns > 0);
}
