//! The spatial indexes of the layers (R-trees). The station runs no trigger, so it keeps them itself; their triggers are for what other
//! programs write.

use geo::Rect;
use rusqlite::{Connection, params};

use super::{error::Cause, geometry};

/// The tables that have one.
pub const INDEXED: [&str; 2] = ["landslides", "footprints"];

const SQL: &str = include_str!("schema/index.sql");

/// The SQL that makes the index of a table that is empty.
pub fn definition(table: &str) -> String {
    SQL.replace("$T", table)
}

/// Puts a feature at its place in the index.
pub fn put(db: &Connection, table: &str, fid: i64, bounds: Rect<f64>) -> Result<(), Cause> {
    let (min, max) = (bounds.min(), bounds.max());
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO rtree_{table}_geom VALUES (?1, ?2, ?3, ?4, ?5)"
    ))?
    .execute(params![fid, min.x, max.x, min.y, max.y])?;
    Ok(())
}

/// Takes a feature out of the index.
pub fn remove(db: &Connection, table: &str, fid: i64) -> Result<(), Cause> {
    db.prepare_cached(&format!("DELETE FROM rtree_{table}_geom WHERE id = ?1"))?
        .execute([fid])?;
    Ok(())
}

/// Makes the indexes anew that another program took away, wholly or in part.
pub fn restore(db: &Connection) -> Result<(), Cause> {
    for table in INDEXED {
        let parts: i64 = db.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN (
                 'rtree_' || ?1 || '_geom', 'rtree_' || ?1 || '_geom_insert', 'rtree_' || ?1 || '_geom_update1',
                 'rtree_' || ?1 || '_geom_update2', 'rtree_' || ?1 || '_geom_update3', 'rtree_' || ?1 || '_geom_update4',
                 'rtree_' || ?1 || '_geom_delete')",
            [table],
            |row| row.get(0),
        )?;
        if parts < 7 {
            let transaction = db.unchecked_transaction()?;
            take_away(&transaction, table)?;
            transaction.execute_batch(&definition(table))?;
            fill(&transaction, table)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

/// Drops the index of a table, whoever made it.
pub fn take_away(db: &Connection, table: &str) -> Result<(), Cause> {
    let mut statement = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'rtree\\_' || ?1 || '\\_geom\\_%' ESCAPE '\\'",
    )?;
    let triggers = statement.query_map([table], |row| row.get::<_, String>(0))?;
    for trigger in triggers.collect::<Result<Vec<_>, _>>()? {
        db.execute_batch(&format!(
            "DROP TRIGGER \"{}\"",
            trigger.replace('"', "\"\"")
        ))?;
    }
    db.execute_batch(&format!("DROP TABLE IF EXISTS rtree_{table}_geom"))?;
    Ok(())
}

/// Puts all features of a table into its index.
pub fn fill(db: &Connection, table: &str) -> Result<(), Cause> {
    let mut statement = db.prepare(&format!(
        "SELECT fid, geom FROM {table} WHERE geom IS NOT NULL"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (fid, blob): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        // What cannot be read is told where it is wanted.
        if let Some(bounds) = geometry::extent(&blob) {
            put(db, table, fid, bounds)?;
        }
    }
    Ok(())
}
