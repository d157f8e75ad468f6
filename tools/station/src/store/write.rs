//! Writing what drones report: one transaction a batch, and each message once.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, TransactionBehavior, named_params, params,
};
use scarp_inventory::{FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::{Body, Envelope, Survey};
use uuid::Uuid;

use super::{Store, StoreError, contents, error::Cause, geometry, owner};

/// How far a version of a landslide may lie above the highest stored, or above 0. No honest aircraft comes near it: a landslide that changes
/// in each of two frames a second would have lost every report of 83 minutes. And it takes 429,497 messages to reach the last version there
/// is, after which nothing could be reported of the landslide any more, where one would do.
pub const MAX_VERSION_STEP: u32 = 10_000;

/// What a batch of messages came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// Messages stored now.
    pub new: usize,
    /// Messages stored before, which changed nothing.
    pub repeated: usize,
    /// Messages not stored, with the reason: another aircraft's survey, a version too far ahead, or something else
    /// than was stored before under the same identity.
    pub refused: Vec<(Uuid, String)>,
    /// The messages stored now that changed what stands: all but landslides in an older version than one stored before.
    pub changes: Vec<Envelope>,
}

impl Store {
    /// Stores `messages` in one transaction. They are on the disk when this returns; on an error none is.
    ///
    /// A survey belongs to the aircraft whose message of it was stored first: those of another are refused. So is a version of a landslide
    /// more than [`MAX_VERSION_STEP`] above the highest stored. A message stored before changes nothing, one that says something else under its identity is refused, and an older version
    /// of a landslide never replaces a newer one, in whatever order they come. A withdrawn landslide leaves the layer `landslides` and stays in its history.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn apply(
        &mut self,
        aircraft: &str,
        messages: impl IntoIterator<Item = Envelope>,
    ) -> Result<Applied, StoreError> {
        self.try_apply(aircraft, messages)
            .map_err(|e| self.failed(e))
    }

    fn try_apply(
        &mut self,
        aircraft: &str,
        messages: impl IntoIterator<Item = Envelope>,
    ) -> Result<Applied, Cause> {
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut applied = Applied::default();
        let mut withdrawn = false;
        for message in messages {
            // Of its own, so that what the file does not take of one message is undone, and refuses that message alone.
            let savepoint = transaction.savepoint()?;
            let stored = match put(&savepoint, aircraft, &message) {
                Err(Cause::Sqlite(e)) if is_of_the_value(&e) => Stored::Refused(e.to_string()),
                stored => stored?,
            };
            match stored {
                Stored::New { changes } => {
                    savepoint.commit()?;
                    applied.new += 1;
                    withdrawn |= matches!(message.body(), Body::Landslide(slide) if slide.status == LandslideStatus::Withdrawn);
                    if changes {
                        applied.changes.push(message);
                    }
                }
                Stored::Repeated => applied.repeated += 1,
                // Dropped, the savepoint takes back what was written since.
                Stored::Refused(reason) => applied.refused.push((message.id(), reason)),
            }
        }
        if withdrawn {
            contents::fit_landslides(&transaction)?;
        }
        transaction.commit()?;
        Ok(applied)
    }
}

/// What became of a message.
enum Stored {
    /// It is stored, and `changes` what stands, or does not.
    New { changes: bool },
    /// It was stored before.
    Repeated,
    /// It is not stored, and why.
    Refused(String),
}

/// Whether SQLite refuses a value, and would each time, rather than fails.
fn is_of_the_value(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}

