//! Values of a journal's rows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Row, RowIndex};

/// A text; what is no UTF-8 in it is replaced.
pub fn text(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A length or a number of rows.
pub fn length(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// A time of the table.
pub fn time(unix_ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0))
}
