//! Saves what is whole of a damaged store into a new one.

use std::{collections::BTreeMap, fs, path::Path};

use rusqlite::{Connection, OpenFlags, Row, params_from_iter, types::Value};

use super::{Store, StoreError, contents::Changes, error::Cause, index, schema, version_2};

/// What people said, what aircraft said, and the landslides that stand by it, for where that is lost; all else is made again.
const TABLES: [&str; 8] = [
    "landslides",
    "messages",
    "owners",
    "surveys",
    "footprints",
    "landslide_history",
    "landslide_records",
    "reviews",
];
/// Rows that are passed over at once, at most, where the file cannot be read.
const WIDEST_STEP: i64 = 1 << 20;

/// A landslide whose record is lost has one again. Of a correction that is lost, the aircraft's word stands again.
const FORGET: &str = "
    INSERT OR IGNORE INTO landslide_records (fid, survey, id, number, name, review, note)
        SELECT fid, survey, id, CAST(substr(name, 3) AS INTEGER), name, review, note FROM landslides
        WHERE survey IS NOT NULL AND id IS NOT NULL AND name IS NOT NULL;
    UPDATE landslide_records AS r SET newest = 0, site_due = 1,
    outline_edited = outline_edited AND (EXISTS (SELECT 1 FROM landslides AS s WHERE s.fid = r.fid)
        OR EXISTS (SELECT 1 FROM reviews AS v WHERE v.survey = r.survey AND v.landslide = r.id AND v.outline IS NOT NULL
            AND v.verdict <> 'rejected')),
    area_edited = area_edited AND (EXISTS (SELECT 1 FROM landslides AS s WHERE s.fid = r.fid)
        OR EXISTS (SELECT 1 FROM reviews AS v WHERE v.survey = r.survey AND v.landslide = r.id AND v.area_m2 IS NOT NULL
            AND v.verdict <> 'rejected'))";

/// Outlines and areas as people said last.
const REMEMBER: &str = "
    INSERT OR IGNORE INTO landslides (fid, geom, name, source, review, note, survey, id)
        SELECT fid, x'', name, 'added by hand', review, note, survey, id FROM landslide_records
        WHERE outline_edited AND newest = 0 AND NOT rejected;
    UPDATE landslides SET
        geom = coalesce((SELECT v.outline FROM reviews AS v WHERE v.survey = r.survey AND v.landslide = r.id AND r.outline_edited
            AND v.outline IS NOT NULL AND v.verdict <> 'rejected' ORDER BY v.fid DESC LIMIT 1), landslides.geom),
        area_m2 = CASE WHEN r.area_edited THEN coalesce((SELECT v.area_m2 FROM reviews AS v WHERE v.survey = r.survey
            AND v.landslide = r.id AND v.area_m2 IS NOT NULL AND v.verdict <> 'rejected' ORDER BY v.fid DESC LIMIT 1), landslides.area_m2)
            WHEN r.outline_edited THEN NULL ELSE landslides.area_m2 END,
        source = CASE WHEN landslides.source = 'aircraft' AND (r.outline_edited OR r.area_edited)
            THEN 'aircraft, corrected' ELSE landslides.source END
    FROM landslide_records AS r WHERE r.fid = landslides.fid;
    UPDATE landslide_records SET stale = 1 WHERE outline_edited;
    -- Those whose history is lost.
    UPDATE landslide_records AS r SET newest = coalesce((SELECT version FROM landslides AS s WHERE s.fid = r.fid), 0) WHERE newest = 0;";

/// What was saved of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    /// Rows that are in the new store.
    pub rows: u64,
    /// Places in the old one, each of one row or more side by side, that could not be read.
    pub gaps: u64,
}

impl Store {
    /// Saves what is whole of the damaged store at `path` to a new store at `out`: of each table what could be read.
    ///
    /// # Errors
    /// When `out` is there already or cannot be written, or nothing can be read of the store.
    pub fn repair(path: &Path, out: &Path) -> Result<BTreeMap<&'static str, Saved>, StoreError> {
        if fs::symlink_metadata(out).is_ok() {
            return Err(Cause::Exists.at(out));
        }
        let file = std::path::absolute(path).map_err(|e| Cause::System(e).at(path))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let damaged =
            Connection::open_with_flags(file, flags).map_err(|e| Cause::from(e).at(path))?;
        let has_tables = schema::version(&damaged).map_err(|cause| cause.at(path))?;
        if has_tables != Some(schema::VERSION) {
            return Err(Cause::Earlier.at(path));
        }
        let store = Self::open(out)?;
        let saved = store
            .save_from(&damaged)
            .map_err(|cause| store.failed(cause));
        if saved.is_err() {
            drop(store);
            fs::remove_file(out).ok();
            return saved;
        }
        store.close()?;
        saved
    }

    fn save_from(&self, damaged: &Connection) -> Result<BTreeMap<&'static str, Saved>, Cause> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut all = BTreeMap::new();
        for table in TABLES {
            all.insert(table, copy(damaged, &transaction, table)?);
        }
        let mut changes = Changes::default();
        changes.surveys.add(None);
        changes.footprints.add(None);
        index::fill(&transaction, "footprints")?;
        // Names, and what people said, came along; the layer is made again by them.
        transaction.execute_batch(FORGET)?;
        version_2::replay(&transaction, &mut changes)?;
        transaction.execute_batch(REMEMBER)?;
        index::fill(&transaction, "landslides")?;
        changes.landslides.add(None);
        changes.shrunk = true;
        changes.note(&transaction)?;
        transaction.commit()?;
        Ok(all)
    }
}

/// Copies the rows of a table that can be read, passing over those that cannot.
fn copy(damaged: &Connection, sound: &Connection, table: &str) -> Result<Saved, Cause> {
    let columns: Vec<String> = {
        let mut select = sound.prepare("SELECT name FROM pragma_table_info(?1)")?;
        select
            .query_map([table], |row| row.get(0))?
            .collect::<Result<_, _>>()?
    };
    let places: Vec<_> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let mut insert = sound.prepare(&format!(
        "INSERT OR IGNORE INTO {table} ({}) VALUES ({})",
        columns.join(", "),
        places.join(", ")
    ))?;
    let select = format!(
        "SELECT {} FROM {table} WHERE fid > ?1 ORDER BY fid LIMIT 1",
        columns.join(", ")
    );
    let mut saved = Saved::default();
    let Ok(mut select) = damaged.prepare(&select) else {
        saved.gaps = 1;
        return Ok(saved);
    };
    let values = |row: &Row<'_>| {
        (0..columns.len())
            .map(|n| row.get(n))
            .collect::<rusqlite::Result<Vec<Value>>>()
    };
    let (mut at, mut step) = (0_i64, 0_i64);
    loop {
        match select.query_row([at], values) {
            Ok(row) => {
                step = 0;
                if let Some(Value::Integer(fid)) = row.first() {
                    at = *fid;
                }
                saved.rows += insert.execute(params_from_iter(row))? as u64;
            }
            Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(saved),
            Err(_) if step >= WIDEST_STEP => return Ok(saved),
            Err(_) => {
                saved.gaps += u64::from(step == 0);
                step = (step * 2).max(1);
                at = at.saturating_add(step);
            }
        }
    }
}
