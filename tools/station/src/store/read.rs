//! Reading what stands in the store: one row after the other, so that memory does not grow with the store.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use geo::{MultiPolygon, Polygon};
use rusqlite::{Row, ToSql, types::FromSql};
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::Survey;
use thiserror::Error;
use uuid::Uuid;

use super::{Filter, Store, StoreError, error::Cause, geometry};

// Numbers as the aircraft told them, which the layer shows rounded, unless people said otherwise.
pub(super) const LANDSLIDES: &str = "SELECT s.fid, s.name AS label, s.name, s.priority, s.source, s.review, s.note,
        s.geom, r.survey, r.id, h.run, r.newest AS version,
        CASE WHEN r.outline_edited OR r.area_edited THEN s.area_m2 ELSE h.area_m2 END AS area_m2,
        coalesce(h.cut_off, 0) AS cut_off, h.confidence, h.ce90_m, coalesce(h.observations, 0) AS observations,
        coalesce(unixepoch(h.first_seen, 'subsec'), h.first_seen) AS first_seen,
        coalesce(unixepoch(h.last_seen, 'subsec'), h.last_seen) AS last_seen
    FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid
    LEFT JOIN landslide_history AS h ON h.survey = r.survey AND h.id = r.id AND h.version = r.newest";
/// When it was seen last, or drawn.
const LANDSLIDE_TIME: &str = "coalesce(unixepoch(h.last_seen, 'subsec'),
    (SELECT max(unixepoch(said.time, 'subsec')) FROM reviews AS said WHERE said.landslide = r.id AND said.survey = r.survey))";
pub(super) const FOOTPRINTS: &str =
    "SELECT s.fid, 'frame ' || sequence AS label, survey, run, sequence, name,
        coalesce(unixepoch(s.time, 'subsec'), s.time) AS time, geom, gsd_m, untagged
    FROM footprints AS s";
pub(super) const SURVEYS: &str =
    "SELECT survey, run, coalesce(unixepoch(start, 'subsec'), start) AS start, software, model_name, model_version, aircraft
    FROM surveys ORDER BY fid";
/// Every version of every landslide, in the order they came in.
pub(super) const VERSIONS: &str =
    "SELECT geom, survey, run, id, version, status, area_m2, cut_off, confidence, ce90_m, observations,
        coalesce(unixepoch(first_seen, 'subsec'), first_seen) AS first_seen,
        coalesce(unixepoch(last_seen, 'subsec'), last_seen) AS last_seen
    FROM landslide_history ORDER BY fid";

/// The end of the last year that RFC 3339 can tell, in milliseconds after 1970; messages carry no later time.
const LAST_TIME_MS: f64 = 253_402_300_799_999.0;
/// Rows that cannot be read which are named; the rest are counted.
const NAMED: usize = 5;

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

/// A landslide as it stands: by its newest version, and by what people said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The run that its newest version is of; of one drawn by hand, none.
    pub run: Option<Uuid>,
    /// The survey that it belongs to.
    pub survey: Uuid,
    /// What is known of it, with the first part of its outline. Where nobody measured its confidence or CE90, as of one drawn by hand,
    /// they are not a number.
    pub landslide: Landslide,
    /// All parts of its outline, with longitudes from -180 to 180: several where it lies on the antimeridian, or was drawn so.
    pub outline: MultiPolygon<f64>,
    /// Its short name, one of its survey.
    pub name: Option<String>,
    /// Its class by size and confidence.
    pub priority: Option<String>,
    /// Whose word it is: the aircraft's, corrected by people, or people's alone.
    pub source: Option<String>,
    /// What people hold of it.
    pub review: Option<String>,
    /// What people wrote.
    pub note: Option<String>,
}

/// A frame as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What was reported, with the first part of the footprint.
    pub report: FrameReport,
    /// All parts of the footprint, with longitudes from -180 to 180; none where it could not be placed.
    pub outline: MultiPolygon<f64>,
}

/// Rows that another program left unreadable, and which are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Their number.
    pub count: u64,
    /// The first of them, each with its reason.
    pub first: Vec<String>,
}

