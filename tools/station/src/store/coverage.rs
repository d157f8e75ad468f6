//! The layer `coverage`: what was searched, all footprints of a survey together.

use std::collections::HashMap;

use geo::{BooleanOps, BoundingRect, MultiPolygon, Orient, orient::Direction, unary_union};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Store, StoreError, contents, error::Cause, geometry, outline};

/// Footprints that are joined in one transaction, so that none takes long.
const STEP: usize = 200;
/// Square metres in a square kilometre.
const KM2: f64 = 1e6;

/// Joins some of the footprints that came since the last time; whether there may be more.
pub fn extend(db: &Connection) -> Result<bool, Cause> {
    let covered: i64 = db
        .prepare_cached("SELECT max(covered) FROM scarp_store")?
        .query_row([], |row| row.get(0))?;
    let mut select = db.prepare_cached(
        "SELECT fid, survey, geom FROM footprints WHERE fid > ?1 AND geom IS NOT NULL ORDER BY fid LIMIT ?2",
    )?;
    let mut rows = select.query(params![covered, STEP as i64])?;
    let mut last = covered;
    let mut read = 0;
    let mut new: HashMap<String, Vec<MultiPolygon<f64>>> = HashMap::new();
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        read += 1;
        let blob: Option<Vec<u8>> = row.get(2).ok();
        // What another program spoilt was searched nevertheless, but nobody knows where.
        if let (Ok(survey), Some(Ok(outline))) = (row.get(1), blob.map(|b| geometry::decode(&b))) {
            new.entry(survey).or_default().push(outline);
        }
    }
    drop(rows);
    if read == 0 {
        return Ok(false);
    }
    let transaction = db.unchecked_transaction()?;
    for (survey, footprints) in new {
        join(&transaction, &survey, &footprints)?;
    }
    transaction.execute("UPDATE scarp_store SET covered = ?1", [last])?;
    transaction.commit()?;
    Ok(read == STEP)
}

impl Store {
    /// What was searched, of one survey where it is given. While reports come it may lack the frames of the last seconds, or minutes of a
    /// busy station.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn searched(&self, survey: Option<Uuid>) -> Result<MultiPolygon<f64>, StoreError> {
        let read = || -> Result<Vec<MultiPolygon<f64>>, Cause> {
            let mut select = self.connection.prepare(
                "SELECT geom FROM coverage WHERE geom IS NOT NULL AND (?1 IS NULL OR survey = ?1)",
            )?;
            let survey = survey.map(|survey| survey.to_string());
            let blobs = select.query_map([survey], |row| row.get::<_, Vec<u8>>(0))?;
            let outline = |blob: Vec<u8>| {
                geometry::decode(&blob).map_err(|e| Cause::Damaged(format!("coverage: {e}")))
            };
            blobs.map(|blob| outline(blob?)).collect()
        };
        let outlines = read().map_err(|cause| self.failed(cause))?;
        Ok(unary_union(&outlines))
    }
}

fn join(db: &Connection, survey: &str, footprints: &[MultiPolygon<f64>]) -> Result<(), Cause> {
    let before: Option<Option<Vec<u8>>> = db
        .query_row(
            "SELECT geom FROM coverage WHERE survey = ?1",
            [survey],
            |row| row.get(0),
        )
        .optional()?;
    let before = before
        .flatten()
        .and_then(|blob| geometry::decode(&blob).ok());
    // It wants all rings the same way round.
    let oriented: Vec<_> = footprints
        .iter()
        .map(|outline| outline.orient(Direction::Default))
        .collect();
    let mut all = unary_union(&oriented);
    if let Some(before) = before {
        all = all.union(&before);
    }
    db.execute(
        "INSERT INTO coverage (geom, survey, area_km2, frames) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (survey) DO UPDATE SET geom = excluded.geom, area_km2 = excluded.area_km2, frames = frames + excluded.frames",
        params![
            geometry::encode_parts(&all),
            survey,
            (outline::area_m2(&all) / KM2 * 1e4).round() / 1e4,
            footprints.len() as i64
        ],
    )?;
    contents::widen(db, "coverage", all.bounding_rect())
}
