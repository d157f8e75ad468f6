//! What is readable in a damaged journal goes on in a new one.
//!
//! SQLite reads no further than the first page that makes no sense, and nothing at all where the first is damaged. A journal has one
//! table, whose rows lie in leaves of a page each (SQLite's file format, <https://www.sqlite.org/fileformat2.html>, section 1.6).
//! So each page is put in the place of the table's root, in a copy whose first page is a new journal's, and read as if it were the
//! only leaf. The CRC of each row tells what was written from what merely looks like a row.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use scarp_files::sync_folder;

use super::{
    beside::{self, free_name, with_suffix},
    database::{self, MESSAGES, Message},
    fault::Fault,
    header::PAGE,
};

/// The first byte of a page that is a leaf of a table.
const LEAF: u8 = 0x0D;
/// Larger than any journal. A film that was named by mistake is not copied and searched.
const MAX_BYTES: u64 = 4 << 30;
/// What a damaged journal is kept by: this and a number behind its name.
const DAMAGED: &str = ".damaged-";
/// Where the first page tells how many pages there are, as a big-endian `u32`.
const PAGES: u64 = 28;

/// Opens a new journal in the place of the damaged one at `path`, with the messages that are readable there. The damaged file is kept
/// beside it with `.damaged` and a number added to its name. A file in which no message is readable is left alone unless `replace`.
///
/// # Errors
/// When another process is at it, nothing in the file looks like a journal, or the disk refuses.
pub fn mend(path: &Path, reason: &str, replace: bool) -> Result<Connection, Fault> {
    let damaged = fs::metadata(path)?;
    // Until the new one has taken its place. Whoever saw the damage meanwhile finds it in use, or whole.
    let lock = File::open(path)?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(Fault::Locked),
        Err(TryLockError::Error(e)) => return Err(e.into()),
        Ok(()) => {}
    }
    match database::open(path) {
        Err(Fault::Unreadable { .. }) => {}
        Err(fault) => return Err(fault),
        Ok(sound) => {
            // A process that closes a file gives up SQLite's lock on it, through whichever handle it was opened.
            drop((sound, lock));
            return database::open(path);
        }
    }
    let new = scratch(path);
    let messages = gather(path, &new).inspect_err(|_| {
        remove(&new).ok();
        remove(&with_suffix(&new, "-journal")).ok();
    })?;
    // The service's, also where somebody else mends it.
    chown(&new, Some(damaged.uid()), Some(damaged.gid())).ok();
    if messages == 0 && !replace && !database::is_marked(path) {
        remove(&new)?;
        return Err(Fault::Unreadable {
            reason: reason.to_owned(),
            ours: false,
        });
    }
    let kept = keep(path).inspect_err(|_| {
        remove(&new).ok();
    })?;
    // From here on the new one counts: at no instant is there none.
    fs::rename(&new, path)?;
    // Not every file system can do that.
    sync_folder(path.parent().unwrap_or(path)).ok();
    log::error!(
        "journal {}: {reason}; messages in it that were readable and go on: {messages}; the file is kept as {}",
        path.display(),
        kept.display()
    );
    database::open(path)
}

/// Damaged journals that are kept beside the one at `path`.
pub fn kept(path: &Path) -> Vec<PathBuf> {
    beside::kept(path, DAMAGED)
}

/// Makes a journal at `new` of what is readable in the one at `path`; how many messages that are.
pub fn gather(path: &Path, new: &Path) -> Result<usize, Fault> {
    let messages = if fs::metadata(path)?.len() <= MAX_BYTES {
        readable(path, new)?
    } else {
        Vec::new()
    };
    write(new, &messages)?;
    Ok(messages.len())
}

/// Every message that can be read in the file at `path`, by its number; `copy` is made for that and removed.
fn readable(path: &Path, copy: &Path) -> Result<Vec<Message>, Fault> {
    remove(copy)?;
    drop(database::open(copy)?);
    let mut first = vec![0; PAGE];
    File::open(copy)?.read_exact(&mut first)?;
    let mut file = OpenOptions::new().read(true).write(true).open(copy)?;
    file.set_len(0)?;
    io::copy(&mut File::open(path)?, &mut file)?;
    let pages = file.metadata()?.len().div_ceil(PAGE as u64).max(2);
    file.set_len(pages * PAGE as u64)?;
    let count = u32::try_from(pages).unwrap_or(u32::MAX).to_be_bytes();
    for (at, byte) in (PAGES as usize..).zip(count) {
        if let Some(place) = first.get_mut(at) {
            *place = byte;
        }
    }
    put(&mut file, 0, &first)?;
    // A page that is in use no more may hold a row a second time, also one that was confirmed: it is sent again, and stored once.
    let mut found: BTreeMap<i64, Message> = BTreeMap::new();
    for page in 1..pages {
        let mut leaf = vec![LEAF; PAGE];
        // From the file itself: in the copy the root is overwritten.
        let mut source = File::open(path)?;
        source.seek(SeekFrom::Start(page * PAGE as u64))?;
        let read = fill(&mut source, &mut leaf)?;
        leaf[read..].fill(0);
        leaf[0] = LEAF;
        put(&mut file, PAGE as u64, &leaf)?;
        for message in rows(copy) {
            found.insert(message.number, message);
        }
    }
    remove(copy)?;
    Ok(found.into_values().collect())
}

/// The messages of the one leaf, up to a row that makes no sense and, from the end, down to one.
fn rows(copy: &Path) -> Vec<Message> {
    let mut found = Vec::new();
    for order in ["ASC", "DESC"] {
        let mut read = || -> rusqlite::Result<()> {
            let database = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut statement = database.prepare(&format!("{MESSAGES} ORDER BY number {order}"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                found.extend(database::message(row)?);
            }
            Ok(())
        };
        if read().is_ok() {
            break;
        }
    }
    found
}

/// Makes a journal of these messages at `path`.
fn write(path: &Path, messages: &[Message]) -> Result<(), Fault> {
    let mut journal = database::open(path)?;
    let transaction = journal.transaction().map_err(Fault::of)?;
    for message in messages {
        database::insert(&transaction, message.number, message).map_err(Fault::of)?;
    }
    transaction.commit().map_err(Fault::of)
}

/// Keeps the file at `path` under a name that none beside it has, since earlier ones may hold what somebody still wants.
fn keep(path: &Path) -> io::Result<PathBuf> {
    let kept = free_name(path, DAMAGED);
    // Not every file system has links.
    fs::hard_link(path, &kept).or_else(|_| fs::copy(path, &kept).map(|_| ()))?;
    // What undoes its last transaction goes with it: the new one must never meet it, so it is gone for good before that comes.
    let undo = "-journal";
    match fs::rename(with_suffix(path, undo), with_suffix(&kept, undo)) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    sync_folder(path.parent().unwrap_or(path)).ok();
    Ok(kept)
}

/// Where a new journal is made: beside the old one, where nothing has the name but what was left of such a one when the power went.
fn scratch(path: &Path) -> PathBuf {
    let name = with_suffix(path, ".new");
    let is_free = match fs::symlink_metadata(&name) {
        Ok(found) => found.is_file() && (found.len() == 0 || database::is_marked(&name)),
        Err(_) => true,
    };
    if is_free { name } else { scratch(&name) }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn put(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// Reads as much as there is; how much that was.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            some => read += some,
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
