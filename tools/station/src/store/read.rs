//! Reading what stands in the store: one row after the other, so that memory does not grow with the store.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Row, types::FromSql};
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::Survey;
use uuid::Uuid;

use super::{Store, StoreError, error::Cause, geometry};

pub(super) const LANDSLIDES: &str =
    "SELECT survey, run, id, version, geom, area_m2, cut_off, confidence, ce90_m, observations,
    coalesce(unixepoch(first_seen, 'subsec'), first_seen) AS first_seen, coalesce(unixepoch(last_seen, 'subsec'), last_seen) AS last_seen
    FROM landslides ORDER BY fid";
pub(super) const FOOTPRINTS: &str =
    "SELECT survey, run, sequence, name, coalesce(unixepoch(time, 'subsec'), time) AS time, geom, gsd_m, untagged
    FROM footprints ORDER BY fid";
pub(super) const SURVEYS: &str =
    "SELECT survey, run, coalesce(unixepoch(start, 'subsec'), start) AS start, software, model_name, model_version, aircraft
    FROM surveys ORDER BY fid";

/// The end of the last year that RFC 3339 can tell, in milliseconds after 1970; messages carry no later time.
const LAST_TIME_MS: f64 = 253_402_300_799_999.0;

/// A flight or a replay, as the store knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Flight {
    /// When the first of its frames that tells it was exposed.
    pub start: Option<SystemTime>,
    /// What it was flown with.
    pub survey: Survey,
    /// The aircraft that reported it; stores of earlier versions do not tell.
    pub aircraft: Option<String>,
}

impl Store {
    /// Hands the landslides as they stand to `each`, with their run, in the order of their first report.
    ///
    /// # Errors
    /// When the file cannot be read or holds what is no landslide, and what `each` returns, which ends the reading.
    pub fn landslides<E: From<StoreError>>(
        &self,
        each: impl FnMut(Run, Landslide) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(LANDSLIDES, landslide, each)
    }

    /// Hands the frames, also those that could not be placed, to `each`, with their run, in the order they came in.
    ///
    /// # Errors
    /// As [`landslides`](Self::landslides).
    pub fn footprints<E: From<StoreError>>(
        &self,
        each: impl FnMut(Run, FrameReport) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(FOOTPRINTS, frame, each)
    }

    /// Hands the flights over surveys to `each`, with their run, in the order they came in.
    ///
    /// # Errors
    /// As [`landslides`](Self::landslides).
    pub fn flights<E: From<StoreError>>(
        &self,
        each: impl FnMut(Run, Flight) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(SURVEYS, flight, each)
    }

    /// Whether anything was ever received of a survey.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_survey(&self, survey: Uuid) -> Result<bool, StoreError> {
        let found = || -> Result<bool, Cause> {
            let mut statement = self
                .connection
                .prepare("SELECT 1 FROM messages WHERE survey = ?1 LIMIT 1")?;
            Ok(statement.exists([survey.to_string()])?)
        };
        found().map_err(|cause| self.failed(cause))
    }

    /// Hands what `read` makes of each row of `select` to `each`.
    fn each<T, E: From<StoreError>>(
        &self,
        select: &str,
        read: impl Fn(&Row<'_>) -> Result<T, Cause>,
        mut each: impl FnMut(Run, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let at = |cause: Cause| self.failed(cause);
        let sqlite = |error: rusqlite::Error| at(error.into());
        let mut statement = self.connection.prepare(select).map_err(sqlite)?;
        let mut rows = statement.query([]).map_err(sqlite)?;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let run = Run {
                survey: uuid(row, "survey").map_err(at)?,
                id: uuid(row, "run").map_err(at)?,
            };
            each(run, read(row).map_err(at)?)?;
        }
        Ok(())
    }
}

fn landslide(row: &Row<'_>) -> Result<Landslide, Cause> {
    let id = uuid(row, "id")?;
    let blob: Vec<u8> = get(row, "geom")?;
    Ok(Landslide {
        id,
        version: get(row, "version")?,
        status: LandslideStatus::Active,
        outline: geometry::decode(&blob)
            .map_err(|e| Cause::Damaged(format!("landslide {id}: {e}")))?,
        area_m2: get(row, "area_m2")?,
        cut_off: get(row, "cut_off")?,
        confidence: get(row, "confidence")?,
        ce90_m: get(row, "ce90_m")?,
        observations: get(row, "observations")?,
        first_seen: known_time(row, "first_seen")?,
        last_seen: known_time(row, "last_seen")?,
    })
}

fn frame(row: &Row<'_>) -> Result<FrameReport, Cause> {
    let sequence = get::<i64>(row, "sequence")?.cast_unsigned();
    let placement = match get::<Option<Vec<u8>>>(row, "geom")? {
        Some(blob) => Ok(FrameFootprint {
            footprint: geometry::decode(&blob)
                .map_err(|e| Cause::Damaged(format!("frame {sequence}: {e}")))?,
            gsd_m: get(row, "gsd_m")?,
        }),
        None => Err(get(row, "untagged")?),
    };
    Ok(FrameReport {
        sequence,
        name: get(row, "name")?,
        time: known_time(row, "time")?,
        placement,
    })
}

fn flight(row: &Row<'_>) -> Result<Flight, Cause> {
    Ok(Flight {
        start: known_time(row, "start")?,
        survey: Survey {
            software: get(row, "software")?,
            model_name: get(row, "model_name")?,
            model_version: get(row, "model_version")?,
        },
        aircraft: get(row, "aircraft")?,
    })
}

/// The value of a column; another program may have left one of another kind there.
fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, Cause> {
    row.get(column)
        .map_err(|e| Cause::Damaged(format!("column {column}: {e}")))
}

fn uuid(row: &Row<'_>, column: &str) -> Result<Uuid, Cause> {
    let text: String = get(row, column)?;
    Uuid::try_parse(&text).map_err(|e| Cause::Damaged(format!("column {column}: {e}")))
}

/// A time that may be unknown. What is no time stands there as it is, and is no number.
fn known_time(row: &Row<'_>, column: &str) -> Result<Option<SystemTime>, Cause> {
    get::<Option<f64>>(row, column)?
        .map(|seconds| instant(column, seconds))
        .transpose()
}

/// A time that SQLite gives in seconds after 1970; the store keeps milliseconds.
fn instant(column: &str, seconds: f64) -> Result<SystemTime, Cause> {
    let milliseconds = (seconds * 1000.0).round();
    if (0.0..=LAST_TIME_MS).contains(&milliseconds) {
        Ok(UNIX_EPOCH + Duration::from_millis(milliseconds as u64))
    } else {
        Err(Cause::Damaged(format!(
            "column {column}: {seconds} s do not lie between 1970 and 9999"
        )))
    }
}
