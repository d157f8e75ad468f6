//! What is done with messages that are set aside: they stay in the file, up to a bound, until they are sent again or discarded.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params, types::ValueRef};

use super::row::{length, text, time};

/// Most messages that stay set aside. The oldest make room for newer ones: what is refused now says more of what is wrong now.
pub const MAX_MESSAGES: u64 = 10_000;
/// Most bytes of them, sixteen times the longest message.
pub const MAX_BYTES: u64 = 16 << 20;

/// A message that is set aside.
pub struct Aside<'a> {
    /// Its length.
    pub bytes: u64,
    /// Since when, where that is known.
    pub since: Option<SystemTime>,
    /// Why it is.
    pub reason: &'a str,
}

/// Messages that have made room for newer ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discarded {
    /// How many.
    pub messages: u64,
    /// Why the last of them was set aside.
    pub reason: Option<String>,
}

/// Sets messages that wait aside, at `now` (milliseconds after 1970), each with its reason; those that were waiting.
pub fn set_aside<'a>(
    database: &Connection,
    messages: &[(i64, &'a str)],
    now: i64,
) -> rusqlite::Result<Vec<Aside<'a>>> {
    let update = "UPDATE messages SET set_aside = ?2, set_aside_at = ?3 WHERE number = ?1 AND set_aside IS NULL
         RETURNING length(content)";
    let mut statement = database.prepare_cached(update)?;
    let mut aside = Vec::new();
    for &(number, reason) in messages {
        let one = statement.query_row(params![number, reason, now], |row| {
            Ok(Aside {
                bytes: length(row, 0)?,
                since: Some(time(now)),
                reason,
            })
        });
        aside.extend(one.optional()?);
    }
    Ok(aside)
}

/// Discards the oldest messages set aside that are beyond the bounds, and counts them; their lengths.
pub fn make_room(database: &Connection) -> rusqlite::Result<Vec<u64>> {
    let select = "SELECT number, length(content), set_aside FROM messages WHERE set_aside IS NOT NULL ORDER BY number DESC";
    let mut statement = database.prepare_cached(select)?;
    let mut rows = statement.query([])?;
    let (mut messages, mut bytes, mut newest, mut gone) = (0, 0, None, Vec::new());
    while let Some(row) = rows.next()? {
        let length = length(row, 1)?;
        messages += 1;
        bytes += length;
        if newest.is_some() || messages > MAX_MESSAGES || bytes > MAX_BYTES {
            if newest.is_none() {
                newest = Some((row.get::<_, i64>(0)?, text(row, 2)?));
            }
            gone.push(length);
        }
    }
    if let Some((newest, reason)) = newest {
        let delete = "DELETE FROM messages WHERE set_aside IS NOT NULL AND number <= ?1";
        database.execute(delete, [newest])?;
        let discarded = Discarded {
            messages: discarded(database)?.messages + gone.len() as u64,
            reason: Some(reason),
        };
        note_discarded(database, &discarded)?;
    }
    Ok(gone)
}

/// Lets all that is set aside wait again; how many messages that are.
pub fn resend(database: &Connection) -> rusqlite::Result<usize> {
    let update =
        "UPDATE messages SET set_aside = NULL, set_aside_at = NULL WHERE set_aside IS NOT NULL";
    database.execute(update, [])
}

/// Discards all that is set aside, and forgets what has made room; how many messages that are.
pub fn discard(database: &Connection) -> rusqlite::Result<usize> {
    note_discarded(database, &Discarded::default())?;
    database.execute("DELETE FROM messages WHERE set_aside IS NOT NULL", [])
}

/// The messages that have made room for newer ones.
pub fn discarded(database: &Connection) -> rusqlite::Result<Discarded> {
    let mut statement = database.prepare_cached("SELECT messages, reason FROM discarded")?;
    let found = statement.query_row([], |row| {
        let reason = match row.get_ref(1)? {
            ValueRef::Null => None,
            _ => Some(text(row, 1)?),
        };
        Ok(Discarded {
            messages: length(row, 0)?,
            reason,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Writes which messages have made room for newer ones.
pub fn note_discarded(database: &Connection, discarded: &Discarded) -> rusqlite::Result<()> {
    database.execute("DELETE FROM discarded", [])?;
    database.execute(
        "INSERT INTO discarded VALUES (?1, ?2)",
        params![discarded.messages.cast_signed(), discarded.reason],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
