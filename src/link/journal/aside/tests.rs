use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::{
    super::{
        Journal,
        database::Message,
        tests::{file, frame, ids},
    },
    MAX_BYTES, MAX_MESSAGES,
};
use crate::{Envelope, MAX_MESSAGE_BYTES};

/// Appends these frames and sets aside all that waits.
fn set_aside(journal: &Journal, frames: std::ops::Range<u64>) {
    let frames: Vec<_> = frames.map(frame).collect();
    journal.append(&frames).unwrap();
    let entries = journal.pending(usize::MAX, usize::MAX).unwrap();
    let aside: Vec<_> = entries.iter().map(|entry| (entry.number, "odd")).collect();
    journal.set_aside(&aside).unwrap();
}

#[test]
fn what_is_set_aside_is_bounded_the_oldest_make_room_and_are_counted_until_that_is_acknowledged() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    for first in (0..MAX_MESSAGES + 2000).step_by(1000) {
        set_aside(&journal, first..first + 1000);
    }
    let held = journal.held();
    assert_eq!((held.set_aside, held.discarded), (MAX_MESSAGES, 2000));
    assert_eq!(journal.newly_set_aside(), MAX_MESSAGES + 2000);
    drop(journal);
    // Also for whoever opens it later.
    let journal = Journal::open(&path, 1 << 26).unwrap();
    assert_eq!(journal.held(), held);
    assert_eq!(journal.newly_set_aside(), 0);
    assert_eq!(journal.resend().unwrap(), MAX_MESSAGES);
    let expected = (2000..MAX_MESSAGES + 2000).map(|n| frame(n).id());
    assert_eq!(ids(&journal), expected.collect::<Vec<_>>());
    assert_eq!(journal.discard().unwrap(), 0);
    assert_eq!(journal.held().discarded, 0);
    assert_eq!(journal.held().messages, MAX_MESSAGES);
}

#[test]
fn few_but_long_messages_set_aside_make_room_too_and_the_newest_stays_whatever_its_length() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    let message = Message {
        number: 0,
        id: Uuid::from_u128(1),
        content: vec![7; MAX_MESSAGE_BYTES],
        since: 0,
        set_aside: None,
        set_aside_at: None,
    };
    let most = MAX_BYTES / MAX_MESSAGE_BYTES as u64;
    for _ in 0..most + 3 {
        journal.insert(std::slice::from_ref(&message)).unwrap();
        let entry = &journal.pending(1, 1).unwrap()[0];
        journal.set_aside(&[(entry.number, "too long")]).unwrap();
    }
    let held = journal.held();
    assert_eq!((held.set_aside, held.discarded), (most, 3));
    assert_eq!(held.set_aside_bytes, MAX_BYTES);
}

#[test]
fn discarding_removes_what_is_set_aside_and_nothing_that_waits() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    set_aside(&journal, 0..3);
    let waiting: [Envelope; 2] = [frame(7), frame(8)];
    journal.append(&waiting).unwrap();
    assert_eq!(journal.discard().unwrap(), 3);
    let held = journal.held();
    assert_eq!(
        (held.set_aside, held.set_aside_bytes, held.messages),
        (0, 0, 2)
    );
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.held(), held);
    assert_eq!(ids(&journal), waiting.each_ref().map(Envelope::id));
}

#[test]
fn a_journal_made_before_discarded_messages_were_counted_counts_them_from_now_on() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    set_aside(&journal, 0..2);
    drop(journal);
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch("DROP TABLE discarded; ALTER TABLE messages DROP COLUMN set_aside_at")
        .unwrap();
    drop(database);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    let held = journal.held();
    assert_eq!((held.set_aside, held.discarded), (2, 0));
    assert!(journal.damaged().is_empty());
    // Since when they are set aside, nobody knows.
    assert_eq!(journal.reasons().unwrap()[0].since, None);
    set_aside(&journal, 2..3);
    assert_eq!(journal.reasons().unwrap()[0].since, None);
    drop(journal);
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch("ALTER TABLE discarded DROP COLUMN reason; INSERT INTO discarded VALUES (4)")
        .unwrap();
    drop(database);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.held().discarded, 4);
    assert_eq!(journal.discarded_reason().unwrap(), None);
}

#[test]
fn what_made_room_while_the_disk_took_nothing_is_counted_in_the_file_once_it_does() {
    let (_dir, path) = file();
    let journal = Journal::open_or_replace(&path, 1 << 26).unwrap();
    set_aside(&journal, 0..MAX_MESSAGES);
    drop(journal);
    let journal = Journal::open_or_replace(&path, 1 << 26).unwrap();
    let undo = path.with_extension("sqlite-journal");
    std::fs::create_dir(&undo).unwrap();
    set_aside(&journal, 50_000..50_010);
    assert!(journal.disk_fault().is_some());
    assert_eq!(journal.held().discarded, 10);
    std::fs::remove_dir(&undo).unwrap();
    journal.settle().unwrap();
    drop(journal);
    let held = Journal::open(&path, 1 << 26).unwrap().held();
    assert_eq!((held.set_aside, held.discarded), (MAX_MESSAGES, 10));
}

#[test]
fn it_is_told_since_when_a_message_is_set_aside_and_not_how_old_it_is() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    let yesterday = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    let message = Message {
        number: 0,
        id: Uuid::from_u128(1),
        content: vec![7],
        since: super::super::unix_ms(yesterday),
        set_aside: None,
        set_aside_at: None,
    };
    journal.insert(&[message]).unwrap();
    let entry = &journal.pending(1, 1).unwrap()[0];
    journal.set_aside(&[(entry.number, "odd")]).unwrap();
    for again in [false, true] {
        let since = journal.reasons().unwrap()[0].since.unwrap();
        assert!(
            since.elapsed().unwrap() < Duration::from_secs(600),
            "{again}"
        );
        // Counted as it is, and looked through.
        journal.state.lock().recount().unwrap();
    }
}

#[test]
fn why_the_last_was_set_aside_that_made_room_is_told_also_of_one_longer_than_all_that_stays() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    journal.append(&[frame(1), frame(2)]).unwrap();
    drop(journal);
    let database = rusqlite::Connection::open(&path).unwrap();
    let grown = format!(
        "UPDATE messages SET content = zeroblob({}) WHERE number = 0",
        MAX_BYTES + 1
    );
    database.execute_batch(&grown).unwrap();
    drop(database);
    let journal = Journal::open(&path, 1 << 26).unwrap();
    assert_eq!(ids(&journal), [frame(2).id()]);
    let held = journal.held();
    assert_eq!((held.set_aside, held.discarded), (0, 1));
    drop(journal);
    let journal = Journal::open(&path, 1 << 26).unwrap();
    let reason = journal.discarded_reason().unwrap();
    assert_eq!(reason.as_deref(), Some("damaged on the disk"));
    journal.discard().unwrap();
    assert_eq!(journal.discarded_reason().unwrap(), None);
}
