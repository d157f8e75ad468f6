//! The store's disk fills, or its files are taken away, while drones report: the true cause is told, and nothing is confirmed that is
//! not kept.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{LONG, Site, Station, frame, query, until};
use scarp_link::{Envelope, Uplink};

/// A site whose station has stored some frames, and the drone that has more.
struct Flight {
    site: Site,
    station: Station,
    uplink: Uplink,
}

/// Frames delivered before anything happens to the store, and after.
const BEFORE: u64 = 5;
const AFTER: u64 = 3;

fn frames(sequences: std::ops::Range<u64>) -> Vec<Envelope> {
    sequences.map(frame).collect()
}

impl Flight {
    fn begin() -> Self {
        let site = Site::new();
        let station = site.serve(0);
        let uplink = site.uplink(station.address);
        uplink.submit(&frames(0..BEFORE)).unwrap();
        until("delivery", || uplink.status().confirmed == BEFORE);
        Self {
            site,
            station,
            uplink,
        }
    }

    /// The line by which the station ends, and the drone, which still has what it reported since.
    fn end(mut self) -> (String, Site, Uplink) {
        assert_eq!(self.station.ended(), Some(1));
        let said = fs::read_to_string(self.site.log()).unwrap();
        let line = said.lines().last().unwrap_or_default();
        assert!(line.starts_with("scarp-station: store "), "{said}");
        assert_eq!(said.matches(" while it was in use").count(), 1, "{said}");
        assert_eq!(self.uplink.status().confirmed, BEFORE);
        (line.to_owned(), self.site, self.uplink)
    }
}

fn frames_in(store: &Path) -> u64 {
    query(store, "SELECT count(*) FROM footprints") as u64
}

/// Puts `rescued` where the store was, and has the drone deliver what is left to a station that starts on it.
fn go_on(site: &Site, uplink: Uplink, rescued: Option<PathBuf>) {
    if let Some(rescued) = rescued {
        fs::rename(rescued, site.store()).unwrap();
    }
    drop(uplink);
    let station = site.serve(0);
    assert_eq!(site.uplink(station.address).drain(LONG).held.messages, 0);
    station.stop();
    assert_eq!(frames_in(&site.store()), BEFORE + AFTER);
}

#[test]
fn a_store_that_is_deleted_is_saved_beside_its_place_and_nothing_is_confirmed_after() {
    let flight = Flight::begin();
    fs::remove_file(flight.site.store()).unwrap();
    // Whether it is a commit that comes first or the station's look at the file.
    flight
        .uplink
        .submit(&frames(BEFORE..BEFORE + AFTER))
        .unwrap();
    let (line, site, uplink) = flight.end();
    let rescued = site.path("survey-rescued-1.gpkg");
    assert!(line.contains("was deleted or moved away"), "{line}");
    assert!(line.contains(rescued.to_str().unwrap()), "{line}");
    assert!(frames_in(&rescued) >= BEFORE);
    assert!(!site.store().exists());
    go_on(&site, uplink, Some(rescued));
}

#[test]
fn a_store_that_is_deleted_while_no_drone_reports_is_noticed_too() {
    let flight = Flight::begin();
    fs::remove_file(flight.site.store()).unwrap();
    let (_, site, uplink) = flight.end();
    let rescued = site.path("survey-rescued-1.gpkg");
    assert_eq!(frames_in(&rescued), BEFORE);
    uplink.submit(&frames(BEFORE..BEFORE + AFTER)).unwrap();
    go_on(&site, uplink, Some(rescued));
}

#[test]
fn a_store_in_whose_place_another_file_is_put_is_saved_and_the_other_stays_as_it_was() {
    let other = Flight::begin();
    let flight = Flight::begin();
    let (backup, taken) = (
        other.site.store(),
        flight.site.path("survey-rescued-1.gpkg"),
    );
    other.station.stop();
    let backup_was = fs::read(&backup).unwrap();
    fs::write(&taken, "something of the operator's").unwrap();
    fs::rename(&backup, flight.site.store()).unwrap();
    flight
        .uplink
        .submit(&frames(BEFORE..BEFORE + AFTER))
        .unwrap();
    let (line, site, uplink) = flight.end();
    assert!(line.contains("was replaced by another"), "{line}");
    assert!(fs::read(site.store()).unwrap() == backup_was);
    assert_eq!(fs::read(&taken).unwrap(), b"something of the operator's");
    // Nothing lies beside it that SQLite would take for a part of it.
    assert_eq!(frames_in(&site.store()), BEFORE);
    let rescued = site.path("survey-rescued-2.gpkg");
    assert!(frames_in(&rescued) >= BEFORE);
    go_on(&site, uplink, Some(rescued));
}

#[test]
fn a_store_that_is_moved_has_in_its_new_place_all_that_was_confirmed() {
    let flight = Flight::begin();
    let moved = flight.site.path("archive.gpkg");
    fs::rename(flight.site.store(), &moved).unwrap();
    let (_, site, uplink) = flight.end();
    assert_eq!(frames_in(&moved), BEFORE);
    uplink.submit(&frames(BEFORE..BEFORE + AFTER)).unwrap();
    go_on(&site, uplink, Some(moved));
}

