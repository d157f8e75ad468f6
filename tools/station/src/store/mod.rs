//! The store: a GeoPackage that QGIS can have open while drones report.

mod contents;
mod error;
pub mod geometry;
mod migrate;
mod write;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use geo::Polygon;
use rusqlite::{Connection, OpenFlags, Row};

pub use error::StoreError;
pub use write::Applied;

const SCHEMA: &str = include_str!("schema.sql");
/// `GPKG` in ASCII, the mark of a GeoPackage.
const APPLICATION_ID: i32 = 0x4750_4B47;
/// How long to wait for another program, QGIS for instance, that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A GeoPackage with the layers `landslides` (as they stand), `landslide_history` (every version reported) and
/// `footprints` (what was searched), and the tables `surveys` and `messages`. All geometry is in EPSG:4326.
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

/// A landslide as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLandslide {
    /// UUID of the survey.
    pub survey: String,
    /// UUID of the landslide.
    pub id: String,
    /// Version that stands.
    pub version: u32,
    /// Outline, x = longitude and y = latitude in degrees.
    pub outline: Polygon<f64>,
    /// Area in square metres.
    pub area_m2: f64,
    /// Landslide probability, 0 to 1.
    pub confidence: f64,
    /// CE90 in metres.
    pub ce90_m: f64,
    /// Frames that saw it.
    pub observations: u32,
    /// First exposure that showed it, RFC 3339, UTC.
    pub first_seen: String,
    /// Last exposure that showed it, RFC 3339, UTC.
    pub last_seen: String,
}

impl Store {
    /// Opens the store at `path` for writing, or makes it.
    ///
    /// # Errors
    /// When the file is damaged, is not a store of this program, or cannot be written. It is not changed then.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let store = Self::connect(path, flags)?;
        store.prepare_to_write().map_err(|e| e.at(path))?;
        Ok(store)
    }

    /// Opens an existing store for reading, also while another process writes it.
    ///
    /// # Errors
    /// When there is no such file, or it is damaged or not a store of this program.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let store = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        store.check().map_err(|e| e.at(path))?;
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let connect = || {
            let connection =
                Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            // The file may come from anyone: nothing in its schema may call out, and page errors are looked for.
            connection.pragma_update(None, "trusted_schema", false)?;
            connection.pragma_update(None, "cell_size_check", true)?;
            Ok(connection)
        };
        Ok(Self {
            path: path.to_owned(),
            connection: connect().map_err(|e: error::Cause| e.at(path))?,
        })
    }

    fn prepare_to_write(&self) -> Result<(), error::Cause> {
        let db = &self.connection;
        let is_new = db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })?;
        if is_new {
            // In one transaction: a process killed here leaves an empty file or a whole store.
            db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
        }
        if migrate::is_due(db)? {
            self.check_file()?;
            migrate::migrate(db)?;
            log::info!(
                "store {}: brought to the names of this version",
                self.path.display()
            );
        }
        self.check()?;
        // Readers and the writer do not lock each other out in this mode, and a commit is on the disk when it returns.
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        Ok(())
    }

    /// Is it a GeoPackage, and whole?
    fn check_file(&self) -> Result<(), error::Cause> {
        let db = &self.connection;
        let application: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if application != APPLICATION_ID {
            return Err(error::Cause::NotAGeoPackage);
        }
        let verdict: String = db.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if verdict != "ok" {
            return Err(error::Cause::Damaged(verdict));
        }
        Ok(())
    }

    /// Is it ours, and whole?
    fn check(&self) -> Result<(), error::Cause> {
        self.check_file()?;
        let db = &self.connection;
        if migrate::is_due(db)? {
            return Err(error::Cause::Earlier);
        }
        for select in [
            "SELECT table_name, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents",
            "SELECT geom, survey, id, version, area_m2, confidence, ce90_m, observations, first_seen, last_seen FROM landslides",
            "SELECT status FROM landslide_history",
            "SELECT untagged FROM footprints",
            "SELECT id FROM messages",
        ] {
            db.prepare(select).map_err(error::Cause::not_ours)?;
        }
        Ok(())
    }

    /// The landslides as they stand, in the order of their first report.
    ///
    /// # Errors
    /// When the file cannot be read, or holds a geometry that is no polygon.
    pub fn landslides(&self) -> Result<Vec<StoredLandslide>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT survey, id, version, geom, area_m2, confidence, ce90_m, observations, first_seen, last_seen
                 FROM landslides ORDER BY fid",
            )?;
            let rows = statement.query_map([], read_landslide)?;
            let mut landslides = Vec::new();
            for row in rows {
                let (blob, landslide) = row?;
                let outline = geometry::decode(&blob).map_err(|e| {
                    error::Cause::Damaged(format!("landslide {}: {e}", landslide.id))
                })?;
                landslides.push(StoredLandslide {
                    outline,
                    ..landslide
                });
            }
            Ok(landslides)
        };
        read().map_err(|e: error::Cause| e.at(&self.path))
    }

    /// Closes the store and leaves one plain file that can be copied and opened from a read-only disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(self) -> Result<(), StoreError> {
        // Fails while another program has it open; the file is then as good, but has its -wal beside it.
        if let Err(e) = self
            .connection
            .pragma_update(None, "journal_mode", "DELETE")
        {
            log::debug!("store {}: stays in WAL mode: {e}", self.path.display());
        }
        self.connection
            .close()
            .map_err(|(_, e)| error::Cause::from(e).at(&self.path))
    }
}

/// The landslide without its outline, and the blob that holds it.
fn read_landslide(row: &Row<'_>) -> rusqlite::Result<(Vec<u8>, StoredLandslide)> {
    Ok((
        row.get(3)?,
        StoredLandslide {
            survey: row.get(0)?,
            id: row.get(1)?,
            version: row.get(2)?,
            outline: Polygon::empty(),
            area_m2: row.get(4)?,
            confidence: row.get(5)?,
            ce90_m: row.get(6)?,
            observations: row.get(7)?,
            first_seen: row.get(8)?,
            last_seen: row.get(9)?,
        },
    ))
}
