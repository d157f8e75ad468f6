//! What lies beside a journal's file and SQLite would play back into it: a rollback journal (`-journal`) of a change that was under way
//! when the program ended, or a write-ahead log (`-wal`).
//!
//! SQLite takes what has the name for the file's own. Where a file was put in the place of another whose rollback journal stayed, pages
//! of that other would overwrite it (<https://www.sqlite.org/howtocorrupt.html>, section 1.4). So the header of each journal has a
//! [`Mark`], and each change begins with the first page, in which it marks itself: the first page that a rollback journal brings back
//! tells of which file it is, and before which change.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use rustix::{
    fs::{FlockOperation, fcntl_lock},
    io::Errno,
};

use super::{
    beside::{free_name, kept, with_suffix},
    fault::Fault,
    header::{self, APPLICATION_ID_AT, PAGE, USER_VERSION_AT},
};

/// What a rollback journal begins with, and its fields behind that (SQLite's file format,
/// <https://www.sqlite.org/fileformat2.html>, section 3).
const MAGIC: &[u8] = &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
const RECORDS: usize = 8;
const PAGES_BEFORE: usize = 16;
const SECTOR: usize = 20;
const PAGE_SIZE: usize = 24;
const FIELDS_END: usize = 28;
/// The shortest sector that SQLite writes; with nothing behind the fields.
const WRITTEN_SECTOR: usize = 512;
/// The longest sector, and the longest page, that SQLite knows.
const MAX_SIZE: u32 = 1 << 16;
/// Pages of a journal in which nothing was ever written: header, and an empty root of each table.
const EMPTY_PAGES: u64 = 3;
/// How many cells a page's header says that it has (section 1.6).
const CELLS: std::ops::Range<usize> = 3..5;
/// What is kept of a sidecar that is another's has this and a number behind the journal's name.
const FOREIGN: &str = ".foreign-";

/// The number in a journal's header by which a sidecar is known for its own: three bytes of the file, by chance, and one that counts its
/// changes. A change so alters one byte only, which a loss of power cannot tear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark([u8; 4]);

impl Mark {
    fn next(self) -> Self {
        let [file @ .., change] = self.0;
        let [a, b, c] = file;
        Self([a, b, c, change.wrapping_add(1)])
    }
}

/// Marks the change that begins on `database`: before anything else of it is written.
pub fn mark_change(database: &Connection) -> rusqlite::Result<()> {
    let mark: i32 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let next = i32::from_be_bytes(Mark(mark.to_be_bytes()).next().0);
    database.pragma_update(None, "user_version", next)
}

/// Gives a journal its mark, where it has none.
pub fn mark_file(database: &Connection) -> rusqlite::Result<()> {
    let mark: i32 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if mark != 0 {
        return Ok(());
    }
    // Not 0, whatever the changes.
    let select = "SELECT (1 + abs(random() % 0x7FFFFE)) << 8";
    let mark: i32 = database.query_row(select, [], |row| row.get(0))?;
    database.pragma_update(None, "user_version", mark)
}

/// A kind of sidecar.
#[derive(Clone, Copy)]
enum Kind {
    Rollback,
    WriteAhead,
}

/// What is behind the journal's name in that of a sidecar.
const SIDECARS: [(&str, Kind); 2] = [("-journal", Kind::Rollback), ("-wal", Kind::WriteAhead)];

/// What has a sidecar's name and is no file, for which SQLite knows only that the disk fails: the first of them.
pub fn obstacle(path: &Path) -> Option<Fault> {
    SIDECARS.into_iter().find_map(|(suffix, _)| {
        let at = with_suffix(path, suffix);
        let found = fs::symlink_metadata(&at).ok()?.file_type();
        let what = match found {
            found if found.is_file() => return None,
            found if found.is_dir() => "a folder",
            found if found.is_symlink() => "a link",
            _ => "no file",
        };
        Some(Fault::Obstructed { at, what })
    })
}

/// Moves away what is another's and SQLite would play back into the journal at `path`, or delete. While somebody is at the journal nothing
/// is done: to open it will fail.
///
/// # Errors
/// When something that is no file has a sidecar's name, or one cannot be read or moved. To open the journal all the same could overwrite
/// it.
pub fn move_foreign_away(path: &Path) -> Result<(), Fault> {
    if let Some(obstacle) = obstacle(path) {
        return Err(obstacle);
    }
    for (suffix, kind) in SIDECARS {
        let sidecar = with_suffix(path, suffix);
        if !is_foreign(path, &sidecar, kind)? {
            continue;
        }
        let lock = match OpenOptions::new().read(true).write(true).open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        let locked = lock.as_ref().map_or(Ok(()), |file| {
            fcntl_lock(file, FlockOperation::NonBlockingLockExclusive)
        });
        match locked {
            // What was seen may be of a change that goes on. SQLite's locks are of the same kind.
            Err(Errno::AGAIN | Errno::ACCESS) => return Ok(()),
            locked => locked.map_err(io::Error::from)?,
        }
        if is_foreign(path, &sidecar, kind)? {
            let kept = free_name(path, FOREIGN);
            fs::rename(&sidecar, &kept)?;
            log::error!(
                "journal {}: {} is of another file, and not used; it is kept as {}",
                path.display(),
                sidecar.display(),
                kept.display()
            );
        }
    }
    Ok(())
}

