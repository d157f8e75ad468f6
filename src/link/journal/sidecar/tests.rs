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

/// Opens the journal of frames 0 to 9 beside which something that no database wrote lies as `name`; it is kept.
fn is_kept(content: &[u8], name: &str) {
    let (dir, path) = file();
    filled(&path, 0..10);
    fs::write(with_suffix(&path, name), content).unwrap();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    assert_eq!(journal.held().messages, 10);
    let kept = dir.path().join("journal.sqlite.foreign-1");
    assert_eq!(journal.foreign(), std::slice::from_ref(&kept), "{name}");
    assert!(fs::read(kept).unwrap() == content, "{name}");
}

#[test]
fn what_no_database_has_written_is_kept_too_and_not_deleted() {
    let noise: Vec<u8> = (0..5000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let magic_then_noise = [MAGIC, &noise[..]].concat();
    let zeros_then_noise = [&[0; 40], &noise[..]].concat();
    let contents = [
        b"shopping list".to_vec(),
        b"x".to_vec(),
        noise,
        magic_then_noise,
        zeros_then_noise,
    ];
    for content in &contents {
        is_kept(content, "-journal");
        is_kept(content, "-wal");
    }
}

#[test]
fn what_lies_beside_no_journal_or_an_empty_one_is_kept_when_one_is_made_there() {
    let (_dir, other) = file();
    filled(&other, 0..3000);
    let [_, undo] = cut_off(&other, "DELETE", LATER);
    let undo = fs::read(undo).unwrap();
    for name in ["-journal", "-wal"] {
        for content in [&b"shopping list"[..], &undo] {
            for empty in [false, true] {
                let (_dir, path) = file();
                if empty {
                    fs::write(&path, b"").unwrap();
                }
                fs::write(with_suffix(&path, name), content).unwrap();
                let journal = Journal::open(&path, 1 << 26).unwrap();
                journal.append(&[frame(1)]).unwrap();
                let [kept] = &journal.foreign()[..] else {
                    panic!("{name} {empty}: {:?}", journal.foreign());
                };
                assert!(fs::read(kept).unwrap() == content);
            }
        }
    }
}

/// SQLite writes over the header of what would undo a change once that is certain.
#[test]
fn what_a_killed_process_leaves_of_changes_that_are_certain_is_not_taken_for_anothers() {
    let (dir, path) = file();
    let journal = Journal::open(&path, 1 << 26).unwrap();
    let left = dir.path().join("killed");
    for n in 0..4 {
        for suffix in ["", "-journal"] {
            fs::copy(with_suffix(&path, suffix), with_suffix(&left, suffix)).unwrap();
        }
        let length = fs::metadata(with_suffix(&left, "-journal")).unwrap().len();
        assert!(length > 0, "the test is about a file with something in it");
        let killed = Journal::open(&left, 1 << 26).unwrap();
        assert_eq!(ids(&killed).len() as u64, n);
        assert_eq!(killed.foreign(), [] as [PathBuf; 0]);
        drop(killed);
        journal.append(&[frame(n)]).unwrap();
    }
}

#[test]
fn a_folder_or_a_link_in_the_place_of_a_sidecar_is_named_with_the_remedy_and_the_aircraft_flies() {
    for name in ["-journal", "-wal"] {
        for (link, what) in [(false, "a folder"), (true, "a link")] {
            let (dir, path) = file();
            filled(&path, 0..3);
            let obstacle = with_suffix(&path, name);
            if link {
                std::os::unix::fs::symlink(dir.path().join("elsewhere"), &obstacle).unwrap();
            } else {
                fs::create_dir(&obstacle).unwrap();
            }
            let named = format!("{} is {what}; move that away", obstacle.display());
            let error = Journal::open(&path, 1 << 26).err().unwrap().to_string();
            assert!(error.contains(&named), "{error}");
            let journal = Journal::open_or_replace(&path, 1 << 26).unwrap();
            journal.append(&[frame(3)]).unwrap();
            assert_eq!(ids(&journal).len(), 4);
            let fault = journal.disk_fault().unwrap().line;
            assert!(fault.contains(&named), "{fault}");
            let delivery = Journal::open_to_deliver(&path, 1 << 26).unwrap();
            assert_eq!(delivery.held().messages, 3);
        }
    }
}

#[test]
fn a_folder_that_comes_in_the_place_of_a_sidecar_while_the_journal_is_open_is_named_too() {
    let (_dir, path) = file();
    filled(&path, 0..3);
    let journal = Journal::open(&path, 1 << 26).unwrap();
    fs::create_dir(with_suffix(&path, "-journal")).unwrap();
    let error = journal.append(&[frame(3)]).unwrap_err().to_string();
    assert!(
        error.contains("journal.sqlite-journal is a folder"),
        "{error}"
    );
}
