//! A journal of an earlier version, a redb database: its messages are taken over once.

use std::{fs::File, io::Read, path::Path};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Journal, JournalError, fault::Fault};
use crate::Envelope;

/// Waiting messages in the order of their appending: number, then identity and encoded message.
const PENDING: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("pending");
/// Messages that a ground station had refused.
const REFUSED: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("refused");
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

/// Takes over the messages that wait in the redb database at `old`; how many. Those that a ground station had refused stay there.
///
/// Reading a damaged one can end this process, by a panic or at once: give it one of its own.
///
/// # Errors
/// When the old file cannot be read, or the journal does not take the messages.
pub fn take_over(old: &Path, journal: &Journal) -> Result<u64, JournalError> {
    let read = || -> Result<Vec<Envelope>, redb::Error> {
        let database = Database::open(old)?;
        let transaction = database.begin_read()?;
        let mut messages = Vec::new();
        for row in transaction.open_table(PENDING)?.iter()? {
            let (number, value) = row?;
            match Envelope::decode(value.value().1) {
                Ok(message) => messages.push(message),
                Err(e) => log::error!("journal {}: message {}: {e}", old.display(), number.value()),
            }
        }
        let refused = transaction.open_table(REFUSED)?.iter()?.count();
        if refused > 0 {
            log::warn!(
                "journal {}: {refused} refused messages stay there",
                old.display()
            );
        }
        Ok(messages)
    };
    let messages = read().map_err(|e| {
        let reason = e.to_string().replace('\n', " ");
        Fault::Unreadable { reason, ours: true }.at(old)
    })?;
    journal.append(&messages)?;
    Ok(messages.len() as u64)
}