/// Stores one message, where it may and is new.
fn put(db: &Connection, aircraft: &str, message: &Envelope) -> Result<Stored, Cause> {
    let content = match message.encode() {
        Ok(content) => content,
        Err(e) => return Ok(Stored::Refused(e.to_string())),
    };
    let run = message.run();
    let owner = owner::of_survey(db, run.survey)?;
    if let Some(reason) = refusal(db, aircraft, owner.as_deref(), message)? {
        return Ok(Stored::Refused(reason));
    }
    match note_message(db, message, &content)? {
        Noted::New => {}
        Noted::Repeated => return Ok(Stored::Repeated),
        Noted::Other => return Ok(Stored::Refused(other_content(message))),
    }
    if owner.is_none() {
        owner::give(db, run.survey, aircraft)?;
    }
    let changes = match message.body() {
        Body::Survey(survey) => put_survey(db, aircraft, run, survey).map(|()| true),
        Body::Frame(frame) => put_frame(db, run, frame).map(|()| true),
        Body::Landslide(slide) => put_landslide(db, run, slide),
    }?;
    Ok(Stored::New { changes })
}

/// Why the aircraft may not have this message stored, if it may not; `owner` is the aircraft that its survey belongs to.
fn refusal(
    db: &Connection,
    aircraft: &str,
    owner: Option<&str>,
    message: &Envelope,
) -> Result<Option<String>, Cause> {
    let survey = message.run().survey;
    if let Some(owner) = owner.filter(|owner| *owner != aircraft) {
        return Ok(Some(format!(
            "survey {survey} belongs to aircraft {owner}, and {aircraft} cannot write it; deliver it with the keys of {owner}, or fly under another survey"
        )));
    }
    let Body::Landslide(slide) = message.body() else {
        return Ok(None);
    };
    let highest = newest(db, survey, slide.id)?.unwrap_or(0);
    let limit = highest.saturating_add(MAX_VERSION_STEP);
    Ok((slide.version > limit).then(|| {
        format!(
            "landslide {} has version {highest} at most, and {} is too far above it (at most {limit}); check the aircraft's software",
            slide.id, slide.version
        )
    }))
}

/// How a message compares with those stored.
enum Noted {
    /// It was not known, and is from now on.
    New,
    /// It was stored before.
    Repeated,
    /// Another was stored under its identity.
    Other,
}

fn note_message(db: &Connection, message: &Envelope, content: &[u8]) -> Result<Noted, Cause> {
    let id = message.id().to_string();
    let content = digest(&SHA256, content);
    // Asked first: an insertion that is given up would still advance the table's sequence.
    let known: Option<Option<Vec<u8>>> = db
        .prepare_cached("SELECT content FROM messages WHERE id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    match known {
        Some(Some(known)) if known != content.as_ref() => return Ok(Noted::Other),
        // Stores of earlier versions kept no content.
        Some(_) => return Ok(Noted::Repeated),
        None => {}
    }
    db.prepare_cached("INSERT INTO messages (id, survey, content) VALUES (?1, ?2, ?3)")?
        .execute(params![
            id,
            message.run().survey.to_string(),
            content.as_ref()
        ])?;
    Ok(Noted::New)
}

/// Why a message is not stored that says something else than the one stored under its identity.
fn other_content(message: &Envelope) -> String {
    let about = message.body();
    let Run { survey, id } = message.run();
    format!(
        "run {id} of survey {survey} has told something else of {about} before; replay what was changed or interrupted under a survey \
         of its own"
    )
}

fn put_survey(db: &Connection, aircraft: &str, run: Run, survey: &Survey) -> Result<(), Cause> {
    // Frames may have come before, when the journal was full as the flight began.
    db.prepare_cached(
        "INSERT INTO surveys (survey, run, start, software, model_name, model_version, aircraft)
         VALUES (?1, ?2, (SELECT min(time) FROM footprints WHERE survey = ?1 AND run = ?2), ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        run.survey.to_string(),
        run.id.to_string(),
        survey.software,
        survey.model_name,
        survey.model_version,
        aircraft
    ])?;
    contents::grown(db, "surveys", None)
}

