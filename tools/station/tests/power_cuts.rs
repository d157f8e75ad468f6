//! The aircraft's journal and the station's store on computers that lose their power at any moment.
//!
//! 100 times each; `SCARP_POWER_CUTS` says how often instead.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{AIRCRAFT, envelope, frame, landslide};
use geo::Polygon;
use scarp_inventory::{FrameFootprint, FrameReport, LandslideStatus};
use scarp_link::{Body, Envelope, Journal};
use scarp_station::store::Store;
use scarp_test_support::power_cut::{Computer, Random};
use uuid::Uuid;

/// How often a computer loses its power before another takes its place.
const LIVES: u64 = 20;

fn cuts() -> u64 {
    let named = env::var("SCARP_POWER_CUTS").ok();
    named.map_or(100, |cuts| cuts.parse().unwrap())
}

/// A report of any length, some of several pages.
fn message(sequence: u64, random: &mut Random) -> Envelope {
    let vertices = if random.chance(5) { 1500 } else { 4 };
    let ring: Vec<(f64, f64)> = (0..vertices)
        .map(|i| f64::from(i) / f64::from(vertices) * std::f64::consts::TAU)
        .map(|a| (7.0 + 0.01 * a.cos(), 46.0 + 0.01 * a.sin()))
        .collect();
    envelope(Body::Frame(FrameReport {
        sequence,
        name: "x".repeat(1 + random.below(1000) as usize),
        time: None,
        placement: Ok(FrameFootprint {
            footprint: Polygon::new(ring.into(), vec![]),
            gsd_m: 0.03,
        }),
    }))
}

/// What a journal holds: each message by its age, and whether it is set aside.
type Holds = BTreeMap<u64, (Uuid, bool)>;

fn waiting(holds: &Holds) -> Vec<Uuid> {
    let waiting = holds.values().filter(|(_, aside)| !aside);
    waiting.map(|(id, _)| *id).collect()
}

fn open_journal(computer: &Computer) -> Journal {
    Journal::open(&computer.folder().join("journal.sqlite"), 1 << 26).unwrap()
}

/// Changes the journal as a flight does, and `holds` likewise.
fn change(journal: &Journal, holds: &mut Holds, next: &mut u64, random: &mut Random) {
    let pending = || journal.pending(1 + *next as usize % 9, usize::MAX);
    match random.below(20) {
        0..12 => {
            let new: Vec<_> = (*next..=*next + random.below(12))
                .map(|sequence| message(sequence, random))
                .collect();
            for envelope in &new {
                holds.insert(*next, (envelope.id(), false));
                *next += 1;
            }
            journal.append(&new).ok();
        }
        12..17 => {
            let Ok(some) = pending() else { return };
            holds.retain(|_, (id, _)| !some.iter().any(|entry| entry.id == *id));
            let numbers: Vec<i64> = some.iter().map(|entry| entry.number).collect();
            journal.remove(&numbers).unwrap();
        }
        17..19 => {
            let Ok(some) = pending() else { return };
            for (id, aside) in holds.values_mut() {
                *aside |= some.iter().any(|entry| entry.id == *id);
            }
            let refused: Vec<_> = some.iter().map(|entry| (entry.number, "odd")).collect();
            journal.set_aside(&refused).unwrap();
        }
        _ => {
            holds.values_mut().for_each(|(_, aside)| *aside = false);
            journal.resend().ok();
        }
    }
}

#[test]
fn a_journal_that_loses_its_power_holds_what_it_held_before_the_change_under_way_or_after_it() {
    let mut random = Random::new(1);
    for seed in 0..cuts().div_ceil(LIVES) {
        let computer = Computer::new(seed).unwrap();
        let (mut holds, mut next) = (vec![Holds::new()], 0);
        for life in 0..LIVES {
            if random.chance(25) {
                // While it undoes what was under way.
                computer.lose_power_after(random.below(8));
                let path = computer.folder().join("journal.sqlite");
                drop(Journal::open(&path, 1 << 26));
                computer.start();
            }
            let journal = open_journal(&computer);
            let entries = journal.pending(usize::MAX, usize::MAX).unwrap();
            for entry in &entries {
                let envelope = Envelope::decode(&entry.message).unwrap();
                assert_eq!(envelope.id(), entry.id);
            }
            let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
            let is = |holds: &Holds| {
                let aside = holds.values().filter(|(_, aside)| *aside).count() as u64;
                waiting(holds) == ids && journal.held().set_aside == aside
            };
            let Some(found) = holds.iter().position(is) else {
                panic!("computer {seed}, life {life}: {:?}", journal.held());
            };
            let mut now = holds.swap_remove(found);
            computer.lose_power_after(random.below(200));
            while computer.has_power() {
                let before = now.clone();
                change(&journal, &mut now, &mut next, &mut random);
                holds = vec![before, now.clone()];
            }
            drop(journal);
            computer.start();
        }
    }
}

