//! The journal: messages on disk that the ground station has not yet confirmed.
//!
//! A message is durable (flushed to the disk) before [`Journal::append`] returns, and stays until the ground station
//! has confirmed it, so neither a killed process nor a lost battery loses one. The file is a redb database: whatever
//! happens to the process, it opens again in the state of the last completed call.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use parking_lot::{Mutex, RwLock};
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use thiserror::Error;
use uuid::Uuid;

use super::{message::Envelope, message_error::MessageError};

/// Waiting messages in the order of their appending: number, then identity and encoded message.
const PENDING: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("pending");
/// Messages that a ground station has said it will never store, kept for whoever looks into it.
const REFUSED: TableDefinition<u64, (u128, &[u8])> = TableDefinition::new("refused");

/// Memory that the database may use, in bytes. Messages are read once, in order, so a small cache does.
const CACHE_BYTES: usize = 4 << 20;

/// A journal that cannot do what was asked.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Another process has the file open.
    #[error("journal {path}: in use by another process; stop it or give another file")]
    Locked {
        /// The file.
        path: String,
    },
    /// The file cannot be read or written; what is in it may well be whole.
    #[error("journal {path}: {reason}; {remedy}")]
    Storage {
        /// The file.
        path: String,
        /// What happened, in one line.
        reason: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The file is damaged or no journal.
    #[error(
        "journal {path}: {reason}; it is damaged or no journal, so move it away and start again"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it, in one line.
        reason: String,
    },
    /// The messages do not fit. None of them has been taken.
    #[error(
        "journal {path}: full, {used} of {limit} bytes wait for the ground station; restore the link or raise journal.max_bytes"
    )]
    Full {
        /// The file.
        path: String,
        /// Bytes waiting.
        used: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A message cannot be encoded. None of those given with it has been taken.
    #[error(transparent)]
    Message(#[from] MessageError),
}

/// A message that waits in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the journal; smaller is older.
    pub number: u64,
    /// Its identity, see [`Envelope::id`].
    pub id: Uuid,
    /// The encoded message.
    pub message: Vec<u8>,
}

/// What the journal holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Messages waiting for the ground station.
    pub messages: u64,
    /// Their length in bytes, as encoded.
    pub bytes: u64,
    /// Messages the ground station has refused.
    pub refused: u64,
}

/// Messages on disk that wait for the ground station. Share it between threads by reference.
pub struct Journal {
    path: PathBuf,
    /// Nothing after a fault of the disk, until it opens again: the database refuses all work once a write has failed.
    database: RwLock<Option<Database>>,
    max_bytes: u64,
    /// Changed only after a commit, so a thread that panicked cannot have left the counts wrong.
    state: Mutex<State>,
}

struct State {
    next_number: u64,
    held: Held,
}

