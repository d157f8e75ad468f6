use std::{fs, path::PathBuf};

use rusqlite::Connection;

use super::{
    super::{
        Journal,
        tests::{file, frame, ids},
    },
    *,
};

/// A journal with these frames waiting.
fn filled(path: &Path, frames: std::ops::Range<u64>) {
    let journal = Journal::open(path, 1 << 26).unwrap();
    let frames: Vec<_> = frames.map(frame).collect();
    journal.append(&frames).unwrap();
}

/// Begins this change on the database at `path`, which is written out as far as to fit into little memory, and leaves file and sidecar as a
/// loss of power then does.
fn cut_off(path: &Path, mode: &str, change: &str) -> [PathBuf; 2] {
    let database = Connection::open(path).unwrap();
    let sidecar = with_suffix(path, if mode == "WAL" { "-wal" } else { "-journal" });
    let settings = format!("PRAGMA journal_mode = {mode}; PRAGMA cache_size = 2;");
    database.execute_batch(&settings).unwrap();
    database.execute_batch("BEGIN").unwrap();
    mark_change(&database).unwrap();
    database.execute_batch(change).unwrap();
    if mode == "WAL" {
        database.execute_batch("COMMIT").unwrap();
    }
    let kept = [path, &sidecar].map(|file| with_suffix(file, ".cut-off"));
    fs::copy(path, &kept[0]).unwrap();
    fs::copy(&sidecar, &kept[1]).unwrap();
    kept
}

const LATER: &str = "UPDATE messages SET since = since + 1";

/// Opens the journal of frames 0 to 9 beside which `sidecar` lies as `name`; all is as it was, and the sidecar is kept.
fn is_kept_away(sidecar: &Path, name: &str) {
    let (_dir, path) = file();
    filled(&path, 0..10);
    let whole = fs::read(&path).unwrap();
    let other = fs::read(sidecar).unwrap();
    fs::write(with_suffix(&path, name), &other).unwrap();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    let expected: Vec<_> = (0..10).map(|n| frame(n).id()).collect();
    assert_eq!(ids(&journal), expected);
    assert!(fs::read(&path).unwrap() == whole);
    let [kept] = &journal.foreign()[..] else {
        panic!("{:?}", journal.foreign());
    };
    assert!(fs::read(kept).unwrap() == other);
    assert!(journal.damaged().is_empty());
    drop(journal);
    // And it is told of until somebody moves it.
    let journal = Journal::open(&path, 1 << 26).unwrap();
    assert_eq!((ids(&journal), journal.foreign().len()), (expected, 1));
}

#[test]
fn what_would_undo_a_change_of_another_journal_is_not_played_back_into_this_one() {
    let (_dir, path) = file();
    filled(&path, 100..3000);
    let [_, sidecar] = cut_off(&path, "DELETE", LATER);
    let undo = fs::read(&sidecar).unwrap();
    assert_eq!(undo[..8], *MAGIC);
    assert_ne!(undo[RECORDS..RECORDS + 4], [0; 4]);
    is_kept_away(&sidecar, "-journal");
    // Also where the power went before anything of it was certain: the file would be cut to the other's length.
    let mut uncertain = undo;
    uncertain[RECORDS..RECORDS + 4].fill(0);
    fs::write(&sidecar, &uncertain).unwrap();
    is_kept_away(&sidecar, "-journal");
    // And of the change that made the other.
    uncertain[PAGES_BEFORE..PAGES_BEFORE + 4].fill(0);
    fs::write(&sidecar, &uncertain).unwrap();
    is_kept_away(&sidecar, "-journal");
}

