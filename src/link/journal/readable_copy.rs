//! A journal that can be read and not written, of a card with its switch on lock or somebody else's: a copy of it, in which what was under
//! way can be undone and what is damaged left out.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{beside::with_suffix, database, fault::Fault, salvage};

/// A copy of a journal, gone when this is dropped.
pub struct ReadableCopy {
    /// With what can be read.
    pub database: Connection,
    /// After the database, which must be closed before.
    _folder: TempDir,
}

impl ReadableCopy {
    /// Copies the journal at `path`, of at most so many bytes, to where the system has temporary files.
    ///
    /// # Errors
    /// When there is none, it cannot be read, nothing in it looks like a journal, or there is no room.
    pub fn of(path: &Path, max_bytes: u64) -> Result<Self, Fault> {
        if fs::metadata(path)?.len() > max_bytes {
            return Err(Fault::other("too large"));
        }
        let folder = TempDir::with_prefix("scarp-journal-")?;
        let copy = folder.path().join("journal.sqlite");
        copy_file(path, &copy)?;
        for suffix in ["-journal", "-wal"] {
            let sidecar = with_suffix(path, suffix);
            // A folder in its place has nothing to undo.
            if sidecar.is_file() {
                copy_file(&sidecar, &with_suffix(&copy, suffix))?;
            }
        }
        let database = match database::open(&copy) {
            Err(fault @ Fault::Unreadable { .. }) => {
                let readable = folder.path().join("readable.sqlite");
                let messages = salvage::gather(&copy, &readable)?;
                if messages == 0 && !database::is_marked(&copy) {
                    return Err(fault);
                }
                database::open(&readable)?
            }
            opened => opened?,
        };
        Ok(Self {
            database,
            _folder: folder,
        })
    }
}

/// Copies the bytes alone: the permissions of a file that cannot be written are no use here.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    io::copy(&mut from, &mut File::create(to)?).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Journal,
            sidecar::mark_change,
            tests::{file, frame},
        },
        *,
    };

    fn waiting(path: &Path) -> Result<u64, Fault> {
        let copy = ReadableCopy::of(path, 1 << 30)?;
        let (_, held) = database::count(&copy.database).unwrap();
        Ok(held.messages)
    }

    #[test]
    fn it_has_what_the_journal_had_before_a_change_that_was_cut_off_and_leaves_the_journal_as_it_is()
     {
        let (dir, path) = file();
        let journal = Journal::open(&path, 1 << 26).unwrap();
        journal
            .append(&(0..3000).map(frame).collect::<Vec<_>>())
            .unwrap();
        drop(journal);
        let database = Connection::open(&path).unwrap();
        database
            .execute_batch("PRAGMA cache_size = 2; BEGIN")
            .unwrap();
        mark_change(&database).unwrap();
        database.execute("DELETE FROM messages", []).unwrap();
        // As a loss of power leaves it.
        let cut_off = dir.path().join("cut-off");
        for suffix in ["", "-journal"] {
            copy_file(&with_suffix(&path, suffix), &with_suffix(&cut_off, suffix)).unwrap();
        }
        let before = fs::read(&cut_off).unwrap();
        assert_eq!(waiting(&cut_off).unwrap(), 3000);
        assert!(fs::read(&cut_off).unwrap() == before);
        assert!(with_suffix(&cut_off, "-journal").exists());
    }

    #[test]
    fn it_has_what_is_readable_in_a_damaged_journal_and_nothing_of_something_else() {
        let (_dir, path) = file();
        let journal = Journal::open(&path, 1 << 20).unwrap();
        journal.append(&[frame(0), frame(1)]).unwrap();
        drop(journal);
        let mut damaged = fs::read(&path).unwrap();
        damaged[0] ^= 0xFF;
        fs::write(&path, &damaged).unwrap();
        assert_eq!(waiting(&path).unwrap(), 2);
        assert!(fs::read(&path).unwrap() == damaged);
        fs::write(&path, [7; 5000]).unwrap();
        assert!(matches!(waiting(&path), Err(Fault::Unreadable { .. })));
        fs::remove_file(&path).unwrap();
        assert!(matches!(waiting(&path), Err(Fault::Failed { .. })));
    }
}
