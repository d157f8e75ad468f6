//! What a store holds, in numbers.

use std::{fs, time::SystemTime};

use rusqlite::Row;
use uuid::Uuid;

use super::{Store, StoreError, error::Cause, place, read, schema};

/// What a store holds of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyOverview {
    /// The survey.
    pub survey: Uuid,
    /// The aircraft that it belongs to.
    pub aircraft: Option<String>,
    /// Flights and replays over it.
    pub flights: u64,
    /// When the last message of it came.
    pub last_heard: Option<SystemTime>,
    /// Frames that came, and those of them that could not be placed.
    pub frames: (u64, u64),
    /// Square kilometres searched, each place once.
    pub searched_km2: f64,
    /// Landslides that stand, of the priorities high, medium and low.
    pub landslides: [u64; 3],
    /// Landslides that people have deleted.
    pub rejected: u64,
    /// Software and model of the last flight.
    pub software: Option<String>,
    /// The model's name and version.
    pub model: Option<String>,
}

/// How a store's file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the log beside it, which a copy of the one file would lack; 0 where the file is whole.
    pub beside: u64,
    /// The version of its schema.
    pub version: i64,
}

const SURVEYS: &str = "SELECT o.survey, o.aircraft,
        (SELECT count(*) FROM surveys WHERE survey = o.survey) AS flights,
        (SELECT unixepoch(max(received), 'subsec') FROM messages WHERE survey = o.survey) AS last_heard,
        (SELECT count(*) FROM footprints WHERE survey = o.survey) AS frames,
        (SELECT count(*) FROM footprints WHERE survey = o.survey AND geom IS NULL) AS unplaced,
        coalesce((SELECT area_km2 FROM coverage WHERE survey = o.survey), 0.0) AS km2,
        (SELECT count(*) FROM landslides WHERE survey = o.survey AND priority = '1 high') AS high,
        (SELECT count(*) FROM landslides WHERE survey = o.survey AND priority = '2 medium') AS medium,
        (SELECT count(*) FROM landslides WHERE survey = o.survey AND priority = '3 low') AS low,
        (SELECT count(*) FROM landslide_records WHERE survey = o.survey AND rejected) AS rejected,
        (SELECT software FROM surveys WHERE survey = o.survey ORDER BY fid DESC LIMIT 1) AS software,
        (SELECT model_name || ' ' || model_version FROM surveys WHERE survey = o.survey ORDER BY fid DESC LIMIT 1) AS model
    FROM owners AS o ORDER BY o.fid";

impl Store {
    /// What it holds of each survey, in the order of their first messages.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn overview(&self) -> Result<Vec<SurveyOverview>, StoreError> {
        let all = || -> Result<Vec<_>, Cause> {
            let mut select = self.connection.prepare(SURVEYS)?;
            let rows = select.query_map([], survey)?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        all().map_err(|cause| self.failed(cause))
    }

    /// How its file stands.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn health(&self) -> Result<Health, StoreError> {
        let length = |path| fs::metadata(path).map_or(0, |found| found.len());
        let version = schema::version(&self.connection).map_err(|cause| self.failed(cause))?;
        Ok(Health {
            bytes: length(self.path.clone()),
            beside: length(place::log_beside(&self.path)),
            version: version.unwrap_or_default(),
        })
    }
}

fn survey(row: &Row<'_>) -> rusqlite::Result<SurveyOverview> {
    let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let survey: String = row.get("survey")?;
    let last_heard = row.get::<_, Option<f64>>("last_heard")?;
    Ok(SurveyOverview {
        survey: Uuid::try_parse(&survey).unwrap_or_default(),
        aircraft: row.get("aircraft")?,
        flights: count("flights")?,
        last_heard: last_heard.and_then(|seconds| read::instant("received", seconds).ok()),
        frames: (count("frames")?, count("unplaced")?),
        searched_km2: row.get("km2")?,
        landslides: [count("high")?, count("medium")?, count("low")?],
        rejected: count("rejected")?,
        software: row.get("software")?,
        model: row.get("model")?,
    })
}
