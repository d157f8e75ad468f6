//! Brings a store without a version to version 2, in which what aircraft say and what people say are apart. Its history is kept as it is,
//! and the layer of landslides is made anew from it; where the layer was otherwise, people had edited it, and that stands.

use geo::{BoundingRect, MultiPolygon};
use rusqlite::{Connection, params};

use super::{
    contents::Changes,
    error::Cause,
    geometry, index, outline,
    read::{self, Version},
    schema,
    standing::{self, Record},
};

/// Who edited a store before it told.
const WHO: &str = "unknown, in an earlier version of the store";
/// Tables that change.
const TABLES: [&str; 3] = ["landslides", "landslide_history", "footprints"];

/// Whether a store that tells no version is of version 1, or one before.
pub fn is_due(db: &Connection) -> Result<bool, Cause> {
    let columns = "SELECT 1 FROM pragma_table_info('landslides') WHERE name = 'survey'";
    Ok(db.prepare(columns)?.exists([])?)
}

/// Takes away what other programs built upon the tables: triggers that may name functions which are not known here, and indexes.
pub fn clear_the_way(db: &Connection) -> Result<(), Cause> {
    for (trigger, _) in schema::foreign_triggers(db)? {
        db.execute_batch(&format!(
            "DROP TRIGGER \"{}\"",
            trigger.replace('"', "\"\"")
        ))?;
    }
    for table in TABLES {
        index::take_away(db, table)?;
    }
    let has = |name: &str| {
        db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?1")?
            .exists([name])
    };
    if !has("gpkg_extensions")? {
        db.execute_batch(schema::EXTENSIONS)?;
    }
    for table in ["gpkg_extensions", "gpkg_ogr_contents"] {
        if has(table)? {
            db.execute_batch(&format!(
                "DELETE FROM {table} WHERE table_name IN ('landslides', 'landslide_history', 'footprints')"
            ))?;
        }
    }
    Ok(())
}

/// Does it, within a transaction of the caller.
pub fn migrate(db: &Connection) -> Result<(), Cause> {
    db.execute_batch(
        "ALTER TABLE landslides RENAME TO landslides_then;
         ALTER TABLE footprints RENAME TO footprints_then;
         DELETE FROM gpkg_geometry_columns WHERE table_name IN ('landslides', 'landslide_history', 'footprints');
         DELETE FROM gpkg_contents WHERE table_name IN
             ('landslides', 'landslide_history', 'footprints', 'surveys', 'owners', 'messages');",
    )?;
    db.execute_batch(schema::definition("footprints"))?;
    db.execute_batch(&schema::layers())?;
    let mut changes = Changes::default();
    changes.surveys.add(None);
    move_footprints(db, &mut changes)?;
    replay(db, &mut changes)?;
    keep_edits(db, &mut changes)?;
    changes.note(db)?;
    db.execute_batch("DROP TABLE landslides_then; DROP TABLE footprints_then;")?;
    Ok(())
}

fn move_footprints(db: &Connection, changes: &mut Changes) -> Result<(), Cause> {
    changes.footprints.add(None);
    db.execute_batch(
        "INSERT INTO footprints (fid, survey, run, sequence, name, time, gsd_m, untagged)
         SELECT fid, survey, run, sequence, name, time, gsd_m, untagged FROM footprints_then",
    )?;
    let mut select = db.prepare("SELECT fid, geom FROM footprints_then WHERE geom IS NOT NULL")?;
    let mut rows = select.query([])?;
    let mut put = db.prepare("UPDATE footprints SET geom = ?2, untagged = ?3 WHERE fid = ?1")?;
    while let Some(row) = rows.next()? {
        let fid: i64 = row.get(0)?;
        match read::outline(row, "geom")
            .map_err(|e| e.to_string())
            .and_then(shown)
        {
            Ok(parts) => {
                put.execute(params![fid, geometry::encode_parts(&parts), None::<String>])?;
                if let Some(bounds) = parts.bounding_rect() {
                    index::put(db, "footprints", fid, bounds)?;
                    changes.footprints.add(Some(bounds));
                }
            }
            Err(fault) => {
                put.execute(params![fid, None::<Vec<u8>>, fault])?;
            }
        }
    }
    Ok(())
}

/// Each part as a map shows it.
fn shown(parts: MultiPolygon<f64>) -> Result<MultiPolygon<f64>, String> {
    let shown: Result<Vec<_>, _> = parts.iter().map(outline::shown).collect();
    let shown = shown.map_err(|fault| format!("its outline {fault}"))?;
    Ok(shown.into_iter().flatten().collect())
}

