//! Whose a survey is: the aircraft's whose message of it was stored first.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::error::Cause;

/// The aircraft that a survey belongs to, if it belongs to one yet.
pub fn of_survey(db: &Connection, survey: Uuid) -> Result<Option<String>, Cause> {
    let owner = db
        .prepare_cached("SELECT aircraft FROM owners WHERE survey = ?1")?
        .query_row([survey.to_string()], |row| row.get(0))
        .optional()?;
    Ok(owner)
}

/// Gives a survey that belongs to none to an aircraft.
pub fn give(db: &Connection, survey: Uuid, aircraft: &str) -> Result<(), Cause> {
    db.prepare_cached("INSERT INTO owners (survey, aircraft) VALUES (?1, ?2)")?
        .execute([&survey.to_string(), aircraft])?;
    Ok(())
}
