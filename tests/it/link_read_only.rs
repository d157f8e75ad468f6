//! `scarp link` on a card that can be read and not written.

use std::{fs, path::PathBuf, process::Output};

use scarp_link::Journal;
use serde_json::json;

use super::{
    link_command::{LIMIT, report, with_one_set_aside},
    support::{
        mounts::{full, read_only, scarp_after},
        station::Station,
    },
};

/// A journal with two messages waiting and one set aside on a disk that is read only for who looks at it there.
struct Card {
    folder: tempfile::TempDir,
    at: PathBuf,
}

impl Card {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("card");
        for folder in ["card", "files"] {
            fs::create_dir(at.with_file_name(folder)).unwrap();
        }
        let card = Self { folder, at };
        with_one_set_aside(&card.journal());
        card
    }

    /// Where its files really lie.
    fn journal(&self) -> PathBuf {
        self.folder.path().join("files/journal.sqlite")
    }

    fn link(&self, command: &str, more: &[&str]) -> Output {
        self.link_after(&read_only(&self.files(), &self.at), command, more)
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    fn link_after(&self, mounts: &str, command: &str, more: &[&str]) -> Output {
        let mut scarp = scarp_after(mounts);
        scarp.args(["link", command, "--json", "--journal"]);
        scarp.arg(self.at.join("journal.sqlite")).args(more);
        scarp.output().unwrap()
    }
}

#[test]
fn status_tells_all_and_that_it_cannot_be_written() {
    let card = Card::new();
    let output = card.link("status", &[]);
    let told = report(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        (&told["waiting"], &told["set_aside"][0]["reason"]),
        (&json!(2), &json!("odd"))
    );
    let fault = told["disk_fault"].as_str().unwrap();
    assert!(fault.contains("card/journal.sqlite"), "{fault}");
    assert!(fault.contains("cannot be written"), "{fault}");
}

#[test]
fn status_on_a_full_disk_tells_that_too() {
    let card = Card::new();
    let output = card.link_after(&full(&card.files(), &card.at), "status", &[]);
    let told = report(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(told["waiting"], 2);
    let fault = told["disk_fault"].as_str().unwrap();
    assert!(
        fault.ends_with("no space left on the disk; free disk space"),
        "{fault}"
    );
}

#[test]
fn status_of_a_damaged_one_tells_what_is_readable() {
    let card = Card::new();
    let mut damaged = fs::read(card.journal()).unwrap();
    damaged[0] ^= 0xFF;
    fs::write(card.journal(), damaged).unwrap();
    let output = card.link("status", &[]);
    assert_eq!(report(&output)["waiting"], 2);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn drain_sends_what_waits_and_tells_that_it_stays() {
    let card = Card::new();
    let station = Station::serve(&card.folder.path().join("station"));
    let keys = station.keys();
    let more = [
        "--station",
        &station.address,
        "--keys",
        keys.to_str().unwrap(),
    ];
    let output = card.link("drain", &more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("2 messages are on the ground"), "{said}");
    assert!(
        said.contains("The journal still lists 2 messages that are on the ground"),
        "{said}"
    );
    assert!(!said.contains("No message waits"), "{said}");
    let told = report(&output);
    assert_eq!(
        (&told["waiting"], &told["still_listed"]),
        (&json!(0), &json!(2))
    );
    let said = String::from_utf8(card.link("status", &[]).stderr).unwrap();
    assert!(said.contains("some may be on the ground"), "{said}");
    assert_eq!(station.stop()["stored"], 2);
    let journal = Journal::open(&card.journal(), LIMIT).unwrap();
    assert_eq!(journal.held().messages, 2);
}

#[test]
fn what_cannot_be_done_there_is_refused_and_so_is_what_is_no_journal() {
    let card = Card::new();
    for (command, more) in [("resend", &[][..]), ("discard", &["--yes"])] {
        let output = card.link(command, more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot be written"), "{said}");
    }
    fs::write(card.journal(), "a text").unwrap();
    let output = card.link("status", &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("is no journal"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
