//! Writing what drones report: one transaction a batch, and each message once.

use geo::{BoundingRect, MultiPolygon};
use ring::digest::{SHA256, digest};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, TransactionBehavior, named_params, params,
};
use scarp_inventory::{FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::{Body, Envelope, Survey};
use uuid::Uuid;

use super::{
    Store, StoreError,
    contents::Changes,
    datetime::{datetime, seconds},
    error::Cause,
    geometry, index, outline, owner,
    standing::{self, Record},
};

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
    /// than was stored before under the same identity, or an outline that is none.
    pub refused: Vec<(Uuid, String)>,
    /// The messages stored now that changed what stands: all but landslides in an older version than one stored before, or of which
    /// people's word stands.
    pub changes: Vec<Envelope>,
}

impl Store {
    /// Stores `messages` in one transaction. They are on the disk when this returns; on an error none is.
    ///
    /// A survey belongs to the aircraft whose message of it was stored first: those of another are refused. So is a version of a landslide
    /// more than [`MAX_VERSION_STEP`] above the highest stored, and one whose outline has no area. A message stored before changes nothing, one that says something else under its identity is refused, and an older version
    /// of a landslide never replaces a newer one, in whatever order they come. A withdrawn landslide leaves the layer `landslides` and stays in its history.
    /// What people said of a landslide stands: an outline or area that they corrected, a landslide that they deleted or confirmed.
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
        self.see_to_schema()?;
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut applied = Applied::default();
        let mut changes = Changes::default();
        for message in messages {
            // Of its own, so that what the file does not take of one message is undone, and refuses that message alone.
            let savepoint = transaction.savepoint()?;
            let mut changed = changes;
            let stored = match put(&savepoint, aircraft, &message, &mut changed) {
                Err(Cause::Sqlite(e)) if is_of_the_value(&e) => Stored::Refused(e.to_string()),
                stored => stored?,
            };
            match stored {
                Stored::New { stands } => {
                    savepoint.commit()?;
                    changes = changed;
                    applied.new += 1;
                    if stands {
                        applied.changes.push(message);
                    }
                }
                Stored::Repeated => applied.repeated += 1,
                // Dropped, the savepoint takes back what was written since.
                Stored::Refused(reason) => applied.refused.push((message.id(), reason)),
            }
        }
        changes.note(&transaction)?;
        transaction.commit()?;
        Ok(applied)
    }
}

