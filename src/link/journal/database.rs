//! The SQLite file of a journal: how it is opened, and what is read and written in it.

use std::{
    collections::HashSet,
    fs::{self, File, Metadata},
    io::Read,
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params, types::ValueRef};
use uuid::Uuid;

use super::{
    aside,
    fault::Fault,
    header::{APPLICATION_ID, APPLICATION_ID_AT, PAGE, rolls_back},
    held::{Entry, Held},
    row::{instant, length, text, time},
    sidecar,
};

/// The table of messages. `set_aside` says why one is not sent any more, `set_aside_at` since when; that and `since` are milliseconds
/// after 1970 by the wall clock;
/// `crc32c` is that of `number` (eight bytes, big-endian), `id` and `content` (RFC 9260, appendix A).
const MESSAGES_TABLE: &str = "
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    content BLOB NOT NULL,
    crc32c INTEGER NOT NULL,
    since INTEGER NOT NULL,
    set_aside TEXT,
    set_aside_at INTEGER
) STRICT;";
/// How many messages that were set aside have made room for newer ones, and why the last of them was, in one row at most.
const DISCARDED_TABLE: &str =
    "CREATE TABLE discarded (messages INTEGER NOT NULL, reason TEXT) STRICT;";
/// What journals of earlier versions lack: table, column, and what adds it.
const LATER: [(&str, &str, &str); 3] = [
    ("discarded", "messages", DISCARDED_TABLE),
    (
        "discarded",
        "reason",
        "ALTER TABLE discarded ADD COLUMN reason TEXT",
    ),
    (
        "messages",
        "set_aside_at",
        "ALTER TABLE messages ADD COLUMN set_aside_at INTEGER",
    ),
];

/// Makes a journal's tables in a database without any.
pub fn make_tables(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(MESSAGES_TABLE)?;
    database.execute_batch(DISCARDED_TABLE)
}

/// Opens the file, or makes it, and looks through all its pages. No other process can open it until it is closed.
///
/// What lies beside it and is another's is moved away before: SQLite would play it back into the file.
pub fn open(path: &Path) -> Result<Connection, Fault> {
    sidecar::move_foreign_away(path)?;
    let found = fs::metadata(path).ok();
    let opened = open_found(path, found.as_ref().map(Metadata::len));
    if found.is_none() && matches!(opened, Err(Fault::Failed { .. })) {
        // What could not be made is not to be taken for a journal that lost all.
        fs::remove_file(path).ok();
    }
    opened
}

fn open_found(path: &Path, bytes: Option<u64>) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(path, flags).map_err(Fault::of)?;
    // Whose it is shows only below.
    let prepared = prepare(&database, bytes.is_none()).map_err(|e| match Fault::of(e) {
        Fault::Unreadable { reason, .. } => Fault::other(&reason),
        fault => fault,
    });
    if !prepared? {
        // SQLite takes a file of less than a page for an empty one, and makes one empty that was never whole.
        let bytes = fs::metadata(path).ok().map(|found| found.len());
        let reason = match bytes {
            Some(0) => "empty",
            Some(bytes) if bytes < PAGE as u64 => "cut short",
            _ => "a database without a table",
        };
        return Err(Fault::Unreadable {
            reason: reason.to_owned(),
            ours: bytes == Some(0),
        });
    }
    let look = |pragma| database.pragma_query_value(None, pragma, |row| row.get(0));
    let mark: i32 = look("application_id").map_err(Fault::of)?;
    if mark != APPLICATION_ID {
        return Err(Fault::Unreadable {
            reason: "a database of another kind".to_owned(),
            ours: false,
        });
    }
    if database.is_readonly("main").map_err(Fault::of)? {
        return Err(read_only(path)?);
    }
    let verdict = database.pragma_query_value(None, "quick_check", |row| row.get(0));
    let verdict: String = verdict.map_err(Fault::of)?;
    if verdict != "ok" {
        log::debug!("journal {}: {verdict}", path.display());
        return Err(Fault::Unreadable {
            reason: "damaged on the disk".to_owned(),
            ours: true,
        });
    }
    complete(&mut database).map_err(Fault::of)?;
    database.prepare(MESSAGES).map_err(Fault::of)?;
    Ok(database)
}

