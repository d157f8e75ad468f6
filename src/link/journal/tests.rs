mod damage;

use std::fs;

use scarp_inventory::{FrameReport, Run};

use super::*;
use crate::Body;
use uuid::Uuid;

pub(super) fn frame(sequence: u64) -> Envelope {
    Envelope::new(
        Run::unnamed(Uuid::from_u128(1)),
        Body::Frame(FrameReport {
            sequence: 1000 + sequence,
            name: format!("frame {sequence}"),
            time: None,
            placement: Err("no GPS".to_owned()),
        }),
    )
}

pub(super) fn ids(journal: &Journal) -> Vec<Uuid> {
    let all = journal.pending(usize::MAX, usize::MAX).unwrap();
    all.into_iter().map(|entry| entry.id).collect()
}

pub(super) fn file() -> (tempfile::TempDir, PathBuf) {
    // In memory where the system has such a folder: the tests damage and mend hundreds of files, and no power is lost here.
    let memory = Path::new("/dev/shm");
    let dir = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
    .unwrap();
    let path = dir.path().join("journal.sqlite");
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
fn a_batch_ends_before_a_second_message_of_one_identity_since_a_receipt_could_mean_either() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal
        .append(&[frame(0), frame(1), frame(0), frame(2)])
        .unwrap();
    let batch = || {
        let entries = journal.pending(9, usize::MAX).unwrap();
        let numbers: Vec<i64> = entries.iter().map(|entry| entry.number).collect();
        journal.remove(&numbers).unwrap();
        entries.iter().map(|entry| entry.id).collect::<Vec<_>>()
    };
    assert_eq!(batch(), [frame(0).id(), frame(1).id()]);
    assert_eq!(batch(), [frame(0).id(), frame(2).id()]);
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
    journal.set_aside(&[(last, "refused")]).unwrap();
    let held = journal.held();
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.held(), held);
    assert_eq!((held.messages, held.set_aside), (2, 1));
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
    let placement = Ok(scarp_inventory::FrameFootprint {
        footprint: geo::Polygon::new(geo::LineString::new(Vec::new()), Vec::new()),
        gsd_m: 0.2,
    });
    let report = FrameReport {
        placement,
        ..report
    };
    let bad = Envelope::new(Run::unnamed(Uuid::from_u128(1)), Body::Frame(report));
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
        vec![7; 5000],
        b"SQLite format 3\0".to_vec(),
    ] {
        fs::write(&path, &content).unwrap();
        let error = Journal::open(&path, 1).err().unwrap();
        assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
        let line = error.to_string();
        assert!(line.contains("journal.sqlite") && line.lines().count() == 1);
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (a)").unwrap();
    drop(other);
    let error = Journal::open(&path, 1).err().unwrap();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
    let line = Journal::open(dir.path(), 1).err().unwrap().to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn an_aircraft_flies_with_a_new_journal_where_something_else_has_its_name_which_is_kept() {
    let (dir, path) = file();
    for (number, byte) in [(1, 7), (2, 8)] {
        fs::write(&path, [byte; 5000]).unwrap();
        let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
        journal.append(&[frame(1)]).unwrap();
        drop(journal);
        let again = Journal::open_or_replace(&path, 1 << 20).unwrap();
        assert_eq!(again.held().messages, 1);
        let aside = dir.path().join(format!("journal.sqlite.damaged-{number}"));
        assert_eq!(fs::read(aside).unwrap(), [byte; 5000]);
    }
}

#[test]
fn what_was_set_aside_is_told_by_its_reason_and_waits_again_when_asked() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal
        .append(&(0..4).map(frame).collect::<Vec<_>>())
        .unwrap();
    let all = journal.pending(9, usize::MAX).unwrap();
    let numbers: Vec<i64> = all.iter().map(|entry| entry.number).collect();
    let aside = [
        (numbers[0], "odd"),
        (numbers[1], "too late"),
        (numbers[3], "odd"),
    ];
    journal.set_aside(&aside).unwrap();
    let told: Vec<_> = journal.reasons().unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|a| (a.reason.as_str(), a.messages))
        .collect();
    assert_eq!(told, [("odd", 2), ("too late", 1)]);
    assert_eq!(ids(&journal), [frame(2).id()]);
    assert!(journal.waiting_since().unwrap().is_some());
    assert_eq!(journal.resend().unwrap(), 3);
    assert_eq!(ids(&journal), [0, 1, 2, 3].map(|n| frame(n).id()));
    let held = journal.held();
    assert_eq!((held.messages, held.set_aside), (4, 0));
    drop(journal);
    assert_eq!(Journal::open(&path, 1 << 20).unwrap().held(), held);
}
