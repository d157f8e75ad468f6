use std::{fs, os::unix::fs::symlink, process::Command};

use super::super::{
    Journal, JournalError,
    tests::{file, frame, ids},
};

fn filled(path: &std::path::Path) {
    let journal = Journal::open(path, 1 << 20).unwrap();
    journal.append(&[frame(0), frame(1)]).unwrap();
}

#[test]
fn a_journal_that_lost_everything_is_kept_and_told_of() {
    let (_dir, path) = file();
    filled(&path);
    let whole = fs::read(&path).unwrap();
    let mut no_header = whole.clone();
    no_header[..16].fill(0);
    drop(fs::remove_file(&path));
    drop(Journal::open(&path, 1 << 20).unwrap());
    let mut empty = fs::read(&path).unwrap();
    empty[0] = 0;
    for damaged in [vec![], whole[..100].to_vec(), whole[..4000].to_vec(), empty] {
        fs::write(&path, &damaged).unwrap();
        let journal = Journal::open(&path, 1 << 20).unwrap();
        assert_eq!(journal.held().messages, 0);
        let [kept] = &journal.damaged()[..] else {
            panic!("{:?}", journal.damaged());
        };
        assert_eq!(fs::read(kept).unwrap(), damaged);
        fs::remove_file(kept).unwrap();
    }
    // It may be anything.
    fs::write(&path, &whole[..60]).unwrap();
    let error = Journal::open(&path, 1 << 20).err().unwrap();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
}

#[test]
fn a_damaged_journal_is_mended_though_something_has_the_name_of_the_new_one_which_stays() {
    for folder in [true, false] {
        let (dir, path) = file();
        filled(&path);
        let mut damaged = fs::read(&path).unwrap();
        damaged[0] = 0;
        fs::write(&path, damaged).unwrap();
        let other = dir.path().join("journal.sqlite.new");
        if folder {
            fs::create_dir(&other).unwrap();
        } else {
            fs::write(&other, "shopping list").unwrap();
        }
        let journal = Journal::open(&path, 1 << 20).unwrap();
        assert_eq!(ids(&journal), [0, 1].map(|n| frame(n).id()));
        assert!(!dir.path().join("journal.sqlite.new.new").exists());
        let stays = fs::read(&other).is_ok_and(|content| content == b"shopping list");
        assert!(other.is_dir() || stays);
    }
}

#[test]
fn what_a_loss_of_power_left_of_a_new_journal_is_no_obstacle() {
    let (dir, path) = file();
    filled(&path);
    let mut damaged = fs::read(&path).unwrap();
    fs::copy(&path, dir.path().join("journal.sqlite.new")).unwrap();
    damaged[0] = 0;
    fs::write(&path, damaged).unwrap();
    drop(Journal::open(&path, 1 << 20).unwrap());
    let left = fs::read_dir(dir.path()).unwrap().count();
    // The journal, and the damaged one.
    assert_eq!(left, 2);
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_mended() {
    let (dir, link) = file();
    let path = dir.path().join("real.sqlite");
    symlink("real.sqlite", &link).unwrap();
    filled(&link);
    let mut damaged = fs::read(&path).unwrap();
    damaged[0] = 0;
    fs::write(&path, damaged).unwrap();
    assert_eq!(ids(&Journal::open(&link, 1 << 20).unwrap()).len(), 2);
    assert!(link.is_symlink() && path.is_file());
    assert!(dir.path().join("real.sqlite.damaged-1").exists());
}

#[test]
fn a_pipe_holds_nobody_up_and_no_name_means_memory_unasked() {
    let (_dir, path) = file();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert!(!super::super::redb_file::is_redb(&path));
    assert!(Journal::open(&path, 1).is_err());
    assert!(Journal::open(std::path::Path::new(""), 1).is_err());
    for name in [":memory:", "file:x?mode=memory"] {
        let journal = Journal::open(std::path::Path::new(name), 1).unwrap();
        let path = journal.path().to_owned();
        assert!(path.is_file() && path.is_absolute());
        drop(journal);
        fs::remove_file(path).unwrap();
    }
}
