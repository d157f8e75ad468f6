//! The journal: messages on disk that the ground station has not yet confirmed.
//!
//! A message is durable (flushed to the disk) before [`Journal::append`] returns, and stays until the ground station has confirmed
//! it or it is set aside, so neither a killed process nor a lost battery loses one. The file is an SQLite database with a row for
//! each message and its CRC-32C. A damaged file is kept beside itself under another name, and what is readable in it goes on in a
//! new one.

mod database;
mod error;
mod fault;
mod held;
mod reasons;
pub mod redb_file;
mod salvage;
mod stand_in;

use std::{
    fs,
    path::{self, Path, PathBuf},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};

use super::{message::Envelope, message_error::MessageError};
use database::Message;
pub use error::JournalError;
use fault::Fault;
pub use held::{DiskFault, Entry, Held, SetAside};
use stand_in::StandIn;

/// Why a message is set aside whose row holds other bytes than were written.
const DAMAGED: &str = "damaged on the disk";
/// Most bytes of messages that an aircraft holds in memory while the disk does not take them.
const MEMORY_BYTES: u64 = 64 << 20;

/// Messages on disk that wait for the ground station. Share it between threads by reference.
pub struct Journal {
    path: PathBuf,
    max_bytes: u64,
    /// Whether messages are taken also while the disk does not take them.
    in_flight: bool,
    /// Changed only after a commit, so a thread that panicked cannot have left the counts wrong.
    state: Mutex<State>,
}

struct State {
    place: Place,
    next_number: i64,
    held: Held,
}

/// Where the messages are.
enum Place {
    File(Connection),
    /// In the file, which opens again with the next use after a fault of the disk.
    Closed,
    Memory(StandIn),
}

