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
    database.execute_batch("DROP TABLE discarded").unwrap();
    drop(database);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    let held = journal.held();
    assert_eq!((held.set_aside, held.discarded), (2, 0));
    assert!(journal.damaged().is_empty());
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
