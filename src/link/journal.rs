//! The journal: messages on disk that the ground station has not yet confirmed.
//!
//! A message is durable (flushed to the disk) before [`Journal::append`] returns, and stays until the ground station has confirmed
//! it or it is set aside, so neither a killed process nor a lost battery loses one. The file is an SQLite database with a row for
//! each message and its CRC-32C. A damaged file is kept beside itself under another name, and what is readable in it goes on in a
//! new one.

mod aside;
mod beside;
mod database;
mod error;
mod fault;
mod header;
mod held;
mod readable_copy;
mod reasons;
pub mod redb_file;
mod row;
mod salvage;
mod sidecar;
mod stand_in;
mod state;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{message::Envelope, message_error::MessageError};
use aside::Aside;
use database::Message;
pub use error::JournalError;
pub use held::{DiskFault, Entry, Held, SetAside};
use state::{Purpose, State};

/// Why a message is set aside whose row holds other bytes than were written.
const DAMAGED: &str = "damaged on the disk";
/// Messages on disk that wait for the ground station. Share it between threads by reference.
pub struct Journal {
    path: PathBuf,
    /// Changed only after a commit, so a thread that panicked cannot have left the counts wrong.
    state: Mutex<State>,
    /// Whoever has finished it tells what is lost.
    is_finished: AtomicBool,
}

