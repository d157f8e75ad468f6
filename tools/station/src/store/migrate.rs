//! Brings a store of an earlier version to this one.

use rusqlite::Connection;

use super::{error::Cause, schema, version_2};

/// Columns that were called otherwise: table, name then, name now.
const RENAMED: [(&str, &str, &str); 2] = [
    ("landslides", "looks", "observations"),
    ("landslide_history", "looks", "observations"),
];

/// Columns that had to be filled.
const REQUIRED: [(&str, &str); 4] = [
    ("landslides", "first_seen"),
    ("landslides", "last_seen"),
    ("landslide_history", "first_seen"),
    ("landslide_history", "last_seen"),
];

/// Tables in which a survey had one run, which was not named, and the columns that they keep.
const WITHOUT_RUNS: [(&str, &str); 2] = [
    (
        "footprints",
        "fid, geom, survey, sequence, name, time, gsd_m, untagged",
    ),
    (
        "surveys",
        "fid, survey, software, model_name, model_version",
    ),
];

/// Whether the store is of an earlier version.
pub fn is_due(db: &Connection) -> Result<bool, Cause> {
    Ok(schema::version(db)?.is_none() && (version_2::is_due(db)? || !changes(db)?.is_empty()))
}

/// Brings it to this version, all or nothing.
pub fn migrate(db: &Connection) -> Result<(), Cause> {
    // What other programs made may name functions that are not known here, and must not keep a table from its new name.
    db.pragma_update(None, "legacy_alter_table", true)?;
    let transaction = db.unchecked_transaction()?;
    version_2::clear_the_way(&transaction)?;
    for change in changes(&transaction)? {
        transaction.execute_batch(&change)?;
    }
    version_2::migrate(&transaction)?;
    transaction.commit()?;
    db.pragma_update(None, "legacy_alter_table", false)?;
    Ok(())
}

/// What is to be done, in SQL.
fn changes(db: &Connection) -> Result<Vec<String>, Cause> {
    let column = |condition: &str, names: [&str; 2]| -> Result<bool, Cause> {
        let select = format!("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 AND {condition}");
        Ok(db.prepare(&select)?.exists(names)?)
    };
    let mut changes = Vec::new();
    for (table, then, now) in RENAMED {
        if column("true", [table, then])? {
            changes.push(format!("ALTER TABLE {table} RENAME COLUMN {then} TO {now}"));
        }
    }
    for (table, name) in REQUIRED {
        if column("\"notnull\"", [table, name])? {
            // SQLite cannot take a constraint from a column.
            changes.push(format!(
                "ALTER TABLE {table} ADD COLUMN {name}_or_null DATETIME;
                 UPDATE {table} SET {name}_or_null = {name};
                 ALTER TABLE {table} DROP COLUMN {name};
                 ALTER TABLE {table} RENAME COLUMN {name}_or_null TO {name}"
            ));
        }
    }
    if column("true", ["messages", "id"])? && !column("true", ["messages", "content"])? {
        changes.push("ALTER TABLE messages ADD COLUMN content BLOB".to_owned());
    }
    if column("true", ["surveys", "survey"])? && !column("true", ["owners", "survey"])? {
        // Nobody knows any more whose the surveys were; each belongs to the aircraft that next reports of it.
        changes.push(schema::definition("owners").to_owned());
    }
    if column("true", ["messages", "sent"])? {
        changes.push("ALTER TABLE messages DROP COLUMN sent".to_owned());
    }
    // What was stored then is of the one run of its survey, as the messages of that time are that still come.
    for table in ["landslides", "landslide_history"] {
        if column("true", [table, "id"])? && !column("true", [table, "run"])? {
            changes.push(format!(
                "ALTER TABLE {table} ADD COLUMN run TEXT; UPDATE {table} SET run = survey"
            ));
        }
    }
    for table in ["landslides", "landslide_history"] {
        if column("true", [table, "id"])? && !column("true", [table, "cut_off"])? {
            // Aircraft of that time did not say.
            changes.push(format!(
                "ALTER TABLE {table} ADD COLUMN cut_off BOOLEAN NOT NULL DEFAULT 0"
            ));
        }
    }
    for (table, kept) in WITHOUT_RUNS {
        if column("true", [table, "survey"])? && !column("true", [table, "run"])? {
            // SQLite cannot widen a UNIQUE constraint either.
            changes.push(format!(
                "ALTER TABLE {table} RENAME TO {table}_then; {}
                 INSERT INTO {table} ({kept}, run) SELECT {kept}, survey FROM {table}_then;
                 DROP TABLE {table}_then",
                schema::definition(table)
            ));
            if table == "surveys" {
                // It was the aircraft's wall clock that told it.
                changes.push(
                    "UPDATE surveys SET start = (SELECT min(time) FROM footprints AS frame
                     WHERE frame.survey = surveys.survey AND frame.run = surveys.run)"
                        .to_owned(),
                );
            }
        }
    }
    Ok(changes)
}
