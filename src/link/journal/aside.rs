//! What is done with messages that are set aside: they stay in the file, up to a bound, until they are sent again or discarded.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};

use super::row::{length, time};

/// Most messages that stay set aside. The oldest make room for newer ones: what is refused now says more of what is wrong now.
pub const MAX_MESSAGES: u64 = 10_000;
/// Most bytes of them, sixteen times the longest message.
pub const MAX_BYTES: u64 = 16 << 20;

/// A message that is set aside.
pub struct Aside<'a> {
    /// Its length.
    pub bytes: u64,
    /// When it was handed to the journal.
    pub since: SystemTime,
    /// Why it is.
    pub reason: &'a str,
}

/// Sets messages that wait aside, each with its reason; those that were waiting.
pub fn set_aside<'a>(
    database: &Connection,
    messages: &[(i64, &'a str)],
) -> rusqlite::Result<Vec<Aside<'a>>> {
    let update = "UPDATE messages SET set_aside = ?2 WHERE number = ?1 AND set_aside IS NULL RETURNING length(content), since";
    let mut statement = database.prepare_cached(update)?;
    let mut aside = Vec::new();
    for &(number, reason) in messages {
        let one = statement.query_row(params![number, reason], |row| {
            Ok(Aside {
                bytes: length(row, 0)?,
                since: time(row.get(1)?),
                reason,
            })
        });
        aside.extend(one.optional()?);
    }
    Ok(aside)
}

/// Discards the oldest messages set aside that are beyond the bounds, and counts them; their lengths.
pub fn make_room(database: &Connection) -> rusqlite::Result<Vec<u64>> {
    let select = "SELECT number, length(content) FROM messages WHERE set_aside IS NOT NULL ORDER BY number DESC";
    let mut statement = database.prepare_cached(select)?;
    let mut rows = statement.query([])?;
    let (mut messages, mut bytes, mut newest, mut gone) = (0, 0, None, Vec::new());
    while let Some(row) = rows.next()? {
        let length = length(row, 1)?;
        messages += 1;
        bytes += length;
        if newest.is_some() || messages > MAX_MESSAGES || bytes > MAX_BYTES {
            newest = newest.or(Some(row.get::<_, i64>(0)?));
            gone.push(length);
        }
    }
    if let Some(newest) = newest {
        let delete = "DELETE FROM messages WHERE set_aside IS NOT NULL AND number <= ?1";
        database.execute(delete, [newest])?;
        count_discarded(database, discarded(database)? + gone.len() as u64)?;
    }
    Ok(gone)
}

/// Lets all that is set aside wait again; how many messages that are.
pub fn resend(database: &Connection) -> rusqlite::Result<usize> {
    let update = "UPDATE messages SET set_aside = NULL WHERE set_aside IS NOT NULL";
    database.execute(update, [])
}

/// Discards all that is set aside, and forgets how many have made room; how many messages that are.
pub fn discard(database: &Connection) -> rusqlite::Result<usize> {
    count_discarded(database, 0)?;
    database.execute("DELETE FROM messages WHERE set_aside IS NOT NULL", [])
}

/// How many messages have made room for newer ones.
pub fn discarded(database: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT coalesce(sum(messages), 0) FROM discarded";
    database.query_row(select, [], |row| length(row, 0))
}

/// Writes how many messages have made room for newer ones.
pub fn count_discarded(database: &Connection, messages: u64) -> rusqlite::Result<()> {
    database.execute("DELETE FROM discarded", [])?;
    let insert = "INSERT INTO discarded VALUES (?1)";
    database.execute(insert, [messages.cast_signed()])?;
    Ok(())
}

#[cfg(test)]
mod tests;
