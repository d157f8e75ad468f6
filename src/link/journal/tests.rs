use std::{fs, time::UNIX_EPOCH};

use scarp_inventory::FrameReport;

use super::*;
use crate::Body;

fn frame(sequence: u64) -> Envelope {
    Envelope::new(
        Uuid::from_u128(1),
        UNIX_EPOCH,
        Body::Frame(FrameReport {
            sequence: 1000 + sequence,
            name: format!("frame {sequence}"),
            time: None,
            placement: Err("no GPS".to_owned()),
        }),
    )
}

fn ids(journal: &Journal) -> Vec<Uuid> {
    let all = journal.pending(usize::MAX, usize::MAX).unwrap();
    all.into_iter().map(|entry| entry.id).collect()
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.redb");
    (dir, path)
}

#[test]
fn messages_wait_in_order_and_only_the_confirmed_ones_leave() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    let frames: Vec<_> = (0..5).map(frame).collect();
    journal.append(&frames).unwrap();
    let all = journal.pending(10, usize::MAX).unwrap();
    assert_eq!(Envelope::decode(&all[3].message).unwrap(), frames[3]);
    journal.remove(&[all[0].number, all[2].number]).unwrap();
    assert_eq!(
        ids(&journal),
        [frames[1].id(), frames[3].id(), frames[4].id()]
    );
    assert_eq!(journal.held().messages, 3);
}

#[test]
fn a_batch_keeps_its_limits_but_never_starves_a_long_message() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal
        .append(&(0..5).map(frame).collect::<Vec<_>>())
        .unwrap();
    let one = journal.pending(1, usize::MAX).unwrap()[0].message.len();
    assert_eq!(journal.pending(3, usize::MAX).unwrap().len(), 3);
    assert_eq!(journal.pending(9, 2 * one).unwrap().len(), 2);
    assert_eq!(journal.pending(9, 1).unwrap().len(), 1);
}

#[test]
fn a_full_journal_takes_nothing_and_says_what_to_do_until_there_is_room() {
    let (_dir, path) = file();
    let length = frame(0).encode().unwrap().len() as u64;
    let journal = Journal::open(&path, 2 * length).unwrap();
    journal.append(&[frame(0)]).unwrap();
    let error = journal.append(&[frame(1), frame(2)]).unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert_eq!(ids(&journal), [frame(0).id()]);
    let first = journal.pending(1, 1).unwrap()[0].number;
    journal.remove(&[first]).unwrap();
    journal.append(&[frame(1), frame(2)]).unwrap();
}

#[test]
fn a_reopened_journal_holds_what_it_held_and_numbers_on() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal.append(&[frame(0), frame(1), frame(2)]).unwrap();
    let last = journal.pending(9, usize::MAX).unwrap()[2].number;
    journal.set_aside(&[last]).unwrap();
    let held = journal.held();
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.held(), held);
    assert_eq!((held.messages, held.refused), (2, 1));
    journal.append(&[frame(3)]).unwrap();
    assert_eq!(ids(&journal), [0, 1, 3].map(|n| frame(n).id()));
    assert!(journal.pending(9, usize::MAX).unwrap()[2].number > last);
}

#[test]
fn a_message_that_cannot_be_sent_is_refused_with_its_whole_batch() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    let Body::Frame(report) = frame(1).body().clone() else {
        panic!("a frame's report");
    };
    let name = "x".repeat(5000);
    let report = FrameReport { name, ..report };
    let bad = Envelope::new(Uuid::from_u128(1), UNIX_EPOCH, Body::Frame(report));
    assert!(matches!(
        journal.append(&[frame(0), bad]),
        Err(JournalError::Message(_))
    ));
    assert_eq!(journal.held(), Held::default());
}

#[test]
fn a_journal_in_use_is_reported_in_one_line() {
    let (_dir, path) = file();
    let _open = Journal::open(&path, 1).unwrap();
    let error = Journal::open(&path, 1).err().unwrap();
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_journal_is_reported_in_one_line_and_left_alone() {
    let (dir, path) = file();
    for content in [
        b"a text that is no database".to_vec(),
        vec![0; 100_000],
        b"redb\x1a\x0a\xa9\x0d\x0a".to_vec(),
    ] {
        fs::write(&path, &content).unwrap();
        let line = Journal::open(&path, 1).err().unwrap().to_string();
        assert!(
            line.contains("journal.redb") && line.lines().count() == 1,
            "{line}"
        );
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    let line = Journal::open(dir.path(), 1).err().unwrap().to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn a_truncated_journal_is_reported_in_one_line_and_never_panics() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal
        .append(&(0..200).map(frame).collect::<Vec<_>>())
        .unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for keep in [
        1,
        64,
        319,
        320,
        4096,
        10_000,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        fs::write(&path, &whole[..keep]).unwrap();
        match Journal::open(&path, 1 << 20) {
            Ok(journal) => assert_eq!(ids(&journal).len(), 200, "cut to {keep}"),
            Err(e) => assert_eq!(e.to_string().lines().count(), 1, "{e}"),
        }
    }
}

#[test]
fn a_damaged_journal_is_set_aside_for_a_flight_and_a_new_one_made() {
    let (dir, path) = file();
    fs::write(&path, [7; 5000]).unwrap();
    assert!(matches!(
        Journal::open(&path, 1 << 20),
        Err(JournalError::Damaged { .. })
    ));
    let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
    journal.append(&[frame(1)]).unwrap();
    drop(journal);
    let again = Journal::open_or_replace(&path, 1 << 20).unwrap();
    assert_eq!(again.held().messages, 1);
    drop(again);
    fs::write(&path, [8; 5000]).unwrap();
    drop(Journal::open_or_replace(&path, 1 << 20).unwrap());
    for (number, byte) in [(1, 7), (2, 8)] {
        let aside = dir.path().join(format!("journal.redb.damaged-{number}"));
        assert_eq!(fs::read(aside).unwrap(), [byte; 5000]);
    }
}

#[test]
fn a_file_that_the_system_does_not_open_is_left_where_it_is() {
    let (dir, path) = file();
    fs::create_dir(&path).unwrap();
    let refused = Journal::open_or_replace(&path, 1 << 20);
    assert!(matches!(refused, Err(JournalError::Storage { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
