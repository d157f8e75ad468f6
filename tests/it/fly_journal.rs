//! `scarp fly` where its journal cannot be: it goes on, and what it reports reaches the ground station.

use std::{
    fs,
    io::Read,
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
        mounts::{full, read_only, scarp_after},
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
    fn fly(&self, scarp: Command) -> Child {
        self.fly_to(&self.station.address, scarp)
    }

    fn fly_to(&self, station: &str, mut scarp: Command) -> Child {
        scarp.args(["fly", "--json", "--board"]);
        scarp.arg(board(self.folder.path(), ""));
        scarp.args(["--station", station, "--keys"]);
        scarp.arg(self.station.keys()).arg("--journal");
        scarp.arg(&self.journal).stdout(Stdio::piped());
        scarp.stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Flies until the ground station has confirmed so many messages, without a word of a broken link, and is told to stop; what it ends
    /// with and what the ground station has stored. The beginning of the run is reported where there is no camera, too.
    fn flown(self, mut flying: Child, confirmed: u64) -> (Output, Value, u64) {
        let all_confirmed = |health: &Value| {
            let seen = health["link"]["confirmed"].as_u64();
            seen >= Some(confirmed) && health["link"]["confirmed_s"].as_f64() < Some(1.0)
        };
        let health = self.until(&mut flying, all_confirmed);
        assert_eq!(health["state"], "waiting_for_fix");
        let fault = &health["link"]["fault"];
        let line = fault.as_str().unwrap_or_default();
        // Nothing of a broken link, and nothing but the disk.
        assert!(
            line.starts_with("the journal is not written, messages wait in memory: journal"),
            "{fault}"
        );
        assert!(
            line.contains(&self.journal.display().to_string()),
            "{fault}"
        );
        assert!(
            line.ends_with(health["link"]["disk_fault"].as_str().unwrap()),
            "{health}"
        );
        terminate(&flying);
        let output = flying.wait_with_output().unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap();
        let stored = self.station.stop()["stored"].as_u64().unwrap();
        (output, report, stored)
    }

    /// What `health.json` says once it says what is waited for.
    fn until(&self, flying: &mut Child, waited_for: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let text = fs::read(self.folder.path().join("out/health.json")).unwrap_or_default();
            let health: Value = serde_json::from_slice(&text).unwrap_or_default();
            if waited_for(&health) {
                return health;
            }
            let ended = flying.try_wait().unwrap();
            if ended.is_some() || started.elapsed() > LIMIT {
                flying.kill().ok();
                let mut said = String::new();
                let stderr = flying.stderr.as_mut().unwrap();
                stderr.read_to_string(&mut said).ok();
                panic!("{health}, {ended:?}: {said}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The same of a flight whose messages are on no disk, which is told.
    fn flown_from_memory(self, flying: Child, confirmed: u64) {
        let journal = self.journal.display().to_string();
        let (output, report, stored) = self.flown(flying, confirmed);
        let said = lines(&output);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert_eq!((&report["undelivered"], stored), (&0.into(), confirmed));
        assert_eq!(report["messages_lost"], 0);
        assert!(said.contains("by which no message is lost"), "{said}");
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
fn what_was_in_memory_only_and_reached_nobody_is_said_to_be_lost_once_without_advice_that_cannot_help()
 {
    let site = Site::new();
    fs::create_dir(&site.journal).unwrap();
    let mut flying = site.fly_to("127.0.0.1:9", scarp());
    let health = site.until(&mut flying, |health| {
        health["link"]["only_in_memory"].as_u64() == Some(1)
    });
    let fault = health["link"]["fault"].as_str().unwrap();
    assert!(fault.contains("messages wait in memory"), "{fault}");
    terminate(&flying);
    let output = flying.wait_with_output().unwrap();
    let said = lines(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["undelivered"], &report["messages_lost"]),
        (&1.into(), &1.into())
    );
    assert!(
        said.contains("1 message is lost: not confirmed by the ground station"),
        "{said}"
    );
    assert!(
        said.contains("is no journal (a folder); move it away"),
        "{said}"
    );
    assert_eq!(said.matches("lost").count(), 1, "{said}");
    assert!(!said.contains("drain") && !said.contains("waits"), "{said}");
}

#[test]
fn a_card_without_a_byte_left_costs_nothing_but_its_own_copy() {
    let site = Site::new();
    let none = site.folder.path().join("none");
    let flying = site.fly(scarp_after(&full(&none, site.card())));
    site.flown_from_memory(flying, 1);
}
