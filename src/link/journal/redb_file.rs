//! A journal of an earlier version, a redb database: its messages are taken over once.

use std::{fs::File, io::Read, path::Path, time::SystemTime};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use uuid::Uuid;

use super::{Journal, JournalError, database::Message, fault::Fault, unix_ms};
use crate::Envelope;

/// Waiting messages in the order of their appending: number, then identity and encoded message.
const PENDING: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("pending");
/// Messages that a ground station had refused.
const REFUSED: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("refused");
/// Why those are set aside: the earlier version did not keep the ground station's own reason.
const REFUSED_BEFORE: &str = "refused by the ground station in an earlier version";
/// What a redb database begins with.
const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// Whether the file at `path` is a journal of an earlier version.
#[must_use]
pub fn is_redb(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    // Opening a pipe would wait for who writes to it.
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == *MAGIC
}

/// How many messages were taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenOver {
    /// Those that wait for the ground station.
    pub waiting: u64,
    /// Those that are set aside: refused before, or beyond the limits of today.
    pub set_aside: u64,
}

/// Takes over the messages of the redb database at `old`. Those that a ground station had refused, and those that cannot be understood
/// any more, are set aside with the reason.
///
/// Reading a damaged one can end this process, by a panic or at once: give it one of its own.
///
/// # Errors
/// When the old file cannot be read, or the journal does not take the messages.
pub fn take_over(old: &Path, journal: &Journal) -> Result<TakenOver, JournalError> {
    let messages = read(old).map_err(|e| {
        let reason = e.to_string().replace('\n', " ");
        Fault::Unreadable { reason, ours: true }.at(old)
    })?;
    journal.insert(&messages)?;
    let set_aside = messages.iter().filter(|m| m.set_aside.is_some()).count();
    Ok(TakenOver {
        waiting: (messages.len() - set_aside) as u64,
        set_aside: set_aside as u64,
    })
}

fn read(old: &Path) -> Result<Vec<Message>, redb::Error> {
    let database = Database::open(old)?;
    let transaction = database.begin_read()?;
    let since = unix_ms(SystemTime::now());
    let mut messages = Vec::new();
    for (table, refused) in [(REFUSED, true), (PENDING, false)] {
        for row in transaction.open_table(table)?.iter()? {
            let (_, value) = row?;
            let (id, content) = value.value();
            let set_aside = if refused {
                Some(REFUSED_BEFORE.to_owned())
            } else {
                Envelope::decode(content).err().map(|e| e.to_string())
            };
            let now = set_aside.is_some() && !refused;
            messages.push(Message {
                number: 0,
                id: Uuid::from_u128(id),
                content: content.to_vec(),
                since,
                set_aside,
                set_aside_at: now.then_some(since),
            });
        }
    }
    Ok(messages)
}
