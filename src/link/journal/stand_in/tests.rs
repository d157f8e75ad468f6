use std::{fs, path::Path};

use super::super::{
    Journal, JournalError,
    tests::{file, frame, ids},
};

/// From here on nothing can be written to the journal: what undoes a transaction has no place.
fn refuse_writing(path: &Path) {
    fs::create_dir(path.with_extension("sqlite-journal")).unwrap();
}

fn allow_writing(path: &Path) {
    fs::remove_dir(path.with_extension("sqlite-journal")).unwrap();
}

/// A journal with frames 0 to 4 waiting and 5 set aside.
fn filled(path: &Path) {
    let journal = Journal::open(path, 1 << 20).unwrap();
    journal
        .append(&(0..6).map(frame).collect::<Vec<_>>())
        .unwrap();
    let last = journal.pending(9, usize::MAX).unwrap()[5].number;
    journal.set_aside(&[(last, "odd")]).unwrap();
}

#[test]
fn what_the_ground_has_confirmed_is_not_sent_again_while_the_disk_takes_nothing() {
    let (_dir, path) = file();
    filled(&path);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    refuse_writing(&path);
    let first = journal.pending(3, usize::MAX).unwrap();
    let numbers: Vec<i64> = first.iter().map(|entry| entry.number).collect();
    journal.remove(&numbers).unwrap();
    assert_eq!(ids(&journal), [3, 4].map(|n| frame(n).id()));
    journal
        .set_aside(&[(journal.pending(1, 1).unwrap()[0].number, "late")])
        .unwrap();
    let held = journal.held();
    assert_eq!((held.messages, held.set_aside), (1, 2));
    let line = journal.disk_fault().unwrap().line;
    assert!(line.contains("journal.sqlite") && line.lines().count() == 1);
    // Of photographs, what is found anew must be on the disk.
    let refused = journal.append(&[frame(9)]);
    assert!(matches!(refused, Err(JournalError::Obstructed { .. })));
    allow_writing(&path);
    journal.append(&[frame(9)]).unwrap();
    assert_eq!(journal.disk_fault(), None);
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(ids(&journal), [4, 9].map(|n| frame(n).id()));
    assert_eq!(journal.held().set_aside, 2);
}

#[test]
fn an_aircraft_whose_journal_cannot_be_written_sends_from_memory_and_the_disk_gets_it_when_it_can()
{
    let (_dir, path) = file();
    filled(&path);
    let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
    refuse_writing(&path);
    journal.append(&[frame(7), frame(8)]).unwrap();
    assert_eq!(ids(&journal), [0, 1, 2, 3, 4, 7, 8].map(|n| frame(n).id()));
    let sent = journal.pending(6, usize::MAX).unwrap();
    let numbers: Vec<i64> = sent.iter().map(|entry| entry.number).collect();
    journal.remove(&numbers).unwrap();
    assert_eq!(journal.held().messages, 1);
    assert!(journal.settle().is_err() && journal.disk_fault().is_some());
    allow_writing(&path);
    journal.settle().unwrap();
    assert_eq!(journal.disk_fault(), None);
    let waiting = journal.pending(9, usize::MAX).unwrap();
    journal.append(&[frame(10)]).unwrap();
    // Numbers outlast the change of place.
    journal.remove(&[waiting[0].number]).unwrap();
    drop(journal);
    assert_eq!(
        ids(&Journal::open(&path, 1 << 20).unwrap()),
        [frame(10).id()]
    );
}

#[test]
fn what_waits_in_memory_goes_to_a_file_that_was_lost_meanwhile_whole_and_in_its_order() {
    let (_dir, path) = file();
    filled(&path);
    let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
    refuse_writing(&path);
    journal.append(&[frame(7), frame(8)]).unwrap();
    fs::remove_file(&path).unwrap();
    allow_writing(&path);
    journal.settle().unwrap();
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(ids(&journal), [0, 1, 2, 3, 4, 7, 8].map(|n| frame(n).id()));
    assert_eq!(journal.held().set_aside, 1);
}

#[test]
fn an_aircraft_flies_where_no_journal_can_be_made_and_what_waited_in_one_in_use_joins_at_the_end() {
    let (_dir, path) = file();
    // A folder, and no place for the file.
    for bad in [
        path.parent().unwrap().to_owned(),
        path.join("in/no/folder"),
        "/dev/full".into(),
    ] {
        let journal = Journal::open_or_replace(&bad, 1 << 20).unwrap();
        journal.append(&[frame(1)]).unwrap();
        assert_eq!(ids(&journal), [frame(1).id()]);
        assert!(journal.disk_fault().is_some(), "{}", bad.display());
        assert!(Journal::open(&bad, 1 << 20).is_err());
    }
    filled(&path);
    let other = Journal::open(&path, 1 << 20).unwrap();
    let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
    journal.append(&[frame(20)]).unwrap();
    drop(other);
    drop(journal);
    let all = ids(&Journal::open(&path, 1 << 20).unwrap());
    assert_eq!(all, [0, 1, 2, 3, 4, 20].map(|n| frame(n).id()));
}

#[test]
fn memory_is_bounded() {
    let (_dir, path) = file();
    let journal = Journal::open_or_replace(path.parent().unwrap(), 2000).unwrap();
    let many: Vec<_> = (0..100).map(frame).collect();
    let refused = journal.append(&many);
    assert!(matches!(refused, Err(JournalError::Full { .. })));
    assert_eq!(journal.held().messages, 0);
}

#[test]
fn it_is_told_which_messages_a_loss_of_power_loses_and_which_the_file_lists_although_they_are_confirmed()
 {
    let (_dir, path) = file();
    filled(&path);
    let journal = Journal::open_or_replace(&path, 1 << 20).unwrap();
    refuse_writing(&path);
    journal.append(&[frame(7), frame(8)]).unwrap();
    let told = || {
        let fault = journal.disk_fault().unwrap();
        (
            fault.only_in_memory,
            fault.waiting_on_disk,
            fault.still_listed,
        )
    };
    assert_eq!(told(), (2, 5, 0));
    let sent = journal.pending(6, usize::MAX).unwrap();
    let numbers: Vec<i64> = sent.iter().map(|entry| entry.number).collect();
    journal.remove(&numbers).unwrap();
    assert_eq!(told(), (1, 0, 5));
    let last = journal.pending(1, usize::MAX).unwrap()[0].number;
    journal.set_aside(&[(last, "odd")]).unwrap();
    assert_eq!(told(), (1, 0, 5));
}

#[test]
fn a_replay_goes_on_in_memory_where_the_disk_is_at_fault_and_is_told_of_what_is_no_journal() {
    let (_dir, path) = file();
    filled(&path);
    refuse_writing(&path);
    let journal = Journal::open_to_replay(&path, 1 << 20).unwrap();
    journal.append(&[frame(9)]).unwrap();
    assert_eq!(ids(&journal), [0, 1, 2, 3, 4, 9].map(|n| frame(n).id()));
    assert_eq!(journal.disk_fault().unwrap().only_in_memory, 1);
    allow_writing(&path);
    journal.finish();
    assert_eq!(journal.disk_fault(), None);
    let error = Journal::open_to_replay(&path, 1 << 20).err().unwrap();
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
    drop(journal);
    fs::write(&path, [7; 5000]).unwrap();
    let error = Journal::open_to_replay(&path, 1 << 20).err().unwrap();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
}
