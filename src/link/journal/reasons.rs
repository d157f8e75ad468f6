//! What was set aside, for people: like reasons as one.

use std::{collections::HashMap, time::SystemTime};

use rusqlite::Connection;

use super::{
    held::SetAside,
    row::{instant, length, text, time},
};
use crate::plain_text::plain;

/// Most kinds of reasons that are told apart; the further ones are told of together.
const KINDS: usize = 20;
/// What stands for a number, an identity or a time that differs.
const ANY: &str = "…";

/// What is set aside, by its reason. Reasons that differ in words with digits only are of one kind.
#[derive(Debug, Default)]
pub struct Reasons {
    kinds: HashMap<String, SetAside>,
}

impl Reasons {
    /// Those of all that is set aside in a journal.
    pub fn of(database: &Connection) -> rusqlite::Result<Self> {
        let select =
            "SELECT set_aside, count(*), CASE WHEN count(*) = count(set_aside_at) THEN min(set_aside_at) END
             FROM messages WHERE set_aside IS NOT NULL GROUP BY set_aside ORDER BY 2 DESC, 1";
        let mut statement = database.prepare(select)?;
        let mut rows = statement.query([])?;
        let mut reasons = Self::default();
        while let Some(row) = rows.next()? {
            reasons.add(&text(row, 0)?, length(row, 1)?, instant(row, 2)?.map(time));
        }
        Ok(reasons)
    }

    /// So many more messages are set aside for this reason, the first of them since then, where that is known of all.
    pub fn add(&mut self, reason: &str, messages: u64, since: Option<SystemTime>) {
        let reason = &plain(reason);
        let mut kind = kind(reason);
        if self.kinds.len() >= KINDS && !self.kinds.contains_key(&kind) {
            kind = "other reasons".to_owned();
        }
        match self.kinds.get_mut(&kind) {
            Some(known) => {
                known.messages += messages;
                known.since = known.since.zip(since).map(|(a, b)| a.min(b));
                if known.reason != *reason {
                    known.reason = kind;
                }
            }
            None => {
                let reason = reason.clone();
                self.kinds.insert(
                    kind,
                    SetAside {
                        reason,
                        messages,
                        since,
                    },
                );
            }
        }
    }

    /// The most frequent first.
    pub fn by_frequency(&self) -> Vec<SetAside> {
        let mut found: Vec<_> = self.kinds.values().cloned().collect();
        found.sort_by(|a, b| (b.messages, &a.reason).cmp(&(a.messages, &b.reason)));
        found
    }
}

fn kind(reason: &str) -> String {
    let word = |word| {
        let differs = str::contains(word, |c: char| c.is_ascii_digit());
        if differs { ANY } else { word }
    };
    let words: Vec<_> = reason.split_whitespace().map(word).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
