//! What lies beside a store's file under the names of SQLite's own. SQLite takes it for the store's whatever it is: it deletes what it
//! cannot read, and plays back what it can, also where that is of another file that was at this place before
//! (<https://www.sqlite.org/howtocorrupt.html>, section 1.4).

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::{
    error::Cause,
    place::{target, with_suffix},
};

/// Ends of the names, and what the files begin with, of which any byte may be erased or not yet written: a write-ahead log in either order
/// of bytes, its index, a rollback journal (SQLite's file format, <https://www.sqlite.org/fileformat2.html>, sections 3 and 4.1).
const BESIDE: [(&str, &[&[u8]]); 3] = [
    (
        "-wal",
        &[&[0x37, 0x7f, 0x06, 0x82], &[0x37, 0x7f, 0x06, 0x83]],
    ),
    // It is made anew each time, and not looked into: locks on it end when anything in the same process closes it.
    ("-shm", &[]),
    (
        "-journal",
        &[&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]],
    ),
];

/// Makes sure that nothing has one of these names beside the store at `path` that no database wrote.
///
/// # Errors
/// When something has.
pub fn refuse_others(path: &Path) -> Result<(), Cause> {
    let target = target(path).map_err(|_| Cause::Missing)?;
    for (suffix, begins) in BESIDE {
        let at = with_suffix(&target, suffix);
        match fs::symlink_metadata(&at) {
            Err(_) => {}
            Ok(found) if !found.is_file() => {
                return Err(Cause::Obstructed(at, "is no file"));
            }
            Ok(_) if begins.is_empty() => {}
            Ok(_) => {
                let start = start(&at).map_err(Cause::System)?;
                let as_written =
                    |own: &&[u8]| start.iter().zip(*own).all(|(a, b)| a == b || *a == 0);
                if !begins.iter().any(as_written) {
                    return Err(Cause::Obstructed(at, "is none of the store's"));
                }
            }
        }
    }
    Ok(())
}

/// The write-ahead log that cannot be of the store at `path`, which cannot be used with it, and is whole without. The store must be closed.
pub fn foreign_log(path: &Path) -> Option<PathBuf> {
    let target = target(path).ok()?;
    let log = with_suffix(&target, "-wal");
    (!start(&log).ok()?.is_empty()).then_some(())?;
    // Alone, without a look at what lies beside it.
    let escaped: String = target
        .to_str()?
        .chars()
        .map(|letter| match letter {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let alone = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    let look = |pragma| alone.pragma_query_value(None, pragma, |row| row.get::<_, String>(0));
    let tables: i64 = alone
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .ok()?;
    (tables > 0 && look("quick_check").is_ok_and(|verdict| verdict == "ok")).then_some(log)
}

/// What a file starts with.
fn start(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(8).read_to_end(&mut start)?;
    Ok(start)
}
