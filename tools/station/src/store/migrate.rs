//! Brings a store of an earlier version to this one.

use rusqlite::Connection;

use super::error::Cause;

/// Columns that were called otherwise: table, name then, name now.
const RENAMED: [(&str, &str, &str); 2] = [
    ("landslides", "looks", "observations"),
    ("landslide_history", "looks", "observations"),
];

/// Whether the store is of an earlier version.
pub fn is_due(db: &Connection) -> Result<bool, Cause> {
    for (table, then, _) in RENAMED {
        if has_column(db, table, then)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Renames what was called otherwise, all or nothing.
pub fn migrate(db: &Connection) -> Result<(), Cause> {
    let transaction = db.unchecked_transaction()?;
    for (table, then, now) in RENAMED {
        if has_column(&transaction, table, then)? {
            transaction.execute_batch(&format!(
                "ALTER TABLE {table} RENAME COLUMN {then} TO {now}"
            ))?;
        }
    }
    transaction.commit()?;
    Ok(())
}

fn has_column(db: &Connection, table: &str, column: &str) -> Result<bool, Cause> {
    let mut statement = db.prepare("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2")?;
    Ok(statement.exists([table, column])?)
}
