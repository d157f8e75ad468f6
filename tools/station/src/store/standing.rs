//! The layer `landslides`: what stands of each landslide, by its newest version and by what people said of it.

use geo::{BoundingRect, MultiPolygon};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use scarp_inventory::{Landslide, LandslideStatus, Run};
use uuid::Uuid;

use super::{
    contents::{self, Changes},
    datetime::{datetime, seconds},
    error::Cause,
    geometry, index, outline,
};

/// Decimals of a latitude or longitude that people read: 0.1 m.
const DEGREE_DECIMALS: i32 = 6;

/// What is known of a landslide beside its versions.
#[derive(Debug)]
pub struct Record {
    /// Its row in `landslides`, where it stands.
    pub fid: i64,
    /// Its highest version; 0 of one drawn by hand.
    pub newest: u32,
    /// People have deleted it.
    rejected: bool,
    /// Its outline is as people drew it.
    outline_edited: bool,
    /// Its area is as people said.
    area_edited: bool,
    /// What people hold of it.
    review: Option<String>,
}

impl Record {
    /// The record of a landslide, if anything was ever reported of it.
    pub fn of(db: &Connection, survey: Uuid, id: Uuid) -> Result<Option<Self>, Cause> {
        let record = db
            .prepare_cached(
                "SELECT fid, newest, rejected, outline_edited, area_edited, review FROM landslide_records
                 WHERE survey = ?1 AND id = ?2",
            )?
            .query_row([survey.to_string(), id.to_string()], |row| {
                Ok(Self {
                    fid: row.get(0)?,
                    newest: row.get(1)?,
                    rejected: row.get(2)?,
                    outline_edited: row.get(3)?,
                    area_edited: row.get(4)?,
                    review: row.get(5)?,
                })
            })
            .optional()?;
        Ok(record)
    }

    /// Whether it stands whatever aircraft say.
    fn is_kept(&self) -> bool {
        self.outline_edited || self.area_edited || self.review.is_some()
    }
}

/// SQL for the priority of a landslide from SQL for its area, its confidence (NULL of one drawn by hand) and its review.
pub fn priority(area: &str, confidence: &str, review: &str) -> String {
    format!(
        "CASE WHEN {area} < 100 OR ({confidence} < 0.3 AND {review} IS NOT 'confirmed') THEN '3 low' \
         WHEN {area} >= 1000 AND (coalesce({confidence}, 1) >= 0.5 OR {review} IS 'confirmed') THEN '1 high' ELSE '2 medium' END"
    )
}

/// Has a version of a landslide stand, where it is newer than what was reported of it before; `parts` is its outline as a map shows it.
/// Whether it changed what stands.
pub fn put(
    db: &Connection,
    run: Run,
    slide: &Landslide,
    parts: &MultiPolygon<f64>,
    record: Option<Record>,
    changes: &mut Changes,
) -> Result<bool, Cause> {
    let record = match record {
        Some(record) if record.newest >= slide.version => return Ok(false),
        Some(record) => record,
        None => new_record(db, &run.survey.to_string(), &slide.id.to_string())?,
    };
    db.prepare_cached("UPDATE landslide_records SET newest = ?2, site_due = 1 WHERE fid = ?1")?
        .execute(params![record.fid, slide.version])?;
    if record.rejected {
        return Ok(false);
    }
    if slide.status == LandslideStatus::Active {
        show(db, run, slide, parts, &record)?;
        changes.landslides.add(parts.bounding_rect());
        Ok(true)
    } else if record.is_kept() {
        Ok(false)
    } else {
        take_out(db, record.fid, changes)
    }
}

