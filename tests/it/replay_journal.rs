//! `scarp replay` where its journal cannot be written: the photographs are searched, and what is found is sent from memory.

use std::{fs, path::PathBuf, process::Output};

use serde_json::Value;

use super::{
    replay::{Flight, json, lines, tagged, tiny_model},
    support::{
        mounts::{full, read_only, scarp_after},
        station::Station,
    },
};

/// Photographs with a landslide, a ground station, and a disk of its own for the journal.
struct Site {
    flight: Flight,
    station: Station,
}

impl Site {
    fn new() -> Self {
        let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
        for folder in ["card", "files"] {
            fs::create_dir(flight.path(folder)).unwrap();
        }
        fs::write(flight.path("files/note"), "").unwrap();
        let station = Station::serve(&flight.path("station"));
        Self { flight, station }
    }

    fn journal(&self) -> PathBuf {
        self.flight.path("card/journal.sqlite")
    }

    /// What a replay ends with that reports to `station` once these lines of a shell have made the disk.
    fn replayed(&self, mounts: &str, station: &str) -> (Output, Value) {
        let mut replay = self.flight.replay_by(scarp_after(mounts), &tiny_model());
        replay.args(["--station", station, "--keys"]);
        replay.arg(self.station.keys());
        let output = replay
            .arg("--journal")
            .arg(self.journal())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", lines(&output));
        let report = json(&output);
        let fault = report["storage_error"].as_str().unwrap();
        assert!(fault.contains("card/journal.sqlite"), "{fault}");
        assert_eq!(report["landslides"], 1);
        (output, report)
    }
}

#[test]
fn on_a_disk_that_is_full_or_read_only_all_reaches_the_ground_station_and_the_fault_is_told() {
    for full_disk in [true, false] {
        let site = Site::new();
        let (files, card) = (site.flight.path("files"), site.flight.path("card"));
        let mounts = if full_disk {
            full(&files, &card)
        } else {
            read_only(&files, &card)
        };
        let (output, report) = site.replayed(&mounts, &site.station.address);
        assert_eq!(
            (&report["undelivered"], &report["messages_lost"]),
            (&0.into(), &0.into())
        );
        let said = lines(&output);
        assert!(said.contains("by which no message is lost"), "{said}");
        // The run, the frame and the landslide.
        assert_eq!(site.station.stop()["stored"], 3);
    }
}

#[test]
fn what_then_reaches_nobody_is_said_to_be_lost() {
    let site = Site::new();
    let mounts = read_only(&site.flight.path("files"), &site.flight.path("card"));
    let (output, report) = site.replayed(&mounts, "127.0.0.1:9");
    assert_eq!(
        (&report["undelivered"], &report["messages_lost"]),
        (&3.into(), &3.into())
    );
    let said = lines(&output);
    assert!(
        said.contains("3 messages are lost: not confirmed"),
        "{said}"
    );
    assert!(!said.contains("drain"), "{said}");
}
