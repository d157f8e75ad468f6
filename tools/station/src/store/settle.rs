//! What the station does while nothing comes: it measures what people drew, joins what was searched, finds sites, and brings what is in
//! the write-ahead log into the file, so that a copy of the file alone is whole.

use std::{
    fs,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};

use super::{
    BUSY_TIMEOUT, Store, StoreError, coverage, error::Cause, geometry, outline, place, sites,
    standing,
};

/// How long reports may have to wait for what is done while none comes.
const AT_A_TIME: Duration = Duration::from_millis(300);

impl Store {
    /// To be called while nothing is stored, every second or so. Waits for no other program, and takes a second at most.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn rest(&mut self) -> Result<(), StoreError> {
        let log = fs::metadata(place::log_beside(&self.path));
        if log.is_ok_and(|log| log.len() == 0) && !self.behind {
            // Nothing was written since, by anyone.
            return Ok(());
        }
        self.wait_for_others(Duration::ZERO)?;
        let rested = self.catch_up(AT_A_TIME).and_then(|()| self.checkpoint());
        self.wait_for_others(BUSY_TIMEOUT)?;
        match rested {
            Ok(_) => Ok(()),
            // Another program writes or reads: it is done the next time.
            Err(Cause::Sqlite(e)) if is_busy(&e) => Ok(()),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    fn wait_for_others(&self, longest: Duration) -> Result<(), StoreError> {
        self.connection
            .busy_timeout(longest)
            .map_err(|e| self.failed(e.into()))
    }

    /// Does what can wait, until it is done or the time is up: measures what people drew, joins what was searched, finds sites.
    pub(super) fn catch_up(&mut self, time: Duration) -> Result<(), Cause> {
        let start = Instant::now();
        settle(&self.connection)?;
        self.behind = true;
        while self.behind && start.elapsed() < time {
            let more_frames = coverage::extend(&self.connection)?;
            self.behind = sites::assign(&self.connection)? || more_frames;
        }
        Ok(())
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseBusy | DatabaseLocked)
    )
}

/// Measures the outlines that were drawn in other programs.
pub fn settle(db: &Connection) -> Result<(), Cause> {
    let mut stale = db.prepare_cached("SELECT fid FROM landslide_records WHERE stale")?;
    let stale: Vec<i64> = stale
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if stale.is_empty() {
        return Ok(());
    }
    let transaction = db.unchecked_transaction()?;
    for fid in stale {
        measure(&transaction, fid)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Area, middle and priority of a landslide by its outline, where it has one that can be read.
fn measure(db: &Connection, fid: i64) -> Result<(), Cause> {
    let blob: Option<Vec<u8>> = db
        .query_row("SELECT geom FROM landslides WHERE fid = ?1", [fid], |row| {
            row.get(0)
        })
        .unwrap_or_default();
    let parts = blob.and_then(|blob| geometry::decode(&blob).ok());
    if let Some(parts) = &parts {
        let middle = outline::middle(parts);
        db.execute(
            &format!(
                "UPDATE landslides SET area_m2 = m.area_m2, priority = {}, latitude = round(?3, 6), longitude = round(?4, 6)
                 FROM (SELECT CASE WHEN r.area_edited THEN s.area_m2 ELSE round(?2) END AS area_m2
                       FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid WHERE s.fid = ?1) AS m
                 WHERE fid = ?1",
                standing::priority("m.area_m2", "confidence", "review")
            ),
            params![fid, outline::area_m2(parts), middle.map(|p| p.y()), middle.map(|p| p.x())],
        )?;
        db.execute(
            "UPDATE landslide_records SET point = ?2 WHERE fid = ?1",
            params![fid, middle.and_then(geometry::encode_point)],
        )?;
    }
    db.execute(
        "UPDATE landslide_records SET stale = 0 WHERE fid = ?1",
        [fid],
    )?;
    Ok(())
}