/// What became of a message.
enum Stored {
    /// It is stored, and `stands` from now on, or does not.
    New { stands: bool },
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
fn put(
    db: &Connection,
    aircraft: &str,
    message: &Envelope,
    changes: &mut Changes,
) -> Result<Stored, Cause> {
    let content = match message.encode() {
        Ok(content) => content,
        Err(e) => return Ok(Stored::Refused(e.to_string())),
    };
    let run = message.run();
    let owner = owner::of_survey(db, run.survey)?;
    if let Some(owner) = owner.as_deref().filter(|owner| *owner != aircraft) {
        return Ok(Stored::Refused(format!(
            "survey {survey} belongs to aircraft {owner}, and {aircraft} cannot write it; deliver it with the keys of {owner}, or fly under another survey",
            survey = run.survey
        )));
    }
    match note_message(db, message, &content)? {
        Noted::New => {}
        Noted::Repeated => return Ok(Stored::Repeated),
        Noted::Other => return Ok(Stored::Refused(other_content(message))),
    }
    if owner.is_none() {
        owner::give(db, run.survey, aircraft)?;
    }
    match message.body() {
        Body::Survey(survey) => put_survey(db, aircraft, run, survey, changes),
        Body::Frame(frame) => put_frame(db, run, frame, changes),
        Body::Landslide(slide) => put_landslide(db, run, slide, changes),
    }
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

fn put_survey(
    db: &Connection,
    aircraft: &str,
    run: Run,
    survey: &Survey,
    changes: &mut Changes,
) -> Result<Stored, Cause> {
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
    changes.surveys.add(None);
    Ok(Stored::New { stands: true })
}

/// A frame whose footprint is none is stored as one that could not be placed.
fn put_frame(
    db: &Connection,
    run: Run,
    frame: &FrameReport,
    changes: &mut Changes,
) -> Result<Stored, Cause> {
    let placed = frame.placement.as_ref().map_err(Clone::clone);
    let placed = placed.and_then(|placement| {
        let parts = outline::shown(&placement.footprint);
        let parts = parts.map_err(|fault| format!("its footprint {fault}"))?;
        Ok((parts, placement.gsd_m))
    });
    let parts = placed.as_ref().ok().map(|(parts, _)| parts);
    db.prepare_cached(&format!(
        "INSERT INTO footprints (geom, survey, run, sequence, name, time, gsd_m, untagged)
         VALUES (?1, ?2, ?3, ?4, ?5, {}, ?7, ?8)",
        datetime("?6")
    ))?
    .execute(params![
        parts.and_then(geometry::encode_parts),
        run.survey.to_string(),
        run.id.to_string(),
        frame.sequence.cast_signed(),
        frame.name,
        frame.time.map(seconds),
        placed.as_ref().ok().map(|(_, gsd_m)| gsd_m),
        placed.as_ref().err(),
    ])?;
    let bounds = parts.and_then(BoundingRect::bounding_rect);
    if let Some(bounds) = bounds {
        index::put(db, "footprints", db.last_insert_rowid(), bounds)?;
    }
    changes.footprints.add(bounds);
    if let Some(time) = frame.time {
        let earlier = db
            .prepare_cached(&format!(
                "UPDATE surveys SET start = {0} WHERE survey = ?1 AND run = ?2 AND (start IS NULL OR start > {0})",
                datetime("?3")
            ))?
            .execute(params![
                run.survey.to_string(),
                run.id.to_string(),
                seconds(time)
            ])?;
        if earlier > 0 {
            changes.surveys.add(None);
        }
    }
    Ok(Stored::New { stands: true })
}

fn put_landslide(
    db: &Connection,
    run: Run,
    slide: &Landslide,
    changes: &mut Changes,
) -> Result<Stored, Cause> {
    let record = Record::of(db, run.survey, slide.id)?;
    let highest = record.as_ref().map_or(0, |record| record.newest);
    let limit = highest.saturating_add(MAX_VERSION_STEP);
    if slide.version > limit {
        return Ok(Stored::Refused(format!(
            "landslide {} has version {highest} at most, and {} is too far above it (at most {limit}); check the aircraft's software",
            slide.id, slide.version
        )));
    }
    let parts: MultiPolygon<f64> = match outline::shown(&slide.outline) {
        Ok(parts) => parts,
        Err(fault) => {
            return Ok(Stored::Refused(format!(
                "landslide {}: its outline {fault}; check the aircraft's software",
                slide.id
            )));
        }
    };
    let status = match slide.status {
        LandslideStatus::Active => "active",
        LandslideStatus::Withdrawn => "withdrawn",
    };
    db.prepare_cached(&format!(
        "INSERT INTO landslide_history (geom, survey, run, id, version, status, area_m2, cut_off, confidence, ce90_m, observations,
             first_seen, last_seen)
         VALUES (:geom, :survey, :run, :id, :version, :status, :area_m2, :cut_off, :confidence, :ce90_m, :observations, {}, {})",
        datetime(":first_seen"),
        datetime(":last_seen")
    ))?
    .execute(named_params! {
        ":geom": geometry::encode(&slide.outline),
        ":survey": run.survey.to_string(),
        ":run": run.id.to_string(),
        ":id": slide.id.to_string(),
        ":version": slide.version,
        ":status": status,
        ":area_m2": slide.area_m2,
        ":cut_off": slide.cut_off,
        ":confidence": slide.confidence,
        ":ce90_m": slide.ce90_m,
        ":observations": slide.observations,
        ":first_seen": slide.first_seen.map(seconds),
        ":last_seen": slide.last_seen.map(seconds),
    })?;
    let stands = standing::put(db, run, slide, &parts, record, changes)?;
    Ok(Stored::New { stands })
}
