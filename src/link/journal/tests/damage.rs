//! What damage costs a journal: nothing but what it hit.

use std::{fs, path::Path};

use scarp_inventory::{FrameFootprint, FrameReport, Run};
use uuid::Uuid;

use super::{
    super::{DAMAGED, Journal, JournalError},
    file, frame, ids,
};
use crate::{Body, Envelope};

/// A journal's file with messages of many lengths, some of several pages, and what was confirmed of them gone.
fn worn(path: &Path) -> Vec<Envelope> {
    let journal = Journal::open(path, 1 << 26).unwrap();
    let message = |n: u64| {
        let Body::Frame(report) = frame(n).body().clone() else {
            panic!("a frame's report");
        };
        let length = if n.is_multiple_of(29) {
            1000
        } else {
            n * 7 % 300
        };
        let text = format!("{n:-<width$}", width = length as usize);
        let vertices = if n.is_multiple_of(61) { 1500 } else { 3 };
        let ring: Vec<(f64, f64)> = (0..vertices)
            .map(|i| f64::from(i) / f64::from(vertices) * std::f64::consts::TAU)
            .map(|a| {
                (
                    7.0 + 0.01 * a.cos() * (1.0 + (a * 50.0).sin() * 0.3),
                    46.0 + 0.01 * a.sin(),
                )
            })
            .collect();
        let placement = FrameFootprint {
            footprint: geo::Polygon::new(ring.into(), vec![]),
            gsd_m: 0.2,
        };
        let report = FrameReport {
            name: text,
            placement: Ok(placement),
            ..report
        };
        Envelope::new(Run::unnamed(Uuid::from_u128(1)), Body::Frame(report))
    };
    let all: Vec<_> = (0..500).map(message).collect();
    for some in all.chunks(20) {
        journal.append(some).unwrap();
    }
    let entries = journal.pending(usize::MAX, usize::MAX).unwrap();
    let gone: Vec<_> = entries
        .iter()
        .map(|e| e.number)
        .filter(|n| n % 5 == 0)
        .collect();
    journal.remove(&gone).unwrap();
    (0..)
        .zip(all)
        .filter(|(n, _)| n % 5 != 0)
        .map(|(_, message)| message)
        .collect()
}

/// The messages that wait in the journal at `path`, which an aircraft starts with.
fn started_with(path: &Path) -> std::collections::BTreeSet<Uuid> {
    let journal = Journal::open_or_replace(path, 1 << 26).unwrap();
    ids(&journal).into_iter().collect()
}

/// The short messages, each with the pages that hold it. Each is a row in one page; where others hold it too, pages were divided and a
/// copy stayed. What is long lies in several pages, which only SQLite knows.
fn pages_of(whole: &[u8], messages: &[Envelope]) -> Vec<(Uuid, Vec<usize>)> {
    let pages = |message: &Envelope| {
        let bytes = message.encode().unwrap();
        let places = whole.windows(bytes.len()).enumerate();
        let places = places.filter(|(_, window)| *window == bytes);
        let pages: Vec<usize> = places.map(|(at, _)| at / 4096).collect();
        (message.id(), pages)
    };
    let pages = messages.iter().map(pages);
    pages.filter(|(_, pages)| !pages.is_empty()).collect()
}

/// Those of `messages` that are missing in `found` though no page of theirs is among `damaged`.
fn missing(
    found: &std::collections::BTreeSet<Uuid>,
    messages: &[(Uuid, Vec<usize>)],
    damaged: std::ops::Range<usize>,
) -> usize {
    let untouched = |pages: &[usize]| pages.iter().all(|page| !damaged.contains(page));
    let lost = |(id, pages): &&(Uuid, Vec<usize>)| untouched(pages) && !found.contains(id);
    messages.iter().filter(lost).count()
}

#[test]
fn each_page_of_a_journal_may_be_damaged_or_lost_and_all_other_messages_go_on() {
    let (_dir, path) = file();
    let messages = worn(&path);
    let whole = fs::read(&path).unwrap();
    let messages = pages_of(&whole, &messages);
    assert!(messages.len() > 380, "{}", messages.len());
    let pages = whole.len() / 4096;
    assert!(pages > 20, "{pages}");
    for page in 0..pages {
        let (start, end) = (page * 4096, (page + 1) * 4096);
        let mut flipped = whole.clone();
        flipped[start] ^= 0xFF;
        let mut zeroed = whole.clone();
        zeroed[start..end].fill(0);
        let cut = whole[..start].to_vec();
        // The first byte of a page says what it is, and nothing of what is in it.
        for (how, file, damaged) in [
            ("first byte", flipped, 0..0),
            ("zeroed", zeroed, page..page + 1),
            ("cut before", cut, page..pages),
        ] {
            fs::write(&path, file).unwrap();
            assert_eq!(
                missing(&started_with(&path), &messages, damaged),
                0,
                "page {page}, {how}"
            );
            clear(&path);
        }
    }
}