/// A row that another program left unreadable, and why.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Store {
    /// Hands the landslides as they stand that `filter` takes to `each`, in the order of their first report.
    ///
    /// # Errors
    /// When the file cannot be read, and what `each` returns, which ends the reading.
    pub fn landslides<E: From<StoreError>>(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Standing) -> Result<(), E>,
    ) -> Result<LeftOut, E> {
        let indexed = self.has_index("landslides");
        let conditions = filter.conditions("landslides", "r.survey", LANDSLIDE_TIME, indexed);
        let select = format!("{LANDSLIDES} WHERE {} ORDER BY s.fid", conditions.sql);
        self.each(&select, &conditions.values(), standing, |standing| {
            if filter.takes(&standing.landslide, &standing.outline) {
                each(standing)?;
            }
            Ok(())
        })
    }

    /// One landslide as it stands; `None` where it does not, and where another program left it unreadable.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn landslide(&self, survey: Uuid, id: Uuid) -> Result<Option<Standing>, StoreError> {
        let select = format!("{LANDSLIDES} WHERE r.survey = ? AND r.id = ?");
        let mut found = None;
        let values: [&dyn ToSql; 2] = [&survey.to_string(), &id.to_string()];
        self.each(&select, &values, standing, |standing| {
            found = Some(standing);
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// Hands the frames that `filter` takes to `each`, with their run, in the order they came in; also those that could not be placed,
    /// unless a place is wanted.
    ///
    /// # Errors
    /// As [`landslides`](Self::landslides).
    pub fn footprints<E: From<StoreError>>(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Run, Frame) -> Result<(), E>,
    ) -> Result<LeftOut, E> {
        let indexed = self.has_index("footprints");
        let time = "unixepoch(s.time, 'subsec')";
        let conditions = filter.conditions("footprints", "survey", time, indexed);
        let select = format!("{FOOTPRINTS} WHERE {} ORDER BY s.fid", conditions.sql);
        self.each(&select, &conditions.values(), frame, |(run, frame)| {
            if filter.reaches(&frame.outline) {
                each(run, frame)?;
            }
            Ok(())
        })
    }

    /// Whether a table has its spatial index, which another program may have taken away.
    fn has_index(&self, table: &str) -> bool {
        let select = format!("SELECT 1 FROM rtree_{table}_geom LIMIT 1");
        self.connection.prepare(&select).is_ok()
    }

    /// Hands the flights over surveys to `each`, with their run, in the order they came in.
    ///
    /// # Errors
    /// As [`landslides`](Self::landslides), and when one cannot be read.
    pub fn flights<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Run, Flight) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(
            SURVEYS,
            &[],
            |row| Ok(flight(row)),
            |flight| {
                let (run, flight) =
                    flight.map_err(|Unreadable(reason)| self.failed(Cause::Damaged(reason)))?;
                each(run, flight)
            },
        )?;
        Ok(())
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
        values: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T, Unreadable>,
        mut each: impl FnMut(T) -> Result<(), E>,
    ) -> Result<LeftOut, E> {
        let sqlite = |error: rusqlite::Error| self.failed(error.into());
        let mut statement = self.connection.prepare(select).map_err(sqlite)?;
        let mut rows = statement.query(values).map_err(sqlite)?;
        let mut left_out = LeftOut::default();
        while let Some(row) = rows.next().map_err(sqlite)? {
            match read(row) {
                Ok(read) => each(read)?,
                Err(Unreadable(reason)) => left_out.add(row, &reason),
            }
        }
        Ok(left_out)
    }
}

impl LeftOut {
    fn add(&mut self, row: &Row<'_>, reason: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            let label = row.get::<_, Option<String>>("label").ok().flatten();
            let fid: i64 = row.get("fid").unwrap_or_default();
            let label = label.map_or_else(String::new, |label| format!("{label} "));
            self.first.push(format!("{label}(fid {fid}): {reason}"));
        }
    }
}

fn standing(row: &Row<'_>) -> Result<Standing, Unreadable> {
    let outline = outline(row, "geom")?;
    let measured = || super::outline::area_m2(&outline);
    let or_nan = |column| Ok(get::<Option<f64>>(row, column)?.unwrap_or(f64::NAN));
    Ok(Standing {
        survey: uuid(row, "survey")?,
        run: get::<Option<String>>(row, "run")?
            .map(|_| uuid(row, "run"))
            .transpose()?,
        landslide: Landslide {
            id: uuid(row, "id")?,
            version: get(row, "version")?,
            status: LandslideStatus::Active,
            outline: first(&outline),
            // Of one that was redrawn and not measured yet, none.
            area_m2: get::<Option<f64>>(row, "area_m2")?.unwrap_or_else(measured),
            cut_off: get(row, "cut_off")?,
            confidence: or_nan("confidence")?,
            ce90_m: or_nan("ce90_m")?,
            observations: get(row, "observations")?,
            first_seen: known_time(row, "first_seen")?,
            last_seen: known_time(row, "last_seen")?,
        },
        outline,
        name: get(row, "name")?,
        priority: get(row, "priority")?,
        source: get(row, "source")?,
        review: get(row, "review")?,
        note: get(row, "note")?,
    })
}

