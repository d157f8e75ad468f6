//! A store that is handed on: whole while it is served, read where nothing can be written, and copied at any time.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use common::{AIRCRAFT, LONG, Site, frame, landslide, query, square, survey, until};
use rusqlite::{Connection, OpenFlags};
use scarp_inventory::LandslideStatus::Active;
use scarp_station::store::{Store, geometry};

fn station(arguments: &[&str], store: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
    command.args(arguments).arg("--store").arg(store);
    command.output().unwrap()
}

/// Landslides in a copy of the one file, which nothing lies beside.
fn in_a_copy(store: &Path) -> i64 {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.gpkg");
    fs::copy(store, &copy).unwrap();
    let db = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    db.query_row("SELECT count(*) FROM landslides", [], |row| row.get(0))
        .unwrap_or(-1)
}

#[test]
fn soon_after_the_last_report_a_copy_of_the_file_alone_holds_all_of_it() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = site.uplink(station.address);
    for first in [0, 100] {
        let slides: Vec<_> = (first..first + 100)
            .map(|id| landslide(id, 1, Active))
            .collect();
        uplink.submit(&slides).unwrap();
        let told = std::time::Instant::now();
        until("a whole file", || {
            in_a_copy(&site.store()) == first as i64 + 100
        });
        eprintln!(
            "whole {:.1} s after the report",
            told.elapsed().as_secs_f64()
        );
    }
    // Killed, it leaves a file that is as whole.
    station.kill();
    assert_eq!(in_a_copy(&site.store()), 200);
}

#[test]
fn what_another_program_edits_meanwhile_is_measured_and_in_the_file_too() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = site.uplink(station.address);
    uplink.submit(&[landslide(1, 1, Active)]).unwrap();
    until("delivery", || uplink.status().confirmed == 1);
    let drawn = geometry::encode_parts(&square(0.0, 0.0, 1.0).into()).unwrap();
    common::another_program(&site.store())
        .execute("UPDATE landslides SET geom = ?1", [drawn])
        .unwrap();
    until("the measure", || {
        query(
            &site.store(),
            "SELECT count(*) FROM landslides WHERE area_m2 > 1e9",
        ) == 1
    });
    station.stop();
}

#[test]
fn a_reader_that_stays_keeps_neither_reports_nor_other_readers_out() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = site.uplink(station.address);
    uplink.submit(&[landslide(1, 1, Active)]).unwrap();
    until("delivery", || uplink.status().confirmed == 1);
    let reader = Connection::open(site.store()).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM landslides;")
        .unwrap();
    uplink.submit(&[landslide(2, 1, Active)]).unwrap();
    until("delivery", || uplink.status().confirmed == 2);
    assert_eq!(query(&site.store(), "SELECT count(*) FROM landslides"), 2);
    drop(reader);
    until("a whole file", || in_a_copy(&site.store()) == 2);
    station.stop();
}

#[test]
fn a_snapshot_of_a_store_in_use_is_one_plain_whole_file_and_writes_over_nothing() {
    let site = Site::new();
    let served = site.serve(0);
    let uplink = site.uplink(served.address);
    uplink
        .submit(&[survey(), frame(1), landslide(1, 1, Active)])
        .unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    let out = site.path("stick.gpkg");
    let taken = station(&["snapshot", out.to_str().unwrap()], &site.store());
    assert!(taken.status.success(), "{taken:?}");
    served.stop();
    assert_eq!(in_a_copy(&out), 1);
    // No journal mode that would want files beside it: bytes 18 and 19 of the header (https://www.sqlite.org/fileformat.html).
    assert_eq!(fs::read(&out).unwrap()[18..20], [1, 1]);
    let before = fs::read(&out).unwrap();
    let again = station(&["snapshot", out.to_str().unwrap()], &site.store());
    let line = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(line.contains("is there already"), "{line}");
    assert!(fs::read(&out).unwrap() == before);
    let left = fs::read_dir(site.dir.path()).unwrap();
    let parts = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .ends_with(".part")
    });
    assert_eq!(parts.count(), 0);
}

#[test]
fn a_store_on_a_medium_that_cannot_be_written_is_read() {
    let site = Site::new();
    let medium = site.path("medium");
    fs::create_dir(&medium).unwrap();
    let allowed = read_only(&medium, &["true"]);
    // Containers that forbid mounts cannot show a read-only medium.
    if !allowed.status.success() {
        eprintln!("no mount is allowed here");
        return;
    }
    // Copied from a station in use, once whole and once with what is not in the file yet beside it.
    for with_log in [false, true] {
        let path = site.path("s.gpkg");
        let mut store = Store::open(&path).unwrap();
        store
            .apply(AIRCRAFT, [survey(), landslide(1, 1, Active)])
            .unwrap();
        if !with_log {
            store.rest().unwrap();
        }
        let name = medium.join(format!("copy {with_log}?.gpkg"));
        fs::copy(&path, &name).unwrap();
        if with_log {
            fs::copy(
                site.path("s.gpkg-wal"),
                medium.join(format!("copy {with_log}?.gpkg-wal")),
            )
            .unwrap();
        }
        let out = site.path("out.geojson");
        let program = env!("CARGO_BIN_EXE_scarp-station");
        let [name, to] = [&name, &out].map(|path| path.to_str().unwrap());
        for arguments in [
            vec!["surveys", "--store", name],
            vec!["export", "--store", name, "--out", to],
        ] {
            let output = read_only(&medium, &[&[program], &arguments[..]].concat());
            assert!(output.status.success(), "{with_log} {output:?}");
        }
        assert!(fs::read_to_string(&out).unwrap().contains("L-01"));
        fs::remove_file(&out).unwrap();
        drop(store);
        for suffix in ["", "-wal", "-shm"] {
            fs::remove_file(site.path(&format!("s.gpkg{suffix}"))).ok();
        }
    }
}

/// Runs a command that sees a folder as a medium that cannot be written.
fn read_only(folder: &Path, command: &[&str]) -> Output {
    let script =
        "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";
    Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(folder)
        .args(command)
        .output()
        .unwrap()
}
