//! Memory in the place of a journal's file, while the disk does not take what changes.
//!
//! It holds copies of what waits in the file, as far as that can be read, so that the link goes on with them; and of an aircraft, what
//! is found meanwhile. Once the disk takes it, the file becomes what the memory says.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};

use super::{
    aside,
    database::{self, MESSAGES, Message},
    error::JournalError,
    held::DiskFault,
    row::length,
    sidecar,
};

/// The file is tried again after so long, and after so many times as long as the last try took: all its pages are looked through.
const PAUSE: (Duration, u32) = (Duration::from_secs(1), 10);

/// The messages of a journal in memory.
pub struct StandIn {
    /// An SQLite database like the file.
    pub database: Connection,
    /// Numbers of the messages that the file holds too.
    copied: BTreeSet<i64>,
    /// How many of them waited there.
    waited: u64,
    /// The number of the first message that it does not hold, whatever it holds.
    first_number: i64,
    /// How many messages had been discarded in the file.
    discarded_before: u64,
    fault: String,
    no_room: bool,
    next_try: Instant,
}

impl StandIn {
    /// Memory that takes the place of `file` for the reason of `fault`, with at most `max_bytes` of its messages, the oldest. The messages
    /// of the journal have numbers below `next_number`.
    pub fn new(
        file: Option<&Connection>,
        max_bytes: u64,
        next_number: i64,
        fault: &JournalError,
    ) -> rusqlite::Result<Self> {
        let database = Connection::open_in_memory()?;
        database::make_tables(&database)?;
        // One that messages of the file have not, known or not: below 2^56, by chance.
        let by_chance = "SELECT random() & 0xFFFFFFFFFFFFFF";
        let by_chance: i64 = database.query_row(by_chance, [], |row| row.get(0))?;
        let mut memory = Self {
            database,
            copied: BTreeSet::new(),
            waited: 0,
            // Above those of an earlier time in memory, so that messages stay in their order.
            first_number: next_number.saturating_add(by_chance),
            discarded_before: 0,
            fault: fault.to_string(),
            no_room: matches!(fault, JournalError::Storage { full: true, .. }),
            next_try: Instant::now() + PAUSE.0,
        };
        if let Some(file) = file
            && let Err(e) = memory.copy(file, max_bytes)
        {
            log::debug!("journal: {e}");
        }
        Ok(memory)
    }

    /// Copies what is readable, up to the first message that is not.
    fn copy(&mut self, file: &Connection, max_bytes: u64) -> rusqlite::Result<()> {
        let discarded = aside::discarded(file)?;
        aside::note_discarded(&self.database, &discarded)?;
        self.discarded_before = discarded.messages;
        let mut statement = file.prepare(&format!(
            "{MESSAGES} ORDER BY set_aside IS NOT NULL, number"
        ))?;
        let (mut rows, mut bytes) = (statement.query([])?, 0);
        while let Some(row) = rows.next()? {
            let Some(message) = database::message(row)? else {
                continue;
            };
            bytes += message.content.len() as u64;
            if bytes > max_bytes {
                break;
            }
            database::insert(&self.database, message.number, &message)?;
            self.copied.insert(message.number);
            self.waited += u64::from(message.set_aside.is_none());
        }
        Ok(())
    }

    /// The number of the first message that the file does not hold.
    pub fn first_number(&self) -> i64 {
        self.first_number
    }

    /// Why the file is not used, and what that means for the messages.
    pub fn fault(&self) -> DiskFault {
        let (only_in_memory, waiting_on_disk) = self.places().unwrap_or_default();
        DiskFault {
            line: self.fault.clone(),
            no_room: self.no_room,
            only_in_memory,
            waiting_on_disk,
            still_listed: self.waited.saturating_sub(waiting_on_disk),
        }
    }

    /// How many messages are nowhere else, and how many wait that are in the file too.
    fn places(&self) -> rusqlite::Result<(u64, u64)> {
        let select = "SELECT count(*) FILTER (WHERE number >= ?1), count(*) FILTER (WHERE number < ?1 AND set_aside IS NULL)
             FROM messages";
        let mut statement = self.database.prepare_cached(select)?;
        statement.query_row([self.first_number], |row| {
            Ok((length(row, 0)?, length(row, 1)?))
        })
    }

    /// Whether the file is to be tried again.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next_try
    }

    /// Puts off the next try, after one that began at `began`.
    pub fn put_off(&mut self, began: Instant) {
        self.next_try = Instant::now() + PAUSE.0.max(began.elapsed() * PAUSE.1);
    }

    /// Makes the file what the memory says, in one transaction.
    pub fn settle(&self, file: &mut Connection) -> rusqlite::Result<()> {
        let messages = self.messages()?;
        let transaction = file.transaction()?;
        sidecar::mark_change(&transaction)?;
        let mut gone = self.copied.clone();
        for message in &messages {
            // The file may have been mended or made anew meanwhile, and hold a copied message no more.
            let there = gone.remove(&message.number)
                && transaction
                    .prepare_cached(
                        "UPDATE messages SET set_aside = ?2, set_aside_at = ?3 WHERE number = ?1",
                    )?
                    .execute(params![
                        message.number,
                        message.set_aside,
                        message.set_aside_at
                    ])?
                    > 0;
            if !there {
                database::insert(&transaction, message.number, message)?;
            }
        }
        for number in gone {
            transaction
                .prepare_cached("DELETE FROM messages WHERE number = ?1")?
                .execute([number])?;
        }
        let mut discarded = aside::discarded(&self.database)?;
        discarded.messages = discarded.messages.saturating_sub(self.discarded_before);
        if discarded.messages > 0 {
            discarded.messages += aside::discarded(&transaction)?.messages;
            aside::note_discarded(&transaction, &discarded)?;
        }
        transaction.commit()
    }

    fn messages(&self) -> rusqlite::Result<Vec<Message>> {
        let mut statement = self.database.prepare(MESSAGES)?;
        let rows = statement.query_map([], database::message)?;
        rows.filter_map(Result::transpose).collect()
    }
}

#[cfg(test)]
mod tests;