/// A version of a landslide as it came.
pub(super) struct Version {
    /// The run that it is of.
    pub run: Run,
    /// The landslide, with the first part of its outline.
    pub landslide: Landslide,
    /// Its outline; several parts where another program edited it.
    pub outline: MultiPolygon<f64>,
}

/// The version in a row of [`VERSIONS`].
pub(super) fn version(row: &Row<'_>) -> Result<Version, Unreadable> {
    let outline = outline(row, "geom")?;
    Ok(Version {
        run: run(row)?,
        landslide: Landslide {
            id: uuid(row, "id")?,
            version: get(row, "version")?,
            status: match get::<String>(row, "status")?.as_str() {
                "withdrawn" => LandslideStatus::Withdrawn,
                _ => LandslideStatus::Active,
            },
            outline: first(&outline),
            area_m2: get(row, "area_m2")?,
            cut_off: get(row, "cut_off")?,
            confidence: get(row, "confidence")?,
            ce90_m: get(row, "ce90_m")?,
            observations: get(row, "observations")?,
            first_seen: known_time(row, "first_seen")?,
            last_seen: known_time(row, "last_seen")?,
        },
        outline,
    })
}

fn frame(row: &Row<'_>) -> Result<(Run, Frame), Unreadable> {
    let has_place = get::<Option<Vec<u8>>>(row, "geom")?.is_some();
    let outline = if has_place {
        outline(row, "geom")?
    } else {
        MultiPolygon::new(Vec::new())
    };
    let placement = if has_place {
        Ok(FrameFootprint {
            footprint: first(&outline),
            gsd_m: get(row, "gsd_m")?,
        })
    } else {
        Err(get(row, "untagged")?)
    };
    let report = FrameReport {
        sequence: get::<i64>(row, "sequence")?.cast_unsigned(),
        name: get(row, "name")?,
        time: known_time(row, "time")?,
        placement,
    };
    Ok((run(row)?, Frame { report, outline }))
}

fn flight(row: &Row<'_>) -> Result<(Run, Flight), Unreadable> {
    let flight = Flight {
        start: known_time(row, "start")?,
        survey: Survey {
            software: get(row, "software")?,
            model_name: get(row, "model_name")?,
            model_version: get(row, "model_version")?,
        },
        aircraft: get(row, "aircraft")?,
    };
    Ok((run(row)?, flight))
}

fn run(row: &Row<'_>) -> Result<Run, Unreadable> {
    Ok(Run {
        survey: uuid(row, "survey")?,
        id: uuid(row, "run")?,
    })
}

/// The outline in a column, at least one part.
pub(super) fn outline(row: &Row<'_>, column: &str) -> Result<MultiPolygon<f64>, Unreadable> {
    let blob: Vec<u8> = get(row, column)?;
    geometry::decode(&blob).map_err(|e| Unreadable(e.to_string()))
}

fn first(parts: &MultiPolygon<f64>) -> Polygon<f64> {
    let none = || Polygon::new(Vec::<(f64, f64)>::new().into(), Vec::new());
    parts.0.first().cloned().unwrap_or_else(none)
}

/// The value of a column; another program may have left one of another kind there.
fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, Unreadable> {
    row.get(column)
        .map_err(|e| Unreadable(format!("column {column}: {e}")))
}

fn uuid(row: &Row<'_>, column: &str) -> Result<Uuid, Unreadable> {
    let text: String = get(row, column)?;
    Uuid::try_parse(&text).map_err(|e| Unreadable(format!("column {column}: {e}")))
}

/// A time that may be unknown. What is no time stands there as it is, and is no number.
fn known_time(row: &Row<'_>, column: &str) -> Result<Option<SystemTime>, Unreadable> {
    get::<Option<f64>>(row, column)?
        .map(|seconds| instant(column, seconds))
        .transpose()
}

/// A time that SQLite gives in seconds after 1970; the store keeps milliseconds.
pub(super) fn instant(column: &str, seconds: f64) -> Result<SystemTime, Unreadable> {
    let milliseconds = (seconds * 1000.0).round();
    if (0.0..=LAST_TIME_MS).contains(&milliseconds) {
        Ok(UNIX_EPOCH + Duration::from_millis(milliseconds as u64))
    } else {
        Err(Unreadable(format!(
            "column {column}: {seconds} s do not lie between 1970 and 9999"
        )))
    }
}
