//! Values of a journal's rows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Row, RowIndex, types::ValueRef};

use crate::plain_text::plain;

/// A text for people, see [`plain`]; what is no UTF-8 in it is replaced.
pub fn text(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    Ok(plain(&String::from_utf8_lossy(bytes)))
}

/// A time of the table that may be unknown, milliseconds after 1970.
pub fn instant(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<i64>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    })
}

/// A length or a number of rows.
pub fn length(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// A time of the table.
pub fn time(unix_ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0))
}