/// Files that [`move_foreign_away`] has kept beside the journal at `path`.
pub fn foreign(path: &Path) -> Vec<PathBuf> {
    kept(path, FOREIGN)
}

/// Whether the sidecar is another's, and SQLite would play it back into the journal at `path` or delete it.
fn is_foreign(path: &Path, sidecar: &Path, kind: Kind) -> io::Result<bool> {
    let Some((_, undo)) = start(sidecar, MAX_SIZE as usize + 4 + PAGE)? else {
        return Ok(false);
    };
    if undo.is_empty() {
        return Ok(false);
    }
    if let Kind::Rollback = kind {
        if !is_header(&undo) {
            return Ok(true);
        }
        if !undo.starts_with(MAGIC) {
            // Erased: what it undid is certain. Or it is of a change that has not begun.
            return Ok(false);
        }
    }
    // Not before: a program that closes a file gives up SQLite's lock on it, and may have this one open.
    let (bytes, pages) = start(path, 2 * PAGE)?.unwrap_or_default();
    Ok(match kind {
        // Of a file that is gone. Only that of the change that was to make one undoes nothing.
        Kind::Rollback if bytes == 0 => word(&undo, PAGES_BEFORE) > Some(0),
        Kind::WriteAhead if bytes == 0 => true,
        // It is something else with a sidecar of its own, or damaged, and what mends it may be just that.
        _ if !header::is_journal(&pages) => false,
        Kind::Rollback => rolls_another_back(bytes, &pages, &undo),
        Kind::WriteAhead => header::rolls_back(&pages),
    })
}

/// Whether `undo` starts as SQLite's writer leaves a rollback journal: what it begins with, whole or erased in part or not yet
/// written, and nothing between its fields and the end of the shortest sector that is written.
fn is_header(undo: &[u8]) -> bool {
    let begins = undo
        .iter()
        .zip(MAGIC)
        .all(|(byte, own)| byte == own || *byte == 0);
    let rest = undo.iter().take(WRITTEN_SECTOR).skip(FIELDS_END);
    begins && rest.into_iter().all(|byte| *byte == 0)
}

/// A field of a rollback journal's header.
fn word(undo: &[u8], at: usize) -> Option<u32> {
    let word = undo.get(at..at + 4)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

/// Whether a rollback journal that starts with `undo` is of another file than the journal of so many `bytes` that starts with `pages`,
/// or of another time.
fn rolls_another_back(bytes: u64, pages: &[u8], undo: &[u8]) -> bool {
    let word = |at| word(undo, at);
    let (Some(records), Some(before), Some(sector), Some(page_size)) = (
        word(RECORDS),
        word(PAGES_BEFORE),
        word(SECTOR),
        word(PAGE_SIZE),
    ) else {
        return false;
    };
    let is_size = |least, size: u32| size.is_power_of_two() && (least..=MAX_SIZE).contains(&size);
    // The writer's own word for "as the database has it", in an earlier time.
    let page_size = if page_size == 0 {
        PAGE as u32
    } else {
        page_size
    };
    if !is_size(32, sector) || !is_size(512, page_size) {
        // Half of the header was written, or erased; SQLite plays nothing back of it.
        return false;
    }
    if page_size as usize != PAGE {
        return true;
    }
    match (before, records) {
        // The change that made the file: it is taken back whole, and nothing is lost by that while nothing was written.
        (0, _) => {
            let root = pages.get(PAGE..).unwrap_or_default();
            bytes > EMPTY_PAGES * PAGE as u64 || root.get(CELLS).is_some_and(|n| n != [0, 0])
        }
        // Nothing of the change had begun yet: the file's length is all that SQLite would restore.
        (_, 0) => u64::from(before) * PAGE as u64 != bytes,
        _ => {
            let first = sector as usize;
            let page = undo.get(first + 4..first + 4 + PAGE);
            let is_first = word(first) == Some(1);
            !page.is_some_and(|page| is_first && is_before(page, pages))
        }
    }
}

/// Whether `page` is the first page of the journal that starts with `pages`, before its last change or one that has not begun.
fn is_before(page: &[u8], pages: &[u8]) -> bool {
    let mark = |page: &[u8]| Some(Mark(page.get(USER_VERSION_AT)?.try_into().ok()?));
    let (Some(before), Some(now)) = (mark(page), mark(pages)) else {
        return false;
    };
    page.get(APPLICATION_ID_AT) == pages.get(APPLICATION_ID_AT)
        && (now == before || now == before.next())
}

/// The length of a file and what it starts with, at most so many bytes; none where there is none.
fn start(path: &Path, most: usize) -> io::Result<Option<(u64, Vec<u8>)>> {
    // Opening a pipe would wait for who writes to it.
    if !path.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = Vec::new();
    file.take(most as u64).read_to_end(&mut start)?;
    Ok(Some((length, start)))
}

#[cfg(test)]
mod tests;