impl Journal {
    /// Opens the journal at `path`, or makes it. At most `max_bytes` of messages may wait in it; the file itself can
    /// be about twice as large.
    ///
    /// # Errors
    /// When the file is in use, damaged, no journal, or cannot be read or written.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        let database = open_database(path)?;
        let state = read_state(&database).map_err(|e| storage(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            database: RwLock::new(Some(database)),
            max_bytes,
            state: Mutex::new(state),
        })
    }

    /// As [`Journal::open`], but a damaged file is set aside, beside itself with `.damaged` and a number added to its name, and
    /// a new one made: for an aircraft that is to fly and has nobody to ask.
    ///
    /// # Errors
    /// When the file is in use, the disk is full or refuses, or a new one cannot be made either.
    pub fn open_or_replace(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        match Self::open(path, max_bytes) {
            Err(error @ JournalError::Damaged { .. }) => {
                let aside = free_name_beside(path);
                if fs::rename(path, &aside).is_err() {
                    return Err(error);
                }
                log::error!("{error}; it is set aside as {}", aside.display());
                Self::open(path, max_bytes)
            }
            opened => opened,
        }
    }

    /// Adds `envelopes`, all or none. They are on the disk when this returns. One call costs one flush, so give
    /// together what belongs together.
    ///
    /// # Errors
    /// When a message cannot be encoded, the journal would exceed its limit, or the disk fails.
    pub fn append(&self, envelopes: &[Envelope]) -> Result<(), JournalError> {
        let messages = envelopes
            .iter()
            .map(|envelope| Ok((envelope.id(), envelope.encode()?)))
            .collect::<Result<Vec<_>, MessageError>>()?;
        let bytes: u64 = messages.iter().map(|(_, m)| m.len() as u64).sum();
        let mut state = self.state.lock();
        if state.held.bytes.saturating_add(bytes) > self.max_bytes {
            return Err(JournalError::Full {
                path: self.path.display().to_string(),
                used: state.held.bytes,
                limit: self.max_bytes,
            });
        }
        let mut number = state.next_number;
        self.write(|pending, _| {
            for (id, message) in &messages {
                pending.insert(number, (id.as_u128(), message.as_slice()))?;
                number += 1;
            }
            Ok(())
        })?;
        state.next_number = number;
        state.held.messages += messages.len() as u64;
        state.held.bytes += bytes;
        Ok(())
    }

    /// The oldest waiting messages, at most `max_messages` and `max_bytes`, but at least one if any waits.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn pending(
        &self,
        max_messages: usize,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        self.with(|database| {
            let table = database.begin_read()?.open_table(PENDING)?;
            let mut entries = Vec::new();
            let mut bytes = 0;
            for row in table.iter()? {
                let (number, value) = row?;
                let (id, message) = value.value();
                bytes += message.len();
                if entries.len() == max_messages || (bytes > max_bytes && !entries.is_empty()) {
                    break;
                }
                entries.push(Entry {
                    number: number.value(),
                    id: Uuid::from_u128(id),
                    message: message.to_vec(),
                });
            }
            Ok(entries)
        })
    }

    /// Removes messages that the ground station has confirmed, by their numbers. Unknown numbers are ignored.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn remove(&self, numbers: &[u64]) -> Result<(), JournalError> {
        self.take_out(numbers, false)
    }

    /// Sets messages aside that the ground station has refused for good, so that they hold up no others. They stay
    /// in the file.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn set_aside(&self, numbers: &[u64]) -> Result<(), JournalError> {
        self.take_out(numbers, true)
    }

    /// What the journal holds now.
    #[must_use]
    pub fn held(&self) -> Held {
        self.state.lock().held
    }

    /// The journal's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn take_out(&self, numbers: &[u64], keep: bool) -> Result<(), JournalError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let mut held = state.held;
        self.write(|pending, refused| {
            for &number in numbers {
                let Some(row) = pending.remove(number)? else {
                    continue;
                };
                let (id, message) = row.value();
                held.messages = held.messages.saturating_sub(1);
                held.bytes = held.bytes.saturating_sub(message.len() as u64);
                if keep {
                    refused.insert(number, (id, message))?;
                    held.refused += 1;
                }
            }
            Ok(())
        })?;
        state.held = held;
        Ok(())
    }

    /// Runs `change` in one durable transaction: all of it happens, or none.
    fn write(
        &self,
        change: impl FnOnce(&mut Rows<'_>, &mut Rows<'_>) -> Result<(), redb::Error>,
    ) -> Result<(), JournalError> {
        self.with(|database| {
            let transaction = database.begin_write()?;
            {
                let mut pending = transaction.open_table(PENDING)?;
                let mut refused = transaction.open_table(REFUSED)?;
                change(&mut pending, &mut refused)?;
            }
            Ok(transaction.commit()?)
        })
    }

    /// Works with the database. After a fault of the disk it is closed, and opened again by the next call: what was
    /// committed before is there again.
    fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, JournalError> {
        self.reopen()?;
        let shared = self.database.read();
        let result = match &*shared {
            Some(database) => work(database),
            None => Err(redb::Error::PreviousIo),
        };
        drop(shared);
        if let Err(redb::Error::Io(_) | redb::Error::PreviousIo) = &result {
            *self.database.write() = None;
        }
        result.map_err(|e| storage(&self.path, e))
    }

    fn reopen(&self) -> Result<(), JournalError> {
        let shared = self.database.read();
        if shared.is_some() {
            return Ok(());
        }
        drop(shared);
        let mut own = self.database.write();
        if own.is_none() {
            *own = Some(open_database(&self.path)?);
        }
        Ok(())
    }
}

type Rows<'t> = redb::Table<'t, u64, (u128, &'static [u8])>;

fn open_database(path: &Path) -> Result<Database, JournalError> {
    let opened = Database::builder().set_cache_size(CACHE_BYTES).create(path);
    opened.map_err(|e| match e {
        DatabaseError::DatabaseAlreadyOpen => JournalError::Locked {
            path: path.display().to_string(),
        },
        other => storage(path, other),
    })
}

fn read_state(database: &Database) -> Result<State, redb::Error> {
    let transaction = database.begin_write()?;
    let mut held = Held::default();
    let mut next_number = 0;
    {
        let pending = transaction.open_table(PENDING)?;
        let refused = transaction.open_table(REFUSED)?;
        for row in pending.iter()? {
            let (_, value) = row?;
            held.messages += 1;
            held.bytes += value.value().1.len() as u64;
        }
        held.refused = refused.iter()?.count() as u64;
        // Past the refused ones too, or one refused later would take an older one's place.
        for last in [pending.last()?, refused.last()?].into_iter().flatten() {
            next_number = next_number.max(last.0.value().saturating_add(1));
        }
    }
    transaction.commit()?;
    Ok(State { next_number, held })
}

/// The name for a damaged file: none that an earlier one has, which may hold what somebody still wants.
fn free_name_beside(path: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        let name = PathBuf::from(name);
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}

fn storage(path: &Path, error: impl Into<redb::Error>) -> JournalError {
    let error = error.into();
    let path = path.display().to_string();
    let reason = error.to_string().replace('\n', " ");
    let remedy = match &error {
        redb::Error::Io(e) if e.kind() == ErrorKind::StorageFull => "free disk space",
        redb::Error::Io(e) if is_damage(e.kind()) => return JournalError::Damaged { path, reason },
        redb::Error::Io(_) | redb::Error::PreviousIo => "check the disk and the file's permissions",
        _ => return JournalError::Damaged { path, reason },
    };
    JournalError::Storage {
        path,
        reason,
        remedy,
    }
}

/// Whether that is what the file holds, and not what the system made of reading it.
const fn is_damage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

#[cfg(test)]
mod tests;