/// What lies beside a journal after a loss of power is its own: as files of this computer, where it is looked at before SQLite uses it, and
/// by a process without the other computers' disks.
#[test]
fn no_change_that_lost_its_power_is_taken_for_that_of_another_journal() {
    let mut random = Random::new(4);
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for seed in 0..cuts().div_ceil(LIVES) {
        let computer = Computer::new(1000 + seed).unwrap();
        let (mut holds, mut next) = (Holds::new(), 0);
        drop(open_journal(&computer));
        for life in 0..LIVES {
            let journal = open_journal(&computer);
            computer.lose_power_after(random.below(200));
            while computer.has_power() {
                change(&journal, &mut holds, &mut next, &mut random);
            }
            drop(journal);
            computer.start();
            let copy = folder.path().join(format!("{seed}-{life}"));
            fs::create_dir(&copy).unwrap();
            computer.copy_to(&copy).unwrap();
            expected.push((copy, held(&open_journal(&computer))));
        }
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_process_that_opens_journals", "--ignored"])
        .env("SCARP_TEST_JOURNALS", folder.path())
        .status();
    assert!(status.unwrap().success());
    let undone = expected
        .iter()
        .filter(|(copy, _)| copy.join("had-sidecar").exists())
        .count();
    assert!(undone > expected.len() / 10, "{undone}");
    for (copy, held) in expected {
        let found = fs::read_to_string(copy.join("held")).unwrap();
        assert_eq!(found, held, "{}", copy.display());
    }
}

/// All that a journal holds, and what was not used of what lay beside it.
fn held(journal: &Journal) -> String {
    let mut told = format!("{:?} {:?}", journal.held(), journal.foreign());
    for entry in journal.pending(usize::MAX, usize::MAX).unwrap() {
        write!(told, " {}", entry.id).unwrap();
    }
    told
}

#[test]
#[ignore = "the process that another test starts"]
fn a_process_that_opens_journals() {
    let folder = env::var("SCARP_TEST_JOURNALS").unwrap();
    for copy in fs::read_dir(folder).unwrap() {
        let copy = copy.unwrap().path();
        let start = fs::read(copy.join("journal.sqlite-journal")).unwrap_or_default();
        if start.first().is_some_and(|byte| *byte != 0) {
            fs::write(copy.join("had-sidecar"), "").unwrap();
        }
        let journal = Journal::open(&copy.join("journal.sqlite"), 1 << 26).unwrap();
        fs::write(copy.join("held"), held(&journal)).unwrap();
    }
}

fn store_path(computer: &Computer) -> PathBuf {
    computer.folder().join("survey.gpkg")
}

/// The messages in a store, after making sure that it is whole and says each once.
fn stored(path: &Path) -> BTreeSet<Uuid> {
    drop(Store::open(path).unwrap());
    let db = rusqlite::Connection::open(path).unwrap();
    let text = |sql: &str| {
        db.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let mut select = db.prepare("SELECT id FROM messages").unwrap();
    let ids = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let ids: Vec<Uuid> = ids.map(|id| id.unwrap().parse().unwrap()).collect();
    let told =
        "SELECT (SELECT count(*) FROM footprints) + (SELECT count(*) FROM landslide_history)";
    assert_eq!(number(told), ids.len() as i64);
    let set: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(set.len(), ids.len());
    set
}

/// Frames and landslides, some of them known.
fn batch(next: &mut u64, random: &mut Random) -> Vec<Envelope> {
    let length = random.below(20);
    let one = |_| {
        let number = if random.chance(20) {
            random.below(*next + 1)
        } else {
            *next += 1;
            *next
        };
        if number.is_multiple_of(3) {
            let status = if number.is_multiple_of(7) {
                LandslideStatus::Withdrawn
            } else {
                LandslideStatus::Active
            };
            landslide(u128::from(number / 12), (number % 12) as u32 + 1, status)
        } else {
            frame(number)
        }
    };
    (0..=length).map(one).collect()
}

#[test]
fn a_store_that_loses_its_power_has_all_of_a_batch_or_nothing_and_all_that_it_confirmed() {
    let mut random = Random::new(2);
    for seed in 0..cuts().div_ceil(LIVES) {
        let computer = Computer::new(seed).unwrap();
        let (mut holds, mut next) = (vec![BTreeSet::new()], 0);
        for life in 0..LIVES {
            if random.chance(25) {
                computer.lose_power_after(random.below(30));
                drop(Store::open(&store_path(&computer)));
                computer.start();
            }
            let ids = stored(&store_path(&computer));
            assert!(holds.contains(&ids), "computer {seed}, life {life}");
            let mut store = Some(Store::open(&store_path(&computer)).unwrap());
            let mut now = ids;
            holds = vec![now.clone()];
            computer.lose_power_after(random.below(300));
            while computer.has_power() {
                let Some(open) = &mut store else {
                    store = Store::open(&store_path(&computer)).ok();
                    continue;
                };
                let batch = batch(&mut next, &mut random);
                let before = now.clone();
                now.extend(batch.iter().map(Envelope::id));
                let applied = open.apply(AIRCRAFT, batch);
                assert!(applied.is_ok() || !computer.has_power(), "{applied:?}");
                holds = if applied.is_ok() {
                    vec![now.clone()]
                } else {
                    vec![before, now.clone()]
                };
                if random.chance(5) {
                    store.take().map(Store::close);
                }
            }
            drop(store);
            computer.start();
        }
    }
}

#[test]
fn whatever_loses_its_power_the_station_has_in_the_end_what_the_aircraft_had_each_once() {
    let mut random = Random::new(3);
    for seed in 0..cuts().div_ceil(LIVES) {
        let (aircraft, station) = (
            Computer::new(2 * seed).unwrap(),
            Computer::new(2 * seed + 1).unwrap(),
        );
        let (mut appended, mut perhaps, mut next) = (BTreeSet::new(), BTreeSet::new(), 0);
        for life in 0..=LIVES {
            let journal = open_journal(&aircraft);
            let mut store = Store::open(&store_path(&station)).unwrap();
            if life < LIVES {
                let first = if random.chance(50) {
                    &aircraft
                } else {
                    &station
                };
                first.lose_power_after(random.below(200));
            }
            loop {
                if life < LIVES && random.chance(60) {
                    let new: Vec<_> = (next..=next + random.below(12)).map(frame).collect();
                    next += new.len() as u64;
                    let ids = new.iter().map(Envelope::id);
                    if journal.append(&new).is_ok() {
                        appended.extend(ids);
                    } else {
                        perhaps.extend(ids);
                    }
                }
                let entries = journal.pending(16, usize::MAX).unwrap_or_default();
                if life == LIVES && entries.is_empty() {
                    break;
                }
                let messages = entries
                    .iter()
                    .map(|e| Envelope::decode(&e.message).unwrap());
                if store.apply(AIRCRAFT, messages.collect::<Vec<_>>()).is_ok() {
                    let numbers: Vec<i64> = entries.iter().map(|entry| entry.number).collect();
                    journal.remove(&numbers).unwrap();
                }
                if !aircraft.has_power() || !station.has_power() {
                    break;
                }
            }
            drop((journal, store));
            for computer in [&aircraft, &station] {
                // The other may go on, or be carried home with its battery out.
                if !computer.has_power() || random.chance(30) {
                    computer.start();
                }
            }
        }
        let stored = stored(&store_path(&station));
        assert!(stored.is_superset(&appended), "computers {seed}: a gap");
        let known: BTreeSet<_> = appended.union(&perhaps).copied().collect();
        assert!(stored.is_subset(&known), "computers {seed}: too much");
        // What was under way went on as a whole, or not at all.
        assert_eq!(open_journal(&aircraft).held().messages, 0);
    }
}