#[test]
fn a_bit_that_flips_anywhere_costs_no_message_of_another_page_and_gives_none_that_was_not_written()
{
    let (_dir, path) = file();
    let messages = worn(&path);
    let whole = fs::read(&path).unwrap();
    let messages = pages_of(&whole, &messages);
    let known: Vec<Uuid> = (0..500).map(|n| frame(n).id()).collect();
    // Knuth's linear congruential generator.
    let mut random = 0x5CA2_9000_u64;
    for _ in 0..200 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bit = (random >> 20) as usize % (whole.len() * 8);
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let found = started_with(&path);
        let page = bit / 8 / 4096;
        assert_eq!(missing(&found, &messages, page..page + 1), 0, "bit {bit}");
        assert!(found.iter().all(|id| known.contains(id)), "bit {bit}");
        clear(&path);
    }
}

#[test]
fn every_bit_of_the_header_may_flip_and_all_messages_go_on_and_new_ones_are_taken() {
    let (_dir, path) = file();
    let messages = worn(&path);
    let whole = fs::read(&path).unwrap();
    for bit in 0..800 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let journal = Journal::open_or_replace(&path, 1 << 26).unwrap();
        journal.append(&[frame(90_000)]).unwrap();
        let waiting = journal.held().messages as usize;
        assert!(waiting > messages.len(), "bit {bit}: {waiting}");
        drop(journal);
        clear(&path);
    }
}

#[test]
fn several_that_find_the_same_damage_at_once_lose_nothing() {
    for _ in 0..20 {
        let (_dir, path) = file();
        let messages = worn(&path);
        let mut whole = fs::read(&path).unwrap();
        whole[0] ^= 0xFF;
        fs::write(&path, &whole).unwrap();
        let open = || match Journal::open(&path, 1 << 26) {
            Ok(journal) => Some(journal.held().messages as usize),
            Err(JournalError::Locked { .. }) => None,
            Err(e) => panic!("{e}"),
        };
        let opened: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..3).map(|_| scope.spawn(open)).collect();
            all.into_iter()
                .filter_map(|one| one.join().unwrap())
                .collect()
        });
        assert!(opened.iter().all(|n| *n >= messages.len()), "{opened:?}");
        assert!(open().unwrap() >= messages.len());
    }
}

#[test]
fn a_row_with_other_bytes_than_were_written_is_set_aside_and_holds_up_no_other() {
    let (_dir, path) = file();
    let messages = worn(&path);
    let mut whole = fs::read(&path).unwrap();
    let third = messages[2].encode().unwrap();
    let places = whole.windows(third.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, w)| *w == third)
        .map(|(at, _)| at)
        .collect();
    for at in places {
        whole[at + third.len() - 1] ^= 1;
    }
    fs::write(&path, &whole).unwrap();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    let expected: Vec<Uuid> = messages.iter().map(Envelope::id).collect();
    assert_eq!(ids(&journal), [&expected[..2], &expected[3..]].concat());
    let held = journal.held();
    assert_eq!(
        (held.messages, held.set_aside),
        (messages.len() as u64 - 1, 1)
    );
    assert_eq!(journal.reasons().unwrap()[0].reason, DAMAGED);
}

#[test]
fn damage_that_shows_while_a_journal_is_in_use_costs_only_what_it_hit() {
    let (dir, path) = file();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    // More than SQLite keeps in memory.
    let messages: Vec<_> = (0..40_000).map(frame).collect();
    for some in messages.chunks(4000) {
        journal.append(some).unwrap();
    }
    let pages = fs::metadata(&path).unwrap().len() / 4096;
    assert!(pages > 600, "{pages}");
    // As a disk does it: below the open file.
    let mut below = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::io::Seek::seek(&mut below, std::io::SeekFrom::Start(20 * 4096)).unwrap();
    std::io::Write::write_all(&mut below, &[0; 4096]).unwrap();
    let found = ids(&journal);
    assert!(
        messages.len() - found.len() < 60,
        "{} of {}",
        found.len(),
        messages.len()
    );
    assert!(dir.path().join("journal.sqlite.damaged-1").exists());
    // It goes on.
    journal.append(&[frame(90_000)]).unwrap();
    assert_eq!(ids(&journal).last(), Some(&frame(90_000).id()));
    assert_eq!(journal.held().messages, found.len() as u64 + 1);
}

/// Removes what damaged journals have left.
fn clear(path: &Path) {
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}