#[test]
fn a_file_beside_the_store_that_is_deleted_costs_nothing_that_was_confirmed() {
    for beside in ["survey.gpkg-wal", "survey.gpkg-shm"] {
        let flight = Flight::begin();
        fs::remove_file(flight.site.path(beside)).unwrap();
        flight
            .uplink
            .submit(&frames(BEFORE..BEFORE + AFTER))
            .unwrap();
        let (line, site, uplink) = flight.end();
        assert!(line.contains(&format!("its file {beside} was")), "{line}");
        assert!(line.contains("is in the store itself"), "{line}");
        assert!(frames_in(&site.store()) >= BEFORE);
        go_on(&site, uplink, None);
    }
}

#[test]
fn a_folder_that_is_gone_with_the_store_is_told_with_why_nothing_could_be_saved() {
    let flight = Flight::begin();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = flight.site.path("");
    let gone = elsewhere.path().join("gone");
    let log = fs::read_to_string(flight.site.log()).unwrap();
    assert!(!log.contains("while it was in use"), "{log}");
    fs::rename(&folder, &gone).unwrap();
    let Flight {
        mut station, site, ..
    } = flight;
    assert_eq!(station.ended(), Some(1));
    let said = fs::read_to_string(gone.join("station.log")).unwrap();
    assert!(said.contains("what it held cannot be saved ("), "{said}");
    // It went into the file, wherever that is.
    assert_eq!(frames_in(&gone.join("survey.gpkg")), BEFORE);
    fs::rename(&gone, &folder).unwrap();
    drop(site);
}

/// Begins the flight with a station whose command the shell `script` runs as `"$@"`.
fn serve_under(site: &Site, program: &[&str], script: &str) -> Station {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).args(["-c", script, "sh"]);
    command.arg(env!("CARGO_BIN_EXE_scarp-station"));
    command.args(site.serve_arguments(0));
    site.start(command)
}

/// Reports until the drone says that the station cannot store because of `cause`; the number of frames reported.
fn report_until(uplink: &Uplink, cause: &str) -> u64 {
    let mut reported = 0;
    until(cause, || {
        uplink.submit(&frames(reported..reported + 20)).unwrap();
        reported += 20;
        let line = uplink.status().last_error.unwrap_or_default();
        line.contains("cannot store now") && line.contains(cause)
    });
    reported
}

#[test]
fn a_file_that_may_grow_no_further_is_told_as_that_and_holds_all_that_was_confirmed() {
    let site = Site::new();
    // The signal would end the process before the write could fail. The shell counts in 512 bytes, or in 1024.
    let script = "trap '' XFSZ; ulimit -f 1600; exec \"$@\"";
    let station = serve_under(&site, &["sh"], script);
    let uplink = site.uplink(station.address);
    let reported = report_until(&uplink, "longest file that the system allows");
    let confirmed = uplink.status().confirmed;
    drop(uplink);
    station.kill();
    assert!(frames_in(&site.store()) >= confirmed);
    let station = site.serve(0);
    assert_eq!(site.uplink(station.address).drain(LONG).held.messages, 0);
    station.stop();
    assert_eq!(frames_in(&site.store()), reported);
}

#[test]
fn a_full_disk_is_told_as_that_and_what_is_sent_again_is_stored_once_there_is_room() {
    let mut site = Site::new();
    let disk = site.path("disk");
    fs::create_dir(&disk).unwrap();
    let unshare = ["unshare", "--map-root-user", "--mount", "sh"];
    let mount = format!("mount -t tmpfs -o size=2m none {}", disk.display());
    let mut allowed = Command::new(unshare[0]);
    allowed.args(&unshare[1..]).args(["-c", &mount]);
    // Containers that forbid mounts cannot show a full disk; the test above shows one that takes no more.
    if !allowed.output().is_ok_and(|o| o.status.success()) {
        eprintln!("no mount is allowed here");
        return;
    }
    site.put_store("disk/survey.gpkg");
    let ballast = "head -c 1500000 /dev/zero >";
    let script = format!(
        "{mount} && {ballast} {}/ballast; exec \"$@\"",
        disk.display()
    );
    let station = serve_under(&site, &unshare, &script);
    let uplink = site.uplink(station.address);
    let reported = report_until(&uplink, "the disk is full; free disk space");
    // What another process sees of the station's disk.
    let root = PathBuf::from(format!("/proc/{}/root", station.id()));
    let seen = root.join(disk.strip_prefix("/").unwrap());
    fs::remove_file(seen.join("ballast")).unwrap();
    let end = uplink.drain(LONG);
    assert_eq!((end.held.messages, end.held.set_aside), (0, 0), "{end:?}");
    fs::create_dir(site.path("copy")).unwrap();
    let copy = site.path("copy/survey.gpkg");
    for suffix in ["", "-wal"] {
        let name = format!("survey.gpkg{suffix}");
        fs::copy(seen.join(&name), site.path("copy").join(&name)).unwrap();
    }
    station.stop();
    assert_eq!(frames_in(&copy), reported);
    let said = fs::read_to_string(site.log()).unwrap();
    assert!(!said.contains("disk I/O error"), "{said}");
}