/// Whether the damaged file at `path` carries the mark of a journal, or its first page the table's definition.
pub fn is_marked(path: &Path) -> bool {
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PAGE as u64).read_to_end(&mut first));
    let table = MESSAGES_TABLE
        .trim_start()
        .split('(')
        .next()
        .unwrap_or_default();
    let mark = first.get(APPLICATION_ID_AT) == Some(&APPLICATION_ID.to_be_bytes());
    read.is_ok() && (mark || first.windows(table.len()).any(|w| w == table.as_bytes()))
}

/// Why SQLite would only read the file: a version of the format in its header that it does not know, or the system.
fn read_only(path: &Path) -> Result<Fault, Fault> {
    let mut header = [0; 20];
    File::open(path)?.read_exact(&mut header)?;
    Ok(if rolls_back(&header) {
        Fault::Failed {
            reason: "cannot be written".to_owned(),
            full: false,
        }
    } else {
        Fault::Unreadable {
            reason: "its header names another version of the format".to_owned(),
            ours: true,
        }
    })
}

/// Takes the file's lock, and makes the table where there is none. Whether it could be: not in a file without any, unless `make`.
fn prepare(database: &Connection, make: bool) -> rusqlite::Result<bool> {
    database.busy_timeout(Duration::ZERO)?;
    // The lock is kept from the first use on. What was written is on the disk when a transaction ends, and an interrupted one is
    // undone from a file of its own; pages are not mapped into memory, where a fault of the disk would end the process.
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    database.pragma_update(None, "synchronous", "EXTRA")?;
    database.pragma_update(None, "mmap_size", 0)?;
    // The file may be damaged, or come from anyone.
    database.pragma_update(None, "trusted_schema", false)?;
    database.pragma_update(None, "cell_size_check", true)?;
    database.pragma_update(None, "page_size", PAGE as i64)?;
    database.execute_batch("BEGIN EXCLUSIVE")?;
    let new = database.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })?;
    if new && !make {
        database.execute_batch("ROLLBACK")?;
        return Ok(false);
    }
    if new {
        make_tables(database)?;
        database.pragma_update(None, "application_id", APPLICATION_ID)?;
        sidecar::mark_file(database)?;
    }
    database.execute_batch("COMMIT")?;
    Ok(true)
}

/// Adds what a journal of an earlier version lacks.
fn complete(database: &mut Connection) -> rusqlite::Result<()> {
    sidecar::mark_file(database)?;
    for (table, column, change) in LATER {
        let lacks = "SELECT count(*) = 0 FROM pragma_table_info(?1) WHERE name = ?2";
        if database.query_row(lacks, [table, column], |row| row.get(0))? {
            let transaction = database.transaction()?;
            sidecar::mark_change(&transaction)?;
            transaction.execute_batch(change)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

/// A row that says what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in the journal.
    pub number: i64,
    /// Its identity.
    pub id: Uuid,
    /// The encoded message.
    pub content: Vec<u8>,
    /// When it was handed to the journal, milliseconds after 1970.
    pub since: i64,
    /// Why it is not sent any more.
    pub set_aside: Option<String>,
    /// Since when, milliseconds after 1970, where that is known.
    pub set_aside_at: Option<i64>,
}

/// The message of a row of [`MESSAGES`]; `None` where it holds other bytes than were written.
pub fn message(row: &Row<'_>) -> rusqlite::Result<Option<Message>> {
    let (id, content): (Vec<u8>, Vec<u8>) = (row.get("id")?, row.get("content")?);
    let (number, written): (i64, i64) = (row.get("number")?, row.get("crc32c")?);
    let Ok(id) = Uuid::from_slice(&id) else {
        return Ok(None);
    };
    if i64::from(checksum(number, id, &content)) != written {
        return Ok(None);
    }
    Ok(Some(Message {
        number,
        id,
        content,
        since: row.get("since")?,
        set_aside: match row.get_ref("set_aside")? {
            ValueRef::Null => None,
            _ => Some(text(row, "set_aside")?),
        },
        set_aside_at: instant(row, "set_aside_at")?,
    }))
}

/// What [`message`] reads.
pub const MESSAGES: &str =
    "SELECT number, id, content, crc32c, since, set_aside, set_aside_at FROM messages";

fn checksum(number: i64, id: Uuid, content: &[u8]) -> u32 {
    let of_number = crc32c::crc32c(&number.to_be_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(of_number, id.as_bytes()), content)
}

/// Adds a message under this number.
pub fn insert(database: &Connection, number: i64, message: &Message) -> rusqlite::Result<()> {
    let id = message.id;
    database
        .prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            number,
            id.as_bytes(),
            message.content,
            checksum(number, id, &message.content),
            message.since,
            message.set_aside,
            message.set_aside_at
        ])?;
    Ok(())
}

