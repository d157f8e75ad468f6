use std::fs;

use super::super::{
    Journal,
    tests::{file, frame, ids},
};

#[test]
fn reasons_that_differ_in_numbers_only_are_of_one_kind_and_kinds_are_few() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal
        .append(&(0..90).map(frame).collect::<Vec<_>>())
        .unwrap();
    let all = journal.pending(90, usize::MAX).unwrap();
    let mut odd = "x".to_owned();
    for (n, entry) in all.iter().enumerate() {
        let reason = match n {
            0..40 => format!("survey 5ca29-{n} has told something else of frame {n} before"),
            40 => "too late".to_owned(),
            _ => {
                odd.push('x');
                odd.clone()
            }
        };
        journal.set_aside(&[(entry.number, &reason)]).unwrap();
    }
    let told = journal.reasons().unwrap();
    assert_eq!(told.len(), 21);
    assert_eq!(
        (told[0].reason.as_str(), told[0].messages),
        ("survey … has told something else of frame … before", 40)
    );
    assert_eq!(told.iter().map(|kind| kind.messages).sum::<u64>(), 90);
    assert!(told.iter().any(|kind| kind.reason == "other reasons"));
}

#[test]
fn a_reason_that_is_no_text_any_more_costs_no_message() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal.append(&[frame(0), frame(1)]).unwrap();
    let first = journal.pending(1, 1).unwrap()[0].number;
    journal.set_aside(&[(first, "GONE ASTRAY")]).unwrap();
    drop(journal);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|w| w == b"GONE ASTRAY").unwrap();
    bytes[at] = 0xFF;
    fs::write(&path, &bytes).unwrap();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert!(journal.reasons().unwrap()[0].reason.ends_with("ONE ASTRAY"));
    drop(journal);
    // Mended too.
    bytes[0] = 0;
    fs::write(&path, &bytes).unwrap();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.held().set_aside, 1);
    assert_eq!(ids(&journal), [frame(1).id()]);
}

#[test]
fn what_is_counted_as_it_is_set_aside_is_what_a_look_through_the_file_finds() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.reasons().unwrap(), []);
    journal
        .append(&(0..60).map(frame).collect::<Vec<_>>())
        .unwrap();
    let all = journal.pending(60, usize::MAX).unwrap();
    for (n, entry) in all.iter().enumerate() {
        let reason = ["odd", "odd", "frame 7 is odd", "frame 8 is odd", "late"][n % 5];
        journal.set_aside(&[(entry.number, reason)]).unwrap();
        // Of those set aside already, and of unknown numbers, nothing changes.
        journal
            .set_aside(&[(entry.number, "x"), (-1, "x")])
            .unwrap();
    }
    let counted = journal.reasons().unwrap();
    assert_eq!(counted.len(), 3);
    drop(journal);
    let journal = Journal::open(&path, 1 << 20).unwrap();
    assert_eq!(journal.reasons().unwrap(), counted);
    journal.resend().unwrap();
    assert_eq!(journal.reasons().unwrap(), []);
}

#[test]
fn what_would_steer_a_terminal_is_left_out_of_a_reason() {
    let (_dir, path) = file();
    let journal = Journal::open(&path, 1 << 20).unwrap();
    journal.append(&[frame(0)]).unwrap();
    let entry = &journal.pending(1, 1).unwrap()[0];
    // As a journal of an earlier version holds it.
    journal
        .set_aside(&[(entry.number, "odd\u{1b}[2J\u{7}\nand more")])
        .unwrap();
    let told = journal.reasons().unwrap();
    assert_eq!(told[0].reason, "odd [2J  and more");
}
