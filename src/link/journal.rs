//! The journal: messages on disk that the ground station has not yet confirmed.
//!
//! A message is durable (flushed to the disk) before [`Journal::append`] returns, and stays until the ground station has confirmed
//! it or it is set aside, so neither a killed process nor a lost battery loses one. The file is an SQLite database with a row for
//! each message and its CRC-32C. A damaged file is kept beside itself under another name, and what is readable in it goes on in a
//! new one.

mod database;
mod error;
mod held;
pub mod redb_file;
mod salvage;

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};

use super::{message::Envelope, message_error::MessageError};
use database::{Fault, Message};
pub use error::JournalError;
pub use held::{Entry, Held, SetAside};

/// Why a message is set aside whose row holds other bytes than were written.
const DAMAGED: &str = "damaged on the disk";

/// Messages on disk that wait for the ground station. Share it between threads by reference.
pub struct Journal {
    path: PathBuf,
    max_bytes: u64,
    /// Changed only after a commit, so a thread that panicked cannot have left the counts wrong.
    state: Mutex<State>,
}

struct State {
    /// Nothing after a fault of the disk, until it opens again.
    database: Option<Connection>,
    next_number: i64,
    held: Held,
}

impl Journal {
    /// Opens the journal at `path`, or makes it. At most `max_bytes` of messages may wait in it; the file itself can be about twice
    /// as large. A damaged journal is kept under another name beside itself, and what is readable in it goes on in a new one.
    ///
    /// # Errors
    /// When the file is in use, is something else than a journal, or cannot be read or written.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        Self::open_as(path, max_bytes, false)
    }

    /// As [`Journal::open`], but a file that is something else is kept under another name too: for an aircraft that is to fly and
    /// has nobody to ask.
    ///
    /// # Errors
    /// When the file is in use, or the disk is full or refuses.
    pub fn open_or_replace(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        Self::open_as(path, max_bytes, true)
    }

    fn open_as(path: &Path, max_bytes: u64, replace: bool) -> Result<Self, JournalError> {
        let database = match database::open(path) {
            Ok(database) => database,
            Err(Fault::Unreadable { reason, ours }) => {
                salvage::mend(path, &reason, ours || replace).map_err(|fault| fault.at(path))?
            }
            Err(fault) => return Err(fault.at(path)),
        };
        let (next_number, held) = database::count(&database).map_err(|e| Fault::of(e).at(path))?;
        Ok(Self {
            path: path.to_owned(),
            max_bytes,
            state: Mutex::new(State {
                database: Some(database),
                next_number,
                held,
            }),
        })
    }

    /// Adds `envelopes`, all or none. They are on the disk when this returns. One call costs one flush, so give
    /// together what belongs together.
    ///
    /// # Errors
    /// When a message cannot be encoded, the journal would exceed its limit, or the disk fails.
    pub fn append(&self, envelopes: &[Envelope]) -> Result<(), JournalError> {
        let since = unix_ms(SystemTime::now());
        let message = |envelope: &Envelope| {
            Ok(Message {
                number: 0,
                id: envelope.id(),
                content: envelope.encode()?,
                since,
                set_aside: None,
            })
        };
        let messages = envelopes.iter().map(message);
        let mut messages = messages.collect::<Result<Vec<_>, MessageError>>()?;
        let bytes: u64 = messages.iter().map(|m| m.content.len() as u64).sum();
        let mut state = self.state.lock();
        if state.held.bytes.saturating_add(bytes) > self.max_bytes {
            return Err(JournalError::Full {
                path: self.path.display().to_string(),
                used: state.held.bytes,
                limit: self.max_bytes,
            });
        }
        for (number, message) in (state.next_number..).zip(&mut messages) {
            message.number = number;
        }
        self.change(&mut state, |transaction| {
            messages
                .iter()
                .try_for_each(|message| database::insert(transaction, message))
        })?;
        state.next_number += messages.len() as i64;
        state.held.messages += messages.len() as u64;
        state.held.bytes += bytes;
        Ok(())
    }

    /// The oldest waiting messages, at most `max_messages` and `max_bytes`, but at least one if any waits. One whose bytes are
    /// other than were written is set aside.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn pending(
        &self,
        max_messages: usize,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        loop {
            let (entries, damaged) = self.change(&mut self.state.lock(), |transaction| {
                database::oldest(transaction, max_messages, max_bytes)
            })?;
            let only_damaged = entries.is_empty() && !damaged.is_empty();
            if !damaged.is_empty() {
                let (path, count) = (self.path.display(), damaged.len());
                log::error!(
                    "journal {path}: {count} messages are {DAMAGED} and set aside; `scarp link status` tells of them"
                );
            }
            let damaged: Vec<_> = damaged.into_iter().map(|n| (n, DAMAGED)).collect();
            self.set_aside(&damaged)?;
            if !only_damaged {
                return Ok(entries);
            }
        }
    }

    /// Removes messages that the ground station has confirmed, by their numbers. Unknown numbers are ignored.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, numbers: &[i64]) -> Result<(), JournalError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let gone = self.change(&mut state, |transaction| {
            database::remove(transaction, numbers)
        })?;
        state.held.leave(&gone);
        Ok(())
    }

    /// Sets messages aside, by their numbers and with the reason, so that they hold up no others. They stay in the file.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_aside(&self, messages: &[(i64, &str)]) -> Result<(), JournalError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let gone = self.change(&mut state, |transaction| {
            database::set_aside(transaction, messages)
        })?;
        state.held.leave(&gone);
        state.held.set_aside += gone.len() as u64;
        Ok(())
    }

    /// Lets all that was set aside wait for the ground station again; how many messages that are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn resend(&self) -> Result<u64, JournalError> {
        let mut state = self.state.lock();
        let again = self.change(&mut state, |transaction| {
            transaction.execute(
                "UPDATE messages SET set_aside = NULL WHERE set_aside IS NOT NULL",
                [],
            )
        })?;
        (_, state.held) = self.change(&mut state, |transaction| database::count(transaction))?;
        Ok(again as u64)
    }

    /// What was set aside, by its reason, the most frequent first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn reasons(&self) -> Result<Vec<SetAside>, JournalError> {
        self.change(&mut self.state.lock(), |transaction| {
            database::reasons(transaction)
        })
    }

    /// When the oldest message that waits was handed to the journal, by the aircraft's wall clock.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn waiting_since(&self) -> Result<Option<SystemTime>, JournalError> {
        self.change(&mut self.state.lock(), |transaction| {
            database::waiting_since(transaction)
        })
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

    /// Does `work` in one transaction. A file that shows damage is mended, and the work done on what is readable.
    fn change<T>(
        &self,
        state: &mut State,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        match self.try_change(state, &work) {
            Err(Fault::Unreadable { reason, .. }) => {
                // Its lock must be gone before another takes its place.
                state.database = None;
                let mended = salvage::mend(&self.path, &reason, true);
                let mended = mended.map_err(|fault| fault.at(&self.path))?;
                let counted = database::count(&mended).map_err(Fault::of);
                let (next_number, held) = counted.map_err(|fault| fault.at(&self.path))?;
                state.database = Some(mended);
                state.next_number = state.next_number.max(next_number);
                state.held = held;
                self.try_change(state, &work)
            }
            done => done,
        }
        .map_err(|fault| {
            state.database = None;
            fault.at(&self.path)
        })
    }

    fn try_change<T>(
        &self,
        state: &mut State,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let database = match &mut state.database {
            Some(database) => database,
            closed => closed.insert(database::open(&self.path)?),
        };
        let mut commit = || {
            let transaction = database.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        commit().map_err(Fault::of)
    }
}

fn unix_ms(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