#[test]
fn what_would_undo_a_change_of_a_database_of_another_kind_is_not_played_back() {
    let (_dir, path) = file();
    let database = Connection::open(&path).unwrap();
    let fill = "CREATE TABLE messages (since);
         INSERT INTO messages WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n";
    database.execute_batch(fill).unwrap();
    drop(database);
    let [_, sidecar] = cut_off(&path, "DELETE", LATER);
    is_kept_away(&sidecar, "-journal");
    let small_pages = "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM";
    Connection::open(&path)
        .unwrap()
        .execute_batch(small_pages)
        .unwrap();
    let [_, sidecar] = cut_off(&path, "DELETE", LATER);
    is_kept_away(&sidecar, "-journal");
}

#[test]
fn the_write_ahead_log_of_another_database_is_not_played_back() {
    let (_dir, path) = file();
    filled(&path, 100..3000);
    let [_, log] = cut_off(&path, "WAL", LATER);
    is_kept_away(&log, "-wal");
}

#[test]
fn a_change_of_its_own_is_undone_and_an_older_or_newer_copy_of_the_file_is_not_taken_for_it() {
    let (dir, path) = file();
    filled(&path, 0..3000);
    let before = fs::read(&path).unwrap();
    let [file, sidecar] = cut_off(&path, "DELETE", "DELETE FROM messages WHERE number < 2000");
    let undo = fs::read(&sidecar).unwrap();
    let with = |bytes: &[u8]| {
        for name in fs::read_dir(dir.path()).unwrap() {
            fs::remove_file(name.unwrap().path()).unwrap();
        }
        fs::write(&path, bytes).unwrap();
        fs::write(with_suffix(&path, "-journal"), &undo).unwrap();
        let journal = Journal::open(&path, 1 << 26).unwrap();
        (journal.held().messages, journal.foreign().len())
    };
    let changed = fs::read(&file).unwrap();
    // Some of the change was on the disk.
    assert!(changed != before);
    assert_eq!(with(&changed), (3000, 0));
    assert_eq!(with(&before), (3000, 0));
    // The same journal two changes later: what the sidecar brings back is past.
    fs::remove_file(with_suffix(&path, "-journal")).ok();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    journal.append(&[frame(5000)]).unwrap();
    journal.append(&[frame(5001)]).unwrap();
    drop(journal);
    let later = fs::read(&path).unwrap();
    assert_eq!(with(&later), (3002, 1));
}

#[test]
fn a_header_that_was_half_erased_when_the_power_went_undoes_nothing_and_is_not_taken_for_anothers()
{
    let (dir, path) = file();
    filled(&path, 0..3000);
    let whole = fs::read(&path).unwrap();
    let [_, sidecar] = cut_off(&path, "DELETE", LATER);
    let undo = fs::read(&sidecar).unwrap();
    for from in MAGIC.len()..=SECTOR {
        for name in fs::read_dir(dir.path()).unwrap() {
            fs::remove_file(name.unwrap().path()).unwrap();
        }
        let mut erased = undo.clone();
        erased[from..PAGE_SIZE + 4].fill(0);
        fs::write(&path, &whole).unwrap();
        fs::write(with_suffix(&path, "-journal"), &erased).unwrap();
        let journal = Journal::open(&path, 1 << 26).unwrap();
        let found = (journal.held().messages, journal.foreign().len());
        assert_eq!(found, (3000, 0), "from byte {from}");
    }
}

#[test]
fn each_journal_has_a_mark_of_its_own_of_which_a_change_alters_one_byte() {
    let (_dir, path) = file();
    filled(&path, 0..1);
    let mark = || -> [u8; 4] {
        fs::read(&path).unwrap()[USER_VERSION_AT]
            .try_into()
            .unwrap()
    };
    let mut before = mark();
    for n in 1..300 {
        let journal = Journal::open(&path, 1 << 26).unwrap();
        journal.append(&[frame(n)]).unwrap();
        let after = mark();
        assert_eq!(Mark(after), Mark(before).next());
        assert_eq!(after[..3], before[..3]);
        before = after;
    }
    let (_dir, other) = file();
    filled(&other, 0..1);
    assert_ne!(fs::read(&other).unwrap()[USER_VERSION_AT][..3], before[..3]);
}