impl Journal {
    /// Opens the journal at `path`, or makes it. At most `max_bytes` of messages may wait in it; the file itself can be about twice
    /// as large. A damaged journal is kept under another name beside itself, and what is readable in it goes on in a new one.
    ///
    /// # Errors
    /// When the file is in use, is something else than a journal, or cannot be read or written.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        State::closed(path, max_bytes, Purpose::Use)
            .open()
            .map(Self::new)
    }

    /// As [`Journal::open`], for an aircraft that is to fly and has nobody to ask: a file that is something else is kept under another
    /// name too, and where no journal can be opened or written, messages wait in memory until one can, see [`Journal::disk_fault`].
    ///
    /// # Errors
    /// When there is no memory for that either.
    pub fn open_or_replace(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        State::closed(path, max_bytes, Purpose::Flight)
            .open()
            .map(Self::new)
    }

    /// As [`Journal::open`], for a replay of photographs: where the disk does not let a journal be opened or written, messages wait in
    /// memory until it does, see [`Journal::disk_fault`].
    ///
    /// # Errors
    /// When the file is in use or is something else than a journal, or there is no memory.
    pub fn open_to_replay(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        State::closed(path, max_bytes, Purpose::Replay)
            .open()
            .map(Self::new)
    }

    /// As [`Journal::open`], for whoever tells or sends what is in it: where it can be read and not written, that goes on with a copy in
    /// memory, see [`Journal::disk_fault`], and what the ground station confirms stays in the file.
    ///
    /// # Errors
    /// When the file is in use, is something else than a journal, or cannot be read.
    pub fn open_to_deliver(path: &Path, max_bytes: u64) -> Result<Self, JournalError> {
        State::closed(path, max_bytes, Purpose::Delivery)
            .open()
            .map(Self::new)
    }

    fn new(state: State) -> Self {
        Self {
            path: state.path.clone(),
            state: Mutex::new(state),
            is_finished: AtomicBool::new(false),
        }
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
                set_aside_at: None,
            })
        };
        let messages = envelopes.iter().map(message);
        self.insert(&messages.collect::<Result<Vec<_>, MessageError>>()?)
    }

    /// Adds messages, all or none; those with a reason are set aside, the others wait.
    fn insert(&self, messages: &[Message]) -> Result<(), JournalError> {
        let waiting = || messages.iter().filter(|m| m.set_aside.is_none());
        let bytes = waiting().map(|m| m.content.len() as u64).sum();
        let mut state = self.state.lock();
        state.settle_to_append()?;
        if state.held.bytes.saturating_add(bytes) > state.limit() {
            return Err(JournalError::Full {
                path: self.path.display().to_string(),
                used: state.held.bytes,
                limit: state.limit(),
            });
        }
        state.change(false, |transaction, next_number| {
            let mut numbered = (next_number..).zip(messages);
            numbered
                .try_for_each(|(number, message)| database::insert(transaction, number, message))
        })?;
        state.next_number += messages.len() as i64;
        state.held.messages += waiting().count() as u64;
        state.held.bytes += bytes;
        let aside = messages.iter().filter_map(|message| {
            Some(Aside {
                bytes: message.content.len() as u64,
                since: message.set_aside_at.map(row::time),
                reason: message.set_aside.as_deref()?,
            })
        });
        state.were_set_aside(&aside.collect::<Vec<_>>())
    }

    /// The oldest waiting messages, at most `max_messages` and `max_bytes`, but at least one if any waits, and none with the identity
    /// of another of them: it goes with the next, so that the receipt tells of which it speaks. One whose bytes are other than were
    /// written is set aside.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn pending(
        &self,
        max_messages: usize,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        loop {
            let (entries, damaged) = self
                .state
                .lock()
                .look(|transaction| database::oldest(transaction, max_messages, max_bytes))?;
            let only_damaged = entries.is_empty() && !damaged.is_empty();
            if !damaged.is_empty() {
                let (path, count) = (self.path.display(), damaged.len());
                log::error!(
                    "journal {path}: messages {DAMAGED} and set aside: {count}; `scarp link status` tells of them"
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
        let gone = state.change(true, |transaction, _| {
            database::remove(transaction, numbers)
        })?;
        state.held.leave(&gone);
        Ok(())
    }

    /// Sets messages aside, by their numbers and with the reason, so that they hold up no others. They stay in the file, but for the
    /// oldest, which make room where there are many, see [`Held::discarded`].
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_aside(&self, messages: &[(i64, &str)]) -> Result<(), JournalError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let now = unix_ms(SystemTime::now());
        let aside = state.change(true, |transaction, _| {
            aside::set_aside(transaction, messages, now)
        })?;
        let lengths: Vec<u64> = aside.iter().map(|one| one.bytes).collect();
        state.held.leave(&lengths);
        state.were_set_aside(&aside)
    }

    /// Lets all that was set aside wait for the ground station again; how many messages that are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn resend(&self) -> Result<u64, JournalError> {
        self.empty_the_aside(aside::resend)
    }

    /// Discards all that was set aside, for good; how many messages that are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discard(&self) -> Result<u64, JournalError> {
        self.empty_the_aside(aside::discard)
    }

    fn empty_the_aside(
        &self,
        work: impl Fn(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<u64, JournalError> {
        let mut state = self.state.lock();
        // Whoever asks for it is told where it is not so on the disk.
        state.settle()?;
        let messages = state.change(false, |transaction, _| work(transaction))?;
        state.recount()?;
        Ok(messages as u64)
    }

    /// Messages set aside since this was opened.
    #[must_use]
    pub fn newly_set_aside(&self) -> u64 {
        self.state.lock().newly_set_aside
    }

    /// What was set aside, by its reason, the most frequent first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn reasons(&self) -> Result<Vec<SetAside>, JournalError> {
        self.state.lock().reasons()
    }

    /// Why the last of the messages was set aside that had to make room for newer ones, see [`Held::discarded`].
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discarded_reason(&self) -> Result<Option<String>, JournalError> {
        let mut state = self.state.lock();
        Ok(state
            .look(|transaction| aside::discarded(transaction))?
            .reason)
    }

    /// When the oldest message that waits was handed to the journal, by the aircraft's wall clock.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn waiting_since(&self) -> Result<Option<SystemTime>, JournalError> {
        let mut state = self.state.lock();
        state.look(|transaction| database::waiting_since(transaction))
    }

    /// Why messages are in memory only and what changes is not on the disk, if that is so.
    #[must_use]
    pub fn disk_fault(&self) -> Option<DiskFault> {
        self.state.lock().disk_fault()
    }

    /// Brings what is in memory to the disk, now. Else that is tried now and then as messages are added, and at the end.
    ///
    /// # Errors
    /// When the disk still does not take it.
    pub fn settle(&self) -> Result<(), JournalError> {
        self.state.lock().settle()
    }

    /// Brings what is in memory to the disk for the last time. What [`Journal::disk_fault`] still tells to be in memory only is lost when
    /// this is dropped, and for the caller to tell of.
    pub fn finish(&self) {
        self.is_finished.store(true, Ordering::Relaxed);
        // It is told by the fault that stays.
        self.settle().ok();
    }

    /// Damaged journals beside this one. What was readable in them has gone on in it.
    #[must_use]
    pub fn damaged(&self) -> Vec<PathBuf> {
        salvage::kept(&self.path)
    }

    /// What lay beside this journal for SQLite to play back into it, and was another's. It is kept under other names.
    #[must_use]
    pub fn foreign(&self) -> Vec<PathBuf> {
        sidecar::foreign(&self.path)
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
}

impl Drop for Journal {
    fn drop(&mut self) {
        if *self.is_finished.get_mut() {
            return;
        }
        let state = self.state.get_mut();
        let Err(error) = state.settle() else { return };
        let lost = state.disk_fault().map_or(0, |fault| fault.only_in_memory);
        if lost > 0 {
            log::error!("{error}; messages lost, which were in memory only: {lost}");
        }
    }
}

fn unix_ms(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
