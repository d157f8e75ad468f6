//! `scarp fly` where its journal cannot be: it goes on, and what it reports reaches the ground station.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use scarp_link::Journal;
use scarp_test_support::signal::terminate;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    fly::{board, lines},
    support::{
        link::frame,
        mounts::{read_only, scarp_after},
        station::Station,
    },
};

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A flight in a folder of its own, its ground station, and where its journal is to be.
struct Site {
    folder: TempDir,
    station: Station,
    journal: PathBuf,
}

impl Site {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let card = folder.path().join("card");
        fs::create_dir(&card).unwrap();
        Self {
            station: Station::serve(&folder.path().join("station")),
            journal: card.join("journal.sqlite"),
            folder,
        }
    }

    fn card(&self) -> &Path {
        self.journal.parent().unwrap()
    }

    /// The flight, started by `scarp`.
    fn fly(&self, mut scarp: Command) -> Child {
        scarp.args(["fly", "--json", "--board"]);
        scarp.arg(board(self.folder.path(), ""));
        scarp.args(["--station", &self.station.address, "--keys"]);
        scarp.arg(self.station.keys()).arg("--journal");
        scarp.arg(&self.journal).stdout(Stdio::piped());
        scarp.stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Flies until the ground station has confirmed so many messages, without a word of a broken link, and is told to stop; what it ends
    /// with and what the ground station has stored. The beginning of the run is reported where there is no camera, too.
    fn flown(self, mut flying: Child, confirmed: u64) -> (Output, Value, u64) {
        let started = Instant::now();
        let health = loop {
            let text = fs::read(self.folder.path().join("out/health.json")).unwrap_or_default();
            let health: Value = serde_json::from_slice(&text).unwrap_or_default();
            if health["link"]["confirmed"].as_u64() >= Some(confirmed) {
                break health;
            }
            let ended = flying.try_wait().unwrap();
            if ended.is_some() || started.elapsed() > LIMIT {
                flying.kill().ok();
                let output = flying.wait_with_output().unwrap();
                panic!("{health}, {ended:?}: {}", lines(&output));
            }
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(health["state"], "waiting_for_fix");
        assert_eq!(health["link"]["fault"], Value::Null);
        terminate(&flying);
        let output = flying.wait_with_output().unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap();
        let stored = self.station.stop()["stored"].as_u64().unwrap();
        (output, report, stored)
    }

    /// The same of a flight whose messages are on no disk, which is told.
    fn flown_from_memory(self, flying: Child, confirmed: u64) {
        let journal = self.journal.display().to_string();
        let (output, report, stored) = self.flown(flying, confirmed);
        let said = lines(&output);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert_eq!((&report["undelivered"], stored), (&0.into(), confirmed));
        assert!(said.contains("messages wait in memory meanwhile"), "{said}");
        let fault = report["storage_error"].as_str().unwrap();
        assert!(fault.contains(&journal), "{fault}");
    }
}

fn scarp() -> Command {
    Command::new(env!("CARGO_BIN_EXE_scarp"))
}

#[test]
fn a_folder_in_the_place_of_the_journal_keeps_no_aircraft_on_the_ground() {
    let site = Site::new();
    fs::create_dir(&site.journal).unwrap();
    let flying = site.fly(scarp());
    site.flown_from_memory(flying, 1);
}

#[test]
fn a_pipe_in_its_place_does_not_hold_the_aircraft_up() {
    let site = Site::new();
    let made = Command::new("mkfifo").arg(&site.journal).status();
    assert!(made.unwrap().success());
    let flying = site.fly(scarp());
    site.flown_from_memory(flying, 1);
}

#[test]
fn on_a_card_that_cannot_be_written_what_waited_there_is_sent_too() {
    let site = Site::new();
    let files = site.folder.path().join("files");
    fs::create_dir(&files).unwrap();
    let journal = Journal::open(&files.join("journal.sqlite"), 1 << 20).unwrap();
    journal.append(&[frame(1), frame(2)]).unwrap();
    drop(journal);
    let flying = site.fly(scarp_after(&read_only(&files, site.card())));
    site.flown_from_memory(flying, 3);
}

#[test]
fn a_card_without_a_byte_left_costs_nothing_but_its_own_copy() {
    let site = Site::new();
    let card = site.card().display();
    let full = format!(
        "mount -t tmpfs -o size=64k none {card}\ndd if=/dev/zero of={card}/film bs=1k count=64 2>/dev/null || true"
    );
    let flying = site.fly(scarp_after(&full));
    site.flown_from_memory(flying, 1);
}
