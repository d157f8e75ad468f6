//! What a journal holds.

use std::time::SystemTime;

use uuid::Uuid;

/// A message that waits in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the journal; smaller is older.
    pub number: i64,
    /// Its identity, see [`Envelope::id`].
    pub id: Uuid,
    /// The encoded message.
    pub message: Vec<u8>,
}

/// What the journal holds, and what it had no room to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Messages waiting for the ground station.
    pub messages: u64,
    /// Their length in bytes, as encoded.
    pub bytes: u64,
    /// Messages that are not sent any more: refused by the ground station, or damaged.
    pub set_aside: u64,
    /// Their length in bytes.
    pub set_aside_bytes: u64,
    /// Messages that were set aside and had to make room for newer ones, since [`Journal::discard`](super::Journal::discard).
    pub discarded: u64,
}

impl Held {
    /// Messages of these lengths wait no more.
    pub(super) fn leave(&mut self, lengths: &[u64]) {
        self.messages = self.messages.saturating_sub(lengths.len() as u64);
        self.bytes = self.bytes.saturating_sub(lengths.iter().sum());
    }

    /// So many messages of so many bytes in all, which wait no more or never did, are set aside.
    pub(super) fn were_set_aside(&mut self, messages: u64, bytes: u64) {
        self.set_aside += messages;
        self.set_aside_bytes += bytes;
    }

    /// Messages of these lengths, which were set aside, have made room.
    pub(super) fn made_room(&mut self, lengths: &[u64]) {
        let messages = lengths.len() as u64;
        self.set_aside = self.set_aside.saturating_sub(messages);
        self.set_aside_bytes = self.set_aside_bytes.saturating_sub(lengths.iter().sum());
        self.discarded += messages;
    }
}

/// Why the disk does not take what changes in a journal, which is in memory meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskFault {
    /// What is wrong and what to do, in one line.
    pub line: String,
    /// Whether there is no room.
    pub no_room: bool,
    /// Messages that are nowhere but in memory, whether they wait or are set aside.
    pub only_in_memory: u64,
    /// Messages that wait and are in the file, too.
    pub waiting_on_disk: u64,
    /// Messages that wait no more, and that the file lists still: who opens it next sends them again.
    pub still_listed: u64,
}

/// Messages that were set aside for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The reason, in one line; `…` where it differs.
    pub reason: String,
    /// How many.
    pub messages: u64,
    /// When the first of them was set aside, by the aircraft's wall clock; none where journals of an earlier version did not note it.
    pub since: Option<SystemTime>,
}
