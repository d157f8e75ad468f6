//! `scarp link` and journals as programs meet them: what waits, what was set aside, and what an earlier version left.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use redb::{Database, TableDefinition};
use scarp_link::{Envelope, Journal, peek_id};
use serde_json::{Value, json};

use super::support::{link::frame, station::Station};

pub const LIMIT: u64 = 64 << 20;
const PENDING: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("pending");
const REFUSED: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("refused");

fn link(command: &str, journal: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scarp"))
        .args(["link", command, "--json", "--journal"])
        .arg(journal)
        .output()
        .unwrap()
}

/// A journal with frames 2 and 3 waiting, and 1 set aside because it is odd.
pub fn with_one_set_aside(path: &Path) {
    let journal = Journal::open(path, LIMIT).unwrap();
    journal.append(&[frame(1), frame(2), frame(3)]).unwrap();
    let first = journal.pending(1, 1).unwrap()[0].number;
    journal.set_aside(&[(first, "odd")]).unwrap();
}

pub fn report(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    eprintln!("{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"))
}

/// A journal as an earlier version left it, with these messages waiting and those refused.
fn of_an_earlier_version(path: &Path, messages: &[Vec<u8>], refused: &[Vec<u8>]) {
    let database = Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    for (table, messages) in [(PENDING, messages), (REFUSED, refused)] {
        let mut rows = transaction.open_table(table).unwrap();
        for (number, bytes) in (0..).zip(messages) {
            let id = peek_id(bytes).unwrap().as_u128();
            rows.insert(number, (id, bytes.as_slice())).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// Frames 1 to 40.
fn forty() -> Vec<Envelope> {
    (1..=40).map(frame).collect()
}

fn encoded(messages: &[Envelope]) -> Vec<Vec<u8>> {
    messages.iter().map(|m| m.encode().unwrap()).collect()
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite");
    (dir, path)
}

#[test]
fn status_says_what_waits_and_what_was_set_aside_and_resend_lets_it_wait_again() {
    let (_dir, path) = file();
    with_one_set_aside(&path);
    let output = link("status", &path);
    assert_eq!(output.status.code(), Some(3));
    let told = report(&output);
    assert_eq!(told["waiting"], 2);
    assert_eq!(
        (
            &told["set_aside"][0]["reason"],
            &told["set_aside"][0]["messages"]
        ),
        (&json!("odd"), &json!(1))
    );
    let told = report(&link("resend", &path));
    assert_eq!(
        (&told["waiting"], &told["set_aside"]),
        (&json!(3), &json!([]))
    );
}

#[test]
fn discard_says_what_it_would_remove_and_removes_it_only_where_that_is_agreed() {
    let (_dir, path) = file();
    with_one_set_aside(&path);
    let shown = link("discard", &path);
    let said = String::from_utf8_lossy(&shown.stderr);
    assert_eq!((shown.status.code(), shown.stdout.len()), (Some(1), 0));
    assert!(said.contains("1 message is set aside"), "{said}");
    assert!(
        said.contains(": odd") && said.contains("add --yes"),
        "{said}"
    );
    let told = report(&link("status", &path));
    assert_eq!(told["set_aside"][0]["messages"], 1);
    let output = Command::new(env!("CARGO_BIN_EXE_scarp"))
        .args(["link", "discard", "--yes", "--json", "--journal"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 message was removed"), "{said}");
    // What waits, still does.
    assert_eq!(output.status.code(), Some(3));
    let told = report(&output);
    assert_eq!(
        (&told["waiting"], &told["set_aside"], &told["discarded"]),
        (&json!(2), &json!([]), &json!(0))
    );
}

#[test]
fn an_empty_journal_is_all_well_and_a_missing_one_is_named() {
    let (_dir, path) = file();
    drop(Journal::open(&path, LIMIT).unwrap());
    let output = link("status", &path);
    assert_eq!(output.status.code(), Some(0));
    let mut told = report(&output);
    // As it looks where something was set aside.
    told["set_aside"] = json!([{ "messages": 1, "reason": "odd", "since_unix_s": 1 }]);
    told["kept"] = json!(["journal.sqlite.damaged-1"]);
    insta::assert_json_snapshot!("json-link-status", told);
    let missing = link("status", Path::new("/nowhere/journal.sqlite"));
    let said = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        said.contains("/nowhere/journal.sqlite") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_journal_of_an_earlier_version_is_taken_over_once() {
    for name in ["journal.redb", "journal.sqlite"] {
        let (dir, path) = file();
        let messages = forty();
        of_an_earlier_version(&dir.path().join(name), &encoded(&messages), &[]);
        for _ in 0..2 {
            assert_eq!(report(&link("status", &path))["waiting"], 40, "{name}");
        }
        let journal = Journal::open(&path, LIMIT).unwrap();
        let found = journal.pending(usize::MAX, usize::MAX).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|entry| Envelope::decode(&entry.message).unwrap())
            .collect();
        assert_eq!(found, messages);
        assert!(dir.path().join("journal.redb.taken-over-1").exists());
    }
}

/// An earlier version took times that no calendar has; where such a message went on in the old file alone, nobody was told of it.
#[test]
fn what_an_earlier_version_took_and_no_message_may_say_today_is_set_aside_with_the_reason() {
    let (dir, path) = file();
    let mut messages = encoded(&forty());
    // Once more the frame, field 11, with a time, field 3, in the year 292277: both are merged.
    messages[7].extend([0x5A, 10, 0x18]);
    messages[7].extend([0xFF; 8]);
    messages[7].push(0x7F);
    let refused = encoded(&[frame(90)]);
    of_an_earlier_version(&dir.path().join("journal.redb"), &messages, &refused);
    let output = link("status", &path);
    assert_eq!(output.status.code(), Some(3));
    let told = report(&output);
    assert_eq!(told["waiting"], 39);
    let aside = |n: usize| told["set_aside"][n]["reason"].as_str().unwrap();
    let mut reasons = [aside(0), aside(1)];
    reasons.sort_unstable();
    assert!(reasons[0].starts_with("message: time"), "{reasons:?}");
    assert!(
        reasons[1].starts_with("refused by the ground station"),
        "{reasons:?}"
    );
    let journal = Journal::open(&path, LIMIT).unwrap();
    assert_eq!(journal.resend().unwrap(), 2);
    let waiting = journal.pending(usize::MAX, usize::MAX).unwrap();
    assert!(waiting.iter().any(|entry| entry.message == messages[7]));
    assert!(waiting.iter().any(|entry| entry.id == frame(90).id()));
}

/// redb panics on most damage, and on some ends the process at once.
#[test]
fn a_damaged_journal_of_an_earlier_version_keeps_nobody_from_going_on() {
    let (dir, path) = file();
    let old = dir.path().join("journal.redb");
    of_an_earlier_version(&old, &encoded(&forty()), &[]);
    let whole = fs::read(&old).unwrap();
    for page in (0..whole.len() / 4096).step_by(3) {
        for entry in fs::read_dir(dir.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let mut damaged = whole.clone();
        damaged[page * 4096 + 9] ^= 0xFF;
        fs::write(&old, &damaged).unwrap();
        // In the first page it may not look like one any more.
        let output = link("status", &path);
        let gone_on = matches!(output.status.code(), Some(0 | 3));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(gone_on || !path.exists(), "page {page}: {said}");
        assert_ne!(output.status.code(), Some(101), "page {page}: {said}");
    }
}

/// What a drain of the journal says, by a process that can write files or not.
fn drain(station: &Station, journal: &Path, writes: bool) -> Output {
    let limit = if writes { "unlimited" } else { "0" };
    Command::new("sh")
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\""),
        ])
        .arg(env!("CARGO_BIN_EXE_scarp"))
        .args(["link", "drain", "--json", "--journal"])
        .arg(journal)
        .args(["--station", &station.address, "--keys"])
        .arg(station.keys())
        .output()
        .unwrap()
}

fn with_700_waiting() -> (tempfile::TempDir, PathBuf, Station) {
    let (dir, path) = file();
    let messages: Vec<_> = (1..=700).map(frame).collect();
    Journal::open(&path, LIMIT)
        .unwrap()
        .append(&messages)
        .unwrap();
    let station = Station::serve(dir.path());
    (dir, path, station)
}

#[test]
fn drain_brings_all_that_waits_to_the_ground_and_says_so() {
    let (_dir, path, station) = with_700_waiting();
    let drained = drain(&station, &path, true);
    let said = String::from_utf8_lossy(&drained.stderr);
    assert_eq!(drained.status.code(), Some(0), "{said}");
    assert!(said.contains("700 messages are on the ground"), "{said}");
    assert_eq!(report(&drained)["waiting"], 0);
    let again = drain(&station, &path, true);
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{said}");
    assert_eq!(said.trim(), "No message waits for the ground station.");
    assert_eq!(station.stop()["stored"], 700);
}

#[test]
fn drain_of_a_journal_that_cannot_be_written_sends_all_once_ends_and_says_that_it_stays() {
    let (_dir, path, station) = with_700_waiting();
    let drained = drain(&station, &path, false);
    let said = String::from_utf8_lossy(&drained.stderr);
    assert_eq!(drained.status.code(), Some(3), "{said}");
    assert!(said.contains("700 messages are on the ground"), "{said}");
    let told = report(&drained);
    assert_eq!(told["waiting"], 0);
    let fault = told["disk_fault"].as_str().unwrap();
    assert!(fault.contains("journal.sqlite"), "{fault}");
    let last = station.stop();
    assert_eq!(
        (&last["stored"], &last["repeated"]),
        (&json!(700), &json!(0))
    );
    assert_eq!(report(&link("status", &path))["waiting"], 700);
}

#[test]
fn a_journal_that_lost_messages_is_told_of_until_its_damaged_file_is_moved_away() {
    let (dir, path) = file();
    Journal::open(&path, LIMIT)
        .unwrap()
        .append(&[frame(1)])
        .unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..4000]).unwrap();
    for _ in 0..2 {
        let output = link("status", &path);
        assert_eq!(output.status.code(), Some(3));
        let told = report(&output);
        assert_eq!(told["waiting"], 0);
        let kept = told["kept"][0].as_str().unwrap();
        assert!(kept.ends_with("journal.sqlite.damaged-1"), "{kept}");
    }
    fs::remove_file(dir.path().join("journal.sqlite.damaged-1")).unwrap();
    assert_eq!(link("status", &path).status.code(), Some(0));
    // One of an earlier version, too.
    fs::write(dir.path().join("journal.redb"), b"redb?").unwrap();
    let output = link("status", &path);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        report(&output)["kept"][0]
            .as_str()
            .unwrap()
            .ends_with("journal.redb")
    );
}

#[test]
fn drain_without_a_ground_station_says_how_to_name_one() {
    let (_dir, path) = file();
    drop(Journal::open(&path, LIMIT).unwrap());
    let output = link("drain", &path);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("--station and --keys") && said.lines().count() == 1,
        "{said}"
    );
}
