//! What was set aside, for people: like reasons as one.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{
    held::SetAside,
    row::{length, text, time},
};

/// Most kinds of reasons that are told apart; the further ones are told of together.
const KINDS: usize = 20;
/// What stands for a number, an identity or a time that differs.
const ANY: &str = "…";

/// What was set aside, by its reason, the most frequent first. Reasons that differ in words with digits only are of one kind.
pub fn reasons(database: &Connection) -> rusqlite::Result<Vec<SetAside>> {
    let select = "SELECT set_aside, count(*), min(since) FROM messages WHERE set_aside IS NOT NULL
         GROUP BY set_aside ORDER BY 2 DESC, 1";
    let mut statement = database.prepare(select)?;
    let mut rows = statement.query([])?;
    let mut kinds: HashMap<String, SetAside> = HashMap::new();
    while let Some(row) = rows.next()? {
        let one = SetAside {
            reason: text(row, 0)?,
            messages: length(row, 1)?,
            since: time(row.get(2)?),
        };
        let mut kind = kind(&one.reason);
        if kinds.len() >= KINDS && !kinds.contains_key(&kind) {
            kind = "other reasons".to_owned();
        }
        match kinds.get_mut(&kind) {
            Some(known) => {
                known.messages += one.messages;
                known.since = known.since.min(one.since);
                known.reason = kind;
            }
            None => {
                kinds.insert(kind, one);
            }
        }
    }
    let mut found: Vec<_> = kinds.into_values().collect();
    found.sort_by(|a, b| (b.messages, &a.reason).cmp(&(a.messages, &b.reason)));
    Ok(found)
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