/// The oldest messages that wait, at most so many and of so many bytes in all, but one at least, and each identity once: a receipt
/// names messages by their identities. And the numbers of those before them that hold other bytes than were written.
pub fn oldest(
    database: &Connection,
    max_messages: usize,
    max_bytes: usize,
) -> rusqlite::Result<(Vec<Entry>, Vec<i64>)> {
    let select = format!("{MESSAGES} WHERE set_aside IS NULL ORDER BY number");
    let mut statement = database.prepare_cached(&select)?;
    let mut rows = statement.query([])?;
    let (mut entries, mut damaged, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut ids = HashSet::new();
    while let Some(row) = rows.next()? {
        let Some(message) = message(row)? else {
            damaged.push(row.get("number")?);
            continue;
        };
        bytes += message.content.len();
        let too_long = bytes > max_bytes && !entries.is_empty();
        if entries.len() == max_messages || too_long || !ids.insert(message.id) {
            break;
        }
        entries.push(Entry {
            number: message.number,
            id: message.id,
            message: message.content,
        });
    }
    Ok((entries, damaged))
}

/// Removes messages that wait; their lengths.
pub fn remove(database: &Connection, numbers: &[i64]) -> rusqlite::Result<Vec<u64>> {
    let delete =
        "DELETE FROM messages WHERE number = ?1 AND set_aside IS NULL RETURNING length(content)";
    let mut statement = database.prepare_cached(delete)?;
    let mut gone = Vec::new();
    for number in numbers {
        gone.extend(
            statement
                .query_row([number], |row| length(row, 0))
                .optional()?,
        );
    }
    Ok(gone)
}

/// The number after the last, and what is held.
pub fn count(database: &Connection) -> rusqlite::Result<(i64, Held)> {
    let select = "SELECT coalesce(max(number), -1),
         count(*) FILTER (WHERE set_aside IS NULL), coalesce(sum(length(content)) FILTER (WHERE set_aside IS NULL), 0),
         count(set_aside), coalesce(sum(length(content)) FILTER (WHERE set_aside IS NOT NULL), 0) FROM messages";
    let discarded = aside::discarded(database)?.messages;
    database.query_row(select, [], |row| {
        let last: i64 = row.get(0)?;
        let held = Held {
            messages: length(row, 1)?,
            bytes: length(row, 2)?,
            set_aside: length(row, 3)?,
            set_aside_bytes: length(row, 4)?,
            discarded,
        };
        Ok((last.saturating_add(1), held))
    })
}

/// When the oldest message that waits was handed to the journal.
pub fn waiting_since(database: &Connection) -> rusqlite::Result<Option<SystemTime>> {
    let select = "SELECT min(since) FROM messages WHERE set_aside IS NULL";
    let since: Option<i64> = database.query_row(select, [], |row| row.get(0))?;
    Ok(since.map(time))
}