/// A record for a landslide that nothing was reported of before, under the next name of its survey.
pub fn new_record(db: &Connection, survey: &str, id: &str) -> Result<Record, Cause> {
    let number: i64 = db
        .prepare_cached(
            "SELECT 1 + coalesce(max(number), 0) FROM landslide_records WHERE survey = ?1",
        )?
        .query_row([survey], |row| row.get(0))?;
    // The layer gives it its `fid`, so that one drawn by hand never takes that of one that does not stand.
    db.prepare_cached("INSERT INTO landslides (geom) VALUES (x'')")?
        .execute([])?;
    let fid = db.last_insert_rowid();
    db.prepare_cached(
        "INSERT INTO landslide_records (fid, survey, id, number, name) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![fid, survey, id, number, format!("L-{number:02}")])?;
    Ok(Record {
        fid,
        newest: 0,
        rejected: false,
        outline_edited: false,
        area_edited: false,
        review: None,
    })
}

/// Writes a version over what stands, but for what people said.
fn show(
    db: &Connection,
    run: Run,
    slide: &Landslide,
    parts: &MultiPolygon<f64>,
    record: &Record,
) -> Result<(), Cause> {
    let middle = (!record.outline_edited)
        .then(|| outline::middle(parts))
        .flatten();
    let rounded = |degrees: f64| {
        let scale = 10_f64.powi(DEGREE_DECIMALS);
        (degrees * scale).round() / scale
    };
    let blob = (!record.outline_edited)
        .then(|| geometry::encode_parts(parts))
        .flatten();
    let area = (!record.outline_edited && !record.area_edited).then_some(slide.area_m2);
    let sql = format!(
        "UPDATE landslides SET
             geom = coalesce(:geom, geom), name = r.name, area_m2 = coalesce(round(:area), area_m2), priority = {}, cut_off = :cut_off,
             confidence = round(:confidence, 2), ce90_m = round(:ce90, 1), source = coalesce(source, 'aircraft'),
             review = r.review, note = r.note, site = r.site, observations = :observations, first_seen = {}, last_seen = {},
             latitude = coalesce(:latitude, latitude), longitude = coalesce(:longitude, longitude),
             survey = r.survey, run = :run, id = r.id, version = :version
         FROM landslide_records AS r WHERE landslides.fid = :fid AND r.fid = :fid",
        priority("coalesce(:area, area_m2)", ":confidence", "r.review"),
        datetime(":first"),
        datetime(":last"),
    );
    let mut update = db.prepare_cached(&sql)?;
    let mut write = || {
        update.execute(named_params! {
            ":fid": record.fid, ":geom": blob, ":area": area, ":cut_off": slide.cut_off, ":confidence": slide.confidence, ":ce90": slide.ce90_m,
            ":observations": slide.observations, ":first": slide.first_seen.map(seconds), ":last": slide.last_seen.map(seconds),
            ":latitude": middle.map(|p| rounded(p.y())), ":longitude": middle.map(|p| rounded(p.x())),
            ":run": run.id.to_string(), ":version": slide.version,
        })
    };
    if write()? == 0 {
        // It stands again, after it was withdrawn.
        db.prepare_cached("INSERT INTO landslides (fid, geom) VALUES (?1, x'')")?
            .execute([record.fid])?;
        write()?;
    }
    if !record.outline_edited {
        if let Some(bounds) = parts.bounding_rect() {
            index::put(db, "landslides", record.fid, bounds)?;
        }
        db.prepare_cached("UPDATE landslide_records SET point = ?2 WHERE fid = ?1")?
            .execute(params![record.fid, middle.and_then(geometry::encode_point)])?;
    }
    Ok(())
}

/// Takes a landslide out of the layer; whether it was there.
pub fn take_out(db: &Connection, fid: i64, changes: &mut Changes) -> Result<bool, Cause> {
    let header: Option<Option<Vec<u8>>> = db
        .prepare_cached("DELETE FROM landslides WHERE fid = ?1 RETURNING substr(geom, 1, ?2)")?
        .query_row(params![fid, geometry::HEADER_BYTES], |row| row.get(0))
        .optional()?;
    let Some(header) = header else {
        return Ok(false);
    };
    index::remove(db, "landslides", fid)?;
    changes.landslides.add(None);
    changes.shrunk |= match header.as_deref().and_then(geometry::bounds) {
        Some(bounds) => contents::is_at_the_edge(db, bounds)?,
        None => true,
    };
    Ok(true)
}