fn put_frame(db: &Connection, run: Run, frame: &FrameReport) -> Result<(), Cause> {
    let placement = frame.placement.as_ref();
    db.prepare_cached(&format!(
        "INSERT INTO footprints (geom, survey, run, sequence, name, time, gsd_m, untagged)
         VALUES (?1, ?2, ?3, ?4, ?5, {}, ?7, ?8)",
        datetime("?6")
    ))?
    .execute(params![
        placement.ok().and_then(|p| geometry::encode(&p.footprint)),
        run.survey.to_string(),
        run.id.to_string(),
        frame.sequence.cast_signed(),
        frame.name,
        frame.time.map(seconds),
        placement.ok().map(|p| p.gsd_m),
        placement.err(),
    ])?;
    if let Some(time) = frame.time {
        db.prepare_cached(&format!(
            "UPDATE surveys SET start = {0} WHERE survey = ?1 AND run = ?2 AND (start IS NULL OR start > {0})",
            datetime("?3")
        ))?
        .execute(params![
            run.survey.to_string(),
            run.id.to_string(),
            seconds(time)
        ])?;
    }
    contents::grown(db, "footprints", placement.ok().map(|p| &p.footprint))
}

/// Whether it is newer than what was reported of this landslide before.
fn put_landslide(db: &Connection, run: Run, slide: &Landslide) -> Result<bool, Cause> {
    let survey = run.survey;
    let newest = newest(db, survey, slide.id)?;
    let active = slide.status == LandslideStatus::Active;
    let times = format!("{}, {}", datetime(":first_seen"), datetime(":last_seen"));
    let columns =
        "geom, survey, run, id, version, area_m2, cut_off, confidence, ce90_m, observations";
    let values = ":geom, :survey, :run, :id, :version, :area_m2, :cut_off, :confidence, :ce90_m, :observations";
    let bound = named_params! {
        ":geom": geometry::encode(&slide.outline),
        ":survey": survey.to_string(),
        ":run": run.id.to_string(),
        ":id": slide.id.to_string(),
        ":version": slide.version,
        ":area_m2": slide.area_m2,
        ":cut_off": slide.cut_off,
        ":confidence": slide.confidence,
        ":ce90_m": slide.ce90_m,
        ":observations": slide.observations,
        ":first_seen": slide.first_seen.map(seconds),
        ":last_seen": slide.last_seen.map(seconds),
    };
    let status = if active { "active" } else { "withdrawn" };
    db.prepare_cached(&format!(
        "INSERT INTO landslide_history ({columns}, first_seen, last_seen, status) VALUES ({values}, {times}, '{status}')"
    ))?
    .execute(bound)?;
    contents::grown(db, "landslide_history", Some(&slide.outline))?;
    if newest.is_some_and(|newest| newest >= slide.version) {
        return Ok(false);
    }
    if active {
        db.prepare_cached(&format!(
            "INSERT INTO landslides ({columns}, first_seen, last_seen) VALUES ({values}, {times})
             ON CONFLICT (survey, id) DO UPDATE SET geom = excluded.geom, run = excluded.run, version = excluded.version,
             area_m2 = excluded.area_m2, cut_off = excluded.cut_off, confidence = excluded.confidence, ce90_m = excluded.ce90_m,
             observations = excluded.observations, first_seen = excluded.first_seen, last_seen = excluded.last_seen"
        ))?
        .execute(bound)?;
        contents::grown(db, "landslides", Some(&slide.outline))?;
    } else {
        db.prepare_cached("DELETE FROM landslides WHERE survey = ?1 AND id = ?2")?
            .execute(params![survey.to_string(), slide.id.to_string()])?;
    }
    Ok(true)
}

/// The highest version stored of a landslide.
fn newest(db: &Connection, survey: Uuid, id: Uuid) -> Result<Option<u32>, Cause> {
    let newest = db
        .prepare_cached("SELECT max(version) FROM landslide_history WHERE survey = ?1 AND id = ?2")?
        .query_row([survey.to_string(), id.to_string()], |row| row.get(0))?;
    Ok(newest)
}

/// SQL for the GeoPackage DATETIME of a parameter in seconds after 1970.
fn datetime(parameter: &str) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', {parameter}, 'unixepoch')")
}

/// To the millisecond, as GeoJSON has it, so that SQLite has nothing to round. Messages carry no earlier time than 1970.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    ((since.as_nanos() + 500_000) / 1_000_000) as f64 / 1000.0
}