impl Journal {
    /// Opens the journal at `path`, or makes it. At most `max_bytes` of messages may wait in it; the file itself can be about twice
    /// as large. A damaged journal is kept under another name beside itself, and what is readable in it goes on in a new one.
    ///
    /// # Errors
    /// When the file is in use, is something else than a journal, or cannot be read or written.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        let journal = Self::closed(path, max_bytes, false);
        let file = journal.open_file(false)?;
        journal.use_file(&mut journal.state.lock(), file)?;
        Ok(journal)
    }

    /// As [`Journal::open`], for an aircraft that is to fly and has nobody to ask: a file that is something else is kept under another
    /// name too, and where no journal can be opened or written, messages wait in memory until one can, see [`Journal::disk_fault`].
    ///
    /// # Errors
    /// When there is no memory for that either.
    pub fn open_or_replace(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        let journal = Self::closed(path, max_bytes, true);
        let mut state = journal.state.lock();
        let opened = journal.open_file(true);
        if let Err(error) = opened.and_then(|file| journal.use_file(&mut state, file)) {
            journal.stand_in(&mut state, &error)?;
        }
        drop(state);
        Ok(journal)
    }

    fn closed(path: &Path, max_bytes: u64, in_flight: bool) -> Self {
        let state = State {
            place: Place::Closed,
            next_number: 0,
            held: Held::default(),
        };
        Self {
            path: resolved(path),
            max_bytes,
            in_flight,
            state: Mutex::new(state),
        }
    }

    /// The file, mended if need be.
    fn open_file(&self, replace: bool) -> Result<Connection, JournalError> {
        let path = &self.path;
        let opened = match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(Fault::other("a folder")),
            Ok(found) if !found.is_file() => Err(Fault::other("no file")),
            Err(_) if !path.is_absolute() => Err(Fault::other("no name of a file")),
            _ => database::open(path).or_else(|fault| match fault {
                Fault::Unreadable { reason, ours } => salvage::mend(path, &reason, ours || replace),
                fault => Err(fault),
            }),
        };
        opened.map_err(|fault| fault.at(path))
    }

    fn use_file(&self, state: &mut State, file: Connection) -> Result<(), JournalError> {
        let counted = database::count(&file).map_err(|e| Fault::of(e).at(&self.path));
        let (next_number, held) = counted?;
        state.next_number = state.next_number.max(next_number);
        state.held = held;
        state.place = Place::File(file);
        Ok(())
    }

    /// Adds `envelopes`, all or none. They are on the disk when this returns, or in an aircraft's memory while
    /// [`Journal::disk_fault`] says why. One call costs one flush, so give together what belongs together.
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
        if let Place::Memory(memory) = &state.place
            && (memory.is_due() || !self.in_flight)
        {
            let began = Instant::now();
            let settled = self.settle_in(&mut state);
            if !self.in_flight {
                settled?;
            }
            if let Place::Memory(memory) = &mut state.place {
                memory.put_off(began);
            }
        }
        let limit = match &state.place {
            Place::Memory(_) => self.max_bytes.min(MEMORY_BYTES),
            _ => self.max_bytes,
        };
        if state.held.bytes.saturating_add(bytes) > limit {
            return Err(JournalError::Full {
                path: self.path.display().to_string(),
                used: state.held.bytes,
                limit,
            });
        }
        for (number, message) in (state.next_number..).zip(&mut messages) {
            message.number = number;
        }
        self.change(&mut state, self.in_flight, |transaction| {
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
            let (entries, damaged) = self.change(&mut self.state.lock(), true, |transaction| {
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
        let gone = self.change(&mut state, true, |transaction| {
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
        let gone = self.change(&mut state, true, |transaction| {
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
        let again = self.change(&mut state, self.in_flight, |transaction| {
            transaction.execute(
                "UPDATE messages SET set_aside = NULL WHERE set_aside IS NOT NULL",
                [],
            )
        })?;
        (_, state.held) = self.change(&mut state, self.in_flight, |transaction| {
            database::count(transaction)
        })?;
        Ok(again as u64)
    }

    /// What was set aside, by its reason, the most frequent first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn reasons(&self) -> Result<Vec<SetAside>, JournalError> {
        self.change(&mut self.state.lock(), self.in_flight, |transaction| {
            reasons::reasons(transaction)
        })
    }

    /// When the oldest message that waits was handed to the journal, by the aircraft's wall clock.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn waiting_since(&self) -> Result<Option<SystemTime>, JournalError> {
        self.change(&mut self.state.lock(), self.in_flight, |transaction| {
            database::waiting_since(transaction)
        })
    }

    /// Why messages are in memory only and what changes is not on the disk, if that is so.
    #[must_use]
    pub fn disk_fault(&self) -> Option<DiskFault> {
        match &self.state.lock().place {
            Place::Memory(memory) => Some(memory.fault().clone()),
            _ => None,
        }
    }

    /// Brings what is in memory to the disk, now. Else that is tried now and then as messages are added, and at the end.
    ///
    /// # Errors
    /// When the disk still does not take it.
    pub fn settle(&self) -> Result<(), JournalError> {
        self.settle_in(&mut self.state.lock())
    }

    /// Damaged journals beside this one. What was readable in them has gone on in it.
    #[must_use]
    pub fn damaged(&self) -> Vec<PathBuf> {
        salvage::kept(&self.path)
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

    /// Does `work` in one transaction. A file that shows damage is mended, and the work done on what is readable. Where the disk does
    /// not take it, it is done in memory if that `may_stand_in`: always, where what it says is on the ground anyway.
    fn change<T>(
        &self,
        state: &mut State,
        may_stand_in: bool,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let error = match self.try_change(state, &work) {
            Err(Fault::Unreadable { reason, .. }) if !matches!(state.place, Place::Memory(_)) => {
                // Its lock must be gone before another takes its place.
                state.place = Place::Closed;
                let mended = salvage::mend(&self.path, &reason, true);
                mended
                    .map_err(|fault| fault.at(&self.path))
                    .and_then(|mended| self.use_file(state, mended))
                    .and_then(|()| {
                        let again = self.try_change(state, &work);
                        again.map_err(|fault| fault.at(&self.path))
                    })
            }
            done => done.map_err(|fault| fault.at(&self.path)),
        };
        match error {
            Err(error) if may_stand_in && !matches!(state.place, Place::Memory(_)) => {
                self.stand_in(state, &error)?;
                let done = self.try_change(state, &work);
                done.map_err(|fault| fault.at(&self.path))
            }
            Err(error) => {
                if let Place::File(_) = state.place {
                    state.place = Place::Closed;
                }
                Err(error)
            }
            done => done,
        }
    }

    fn try_change<T>(
        &self,
        state: &mut State,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        if let Place::Closed = state.place {
            state.place = Place::File(database::open(&self.path)?);
        }
        let commit = |database: &mut Connection| {
            let transaction = database.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        match &mut state.place {
            Place::File(file) => commit(file).map_err(Fault::of),
            Place::Memory(memory) => commit(&mut memory.database).map_err(Fault::of),
            Place::Closed => Err(Fault::Locked),
        }
    }

    /// Goes on in memory, with what can be read in the file.
    fn stand_in(&self, state: &mut State, fault: &JournalError) -> Result<(), JournalError> {
        log::error!("{fault}; messages wait in memory meanwhile");
        let most = if self.in_flight {
            MEMORY_BYTES
        } else {
            self.max_bytes
        };
        let file = match &state.place {
            Place::File(file) => Some(file),
            _ => None,
        };
        let begin = || {
            let memory = StandIn::new(file, most, fault)?;
            let (_, held) = database::count(&memory.database)?;
            Ok((memory.first_number()?, held, memory))
        };
        let begun = begin().map_err(|e| Fault::of(e).at(&self.path));
        let (next_number, held, memory) = begun?;
        *state = State {
            place: Place::Memory(memory),
            next_number,
            held,
        };
        Ok(())
    }

    fn settle_in(&self, state: &mut State) -> Result<(), JournalError> {
        let Place::Memory(memory) = &state.place else {
            return Ok(());
        };
        let mut file = self.open_file(self.in_flight)?;
        let settled = memory.settle(&mut file);
        settled.map_err(|e| Fault::of(e).at(&self.path))?;
        log::warn!(
            "journal {}: the disk takes it again, and what was in memory",
            self.path.display()
        );
        self.use_file(state, file)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Err(error) = self.settle()
            && let Place::Memory(memory) = &self.state.get_mut().place
        {
            match memory.only_here() {
                0 => log::warn!(
                    "{error}; what the ground station has confirmed meanwhile stays in it and is sent again"
                ),
                lost => {
                    log::error!("{error}; {lost} messages that were in memory only are lost");
                }
            }
        }
    }
}

/// The file that a name stands for, whatever the folder and through links. SQLite takes names without a folder for other things than
/// files too, and a link's for that of the files beside it.
fn resolved(path: &Path) -> PathBuf {
    let target = || {
        // A link to a file that is still to be made.
        let target = fs::read_link(path).map(|to| path.with_file_name("").join(to));
        path::absolute(target.as_deref().unwrap_or(path))
    };
    let found = fs::canonicalize(path).or_else(|_| target());
    found.unwrap_or_else(|_| path.to_owned())
}

fn unix_ms(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