/// Has each version stand as if it came now.
pub fn replay(db: &Connection, changes: &mut Changes) -> Result<(), Cause> {
    let mut select = db.prepare(read::VERSIONS)?;
    let mut rows = select.query([])?;
    let mut unreadable = 0_u64;
    while let Some(row) = rows.next()? {
        let version = read::version(row).map_err(|e| e.to_string());
        let version = version.and_then(
            |Version {
                 run,
                 landslide,
                 outline,
             }| Ok((run, landslide, shown(outline)?)),
        );
        match version {
            Ok((run, landslide, parts)) => {
                let record = Record::of(db, run.survey, landslide.id)?;
                standing::put(db, run, &landslide, &parts, record, changes)?;
            }
            Err(fault) => {
                unreadable += 1;
                log::debug!("a version of a landslide: {fault}");
            }
        }
    }
    if unreadable > 0 {
        log::warn!(
            "{unreadable} versions of landslides have no outline that can be drawn; they stay in the history alone"
        );
    }
    Ok(())
}

/// What people had done to the layer.
fn keep_edits(db: &Connection, changes: &mut Changes) -> Result<(), Cause> {
    let mut edited = db.prepare(
        "SELECT r.fid, was.geom, nullif(was.area_m2, h.area_m2) AS area_m2, was.geom IS NOT h.geom AS redrawn
         FROM landslides_then AS was JOIN landslide_records AS r USING (survey, id)
         JOIN landslide_history AS h ON h.survey = r.survey AND h.id = r.id AND h.version = was.version
         WHERE was.geom IS NOT h.geom OR was.area_m2 IS NOT h.area_m2",
    )?;
    let mut rows = edited.query([])?;
    while let Some(row) = rows.next()? {
        let (fid, area, redrawn): (i64, Option<f64>, bool) = (
            row.get("fid")?,
            row.get("area_m2").unwrap_or_default(),
            row.get("redrawn")?,
        );
        let parts = redrawn.then(|| read::outline(row, "geom").ok()).flatten();
        edit(db, fid, parts.as_ref(), area, changes)?;
    }
    let mut drawn = db.prepare(
        "SELECT survey, id, geom, area_m2 FROM landslides_then
         WHERE NOT EXISTS (SELECT 1 FROM landslide_records AS r WHERE r.survey = landslides_then.survey AND r.id = landslides_then.id)",
    )?;
    let mut rows = drawn.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(parts) = read::outline(row, "geom") else {
            continue;
        };
        let (survey, id): (String, String) = (row.get("survey")?, row.get("id")?);
        let fid = standing::new_record(db, &survey, &id)?.fid;
        db.execute(
            "UPDATE landslides SET source = 'added by hand', (survey, id, name) =
                 (SELECT survey, id, name FROM landslide_records WHERE fid = ?1) WHERE fid = ?1",
            [fid],
        )?;
        edit(db, fid, Some(&parts), row.get("area_m2").ok(), changes)?;
        db.execute(
            "UPDATE reviews SET verdict = 'added' WHERE landslide = ?1",
            [id],
        )?;
    }
    let mut deleted = db.prepare(
        "SELECT s.fid FROM landslides AS s
         WHERE NOT EXISTS (SELECT 1 FROM landslides_then AS was WHERE was.survey = s.survey AND was.id = s.id)",
    )?;
    let mut rows = deleted.query([])?;
    while let Some(row) = rows.next()? {
        let fid: i64 = row.get(0)?;
        db.execute(
            "UPDATE landslide_records SET rejected = 1 WHERE fid = ?1",
            [fid],
        )?;
        review(db, fid, "rejected", None, None)?;
        standing::take_out(db, fid, changes)?;
    }
    Ok(())
}

fn edit(
    db: &Connection,
    fid: i64,
    parts: Option<&MultiPolygon<f64>>,
    area: Option<f64>,
    changes: &mut Changes,
) -> Result<(), Cause> {
    review(db, fid, "corrected", parts, area)?;
    db.execute(
        "UPDATE landslide_records SET outline_edited = ?2, area_edited = ?3, stale = ?2 WHERE fid = ?1",
        params![fid, parts.is_some(), area.is_some()],
    )?;
    db.execute(
        "UPDATE landslides SET source = CASE WHEN source = 'aircraft' THEN 'aircraft, corrected' ELSE source END,
             geom = coalesce(?2, geom), area_m2 = CASE WHEN ?3 IS NULL AND ?2 IS NOT NULL THEN NULL ELSE coalesce(round(?3), area_m2) END
         WHERE fid = ?1",
        params![fid, parts.and_then(geometry::encode_parts), area],
    )?;
    if let Some(bounds) = parts.and_then(BoundingRect::bounding_rect) {
        index::put(db, "landslides", fid, bounds)?;
        changes.landslides.add(Some(bounds));
    }
    Ok(())
}

fn review(
    db: &Connection,
    fid: i64,
    verdict: &str,
    parts: Option<&MultiPolygon<f64>>,
    area: Option<f64>,
) -> Result<(), Cause> {
    db.execute(
        "INSERT INTO reviews (who, survey, landslide, name, verdict, area_m2, outline)
         SELECT ?2, survey, id, name, ?3, ?4, ?5 FROM landslide_records WHERE fid = ?1",
        params![
            fid,
            WHO,
            verdict,
            area,
            parts.and_then(geometry::encode_parts)
        ],
    )?;
    Ok(())
}
