//! The store: a GeoPackage that QGIS can have open while drones report.

mod beside;
mod contents;
mod coverage;
mod datetime;
mod error;
mod filter;
pub mod geometry;
mod index;
mod lock;
mod migrate;
mod outline;
mod overview;
mod owner;
mod place;
mod read;
mod repair;
mod rescue;
mod schema;
mod settle;
mod sites;
mod snapshot;
mod standing;
mod version_2;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, ffi};

pub use error::StoreError;
pub use filter::Filter;
use lock::WriteLock;
pub use outline::area_m2;
pub use overview::{Health, SurveyOverview};
pub use place::Moved;
use place::Place;
pub use read::{Flight, Frame, LeftOut, Standing};
pub use repair::Saved;
pub use write::{Applied, MAX_VERSION_STEP};

/// `GPKG` in ASCII, the mark of a GeoPackage.
const APPLICATION_ID: i32 = 0x4750_4B47;
/// Bytes of the shortest database: one page of the smallest size (<https://www.sqlite.org/fileformat.html>).
const SHORTEST: u64 = 512;
/// How long to wait for another program, QGIS for instance, that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the station takes for what can wait when it ends.
const LAST_WORK: Duration = Duration::from_secs(5);

/// A GeoPackage with the layers `landslides` (as they stand), `landslide_points` (their middles) and `footprints` (what was searched), and
/// the tables `surveys`, `history` and `reviews` (what people said). All geometry is in EPSG:4326. What aircraft say and what people say
/// are kept apart, in tables that no map shows.
pub struct Store {
    path: PathBuf,
    connection: Connection,
    place: Place,
    /// Of a store that is only read, none. Dropped after the connection is.
    lock: Option<WriteLock>,
    /// What is read instead of a file beside which nothing can be written.
    _copy: Option<tempfile::TempDir>,
    /// There may be something to do that can wait.
    behind: bool,
    /// SQLite's count of changes to the schema when it was last seen to.
    schema: i64,
}

impl Store {
    /// Opens the store at `path` for writing, or makes it. No other process can until it is closed.
    ///
    /// # Errors
    /// When another has it open for writing, or the file is damaged, is not a store of this program, or cannot be written. It is not changed then.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        look(path).map_err(|e| e.at(path))?;
        beside::refuse_others(path).map_err(|e| e.at(path))?;
        let lock = WriteLock::of(path).map_err(|e| Self::not_opened(path, e))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |file: &Path| Ok((Connection::open_with_flags(file, flags)?, None));
        let mut store = Self::connect(path, open)?;
        // Else what was seen to be damaged together with another's log would be so for good once it is closed.
        store.keep_log(true)?;
        if let Err(e) = store.prepare_to_write() {
            return Err(store.unfit(e));
        }
        store.keep_log(false)?;
        store.lock = Some(lock);
        store.place = Place::of(path, &store.connection).map_err(|e| store.failed(e))?;
        Ok(store)
    }

    /// Opens an existing store for reading, also while another process writes it.
    ///
    /// # Errors
    /// When there is no such file, or it is damaged or not a store of this program.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        // SQLite would say of the first that it cannot be opened, and of the second nothing.
        match look(path) {
            Ok(None) => Err(error::Cause::Missing),
            Ok(Some(0)) => Err(error::Cause::Empty),
            Ok(Some(_)) => Ok(()),
            Err(e) => Err(e),
        }
        .map_err(|e| e.at(path))?;
        let store = Self::connect(path, snapshot::open_to_read)?;
        match store.check() {
            Ok(()) => Ok(store),
            Err(e) => Err(store.unfit(e)),
        }
    }

    /// Whether the write-ahead log stays as it is when the store is closed, rather than become part of the file.
    fn keep_log(&self, keep: bool) -> Result<(), StoreError> {
        let config = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        let set = self.connection.set_db_config(config, keep);
        set.map(drop).map_err(|e| self.failed(e.into()))
    }

    /// The error of a store that was opened and cannot be used.
    fn unfit(self, cause: error::Cause) -> StoreError {
        let (path, error) = (self.path.clone(), self.failed(cause));
        drop(self);
        match beside::foreign_log(&path) {
            Some(log) => error::Cause::ForeignLog(log).at(&path),
            None => error,
        }
    }

    fn connect(
        path: &Path,
        open: impl FnOnce(&Path) -> Result<(Connection, Option<tempfile::TempDir>), error::Cause>,
    ) -> Result<Self, StoreError> {
        // SQLite takes some names without a folder for memory, where nothing would outlast the process.
        let file = std::path::absolute(path).map_err(|_| error::Cause::Missing.at(path))?;
        let connect = || {
            let (connection, copy) = open(&file)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            // The file may come from anyone: nothing in its schema may call out, and page errors are looked for.
            connection.pragma_update(None, "trusted_schema", false)?;
            connection.pragma_update(None, "cell_size_check", true)?;
            // Nor may it write, or keep from writing: the triggers of the store itself are for the edits of other programs.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
            Ok((connection, copy))
        };
        let (connection, copy) = connect().map_err(|e| Self::not_opened(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            _copy: copy,
            place: Place::default(),
            lock: None,
            behind: true,
            schema: 0,
        })
    }

    /// The error of a store at `path` that could not be opened.
    fn not_opened(path: &Path, cause: error::Cause) -> StoreError {
        let file = std::path::absolute(path);
        match file.as_deref().map(Path::parent) {
            Ok(Some(folder)) if !folder.exists() => error::Cause::NoFolder.at(path),
            _ => cause.at(path),
        }
    }

    fn prepare_to_write(&mut self) -> Result<(), error::Cause> {
        let db = &self.connection;
        let is_new = db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })?;
        if is_new {
            // In one transaction: a process killed here leaves an empty file or a whole store.
            db.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT;", schema::whole()))?;
        }
        if migrate::is_due(db)? {
            self.check_file()?;
            migrate::migrate(db)?;
            log::info!("store {}: brought to this version", self.path.display());
        }
        self.check()?;
        // Readers and the writer do not lock each other out in this mode, and a commit is on the disk when it returns.
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // Only a look into it opens the files beside it, from which the next commit would go lost without one.
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        self.see_to_schema()?;
        settle::settle(&self.connection)
    }

    /// Makes spatial indexes anew that another program took away, and tells of triggers that it made: where the schema has changed.
    fn see_to_schema(&mut self) -> Result<(), error::Cause> {
        let db = &self.connection;
        let version = || db.pragma_query_value(None, "schema_version", |row| row.get(0));
        if version()? == self.schema {
            return Ok(());
        }
        index::restore(db)?;
        for (trigger, table) in schema::foreign_triggers(db)? {
            log::warn!(
                "store {}: another program made the trigger {trigger} on {table}; it is not run for what drones report",
                self.path.display()
            );
        }
        self.schema = version()?;
        Ok(())
    }

    /// The error for what has failed in this store: where SQLite knows only that the disk failed, the system knows why.
    fn failed(&self, cause: error::Cause) -> StoreError {
        let error::Cause::Sqlite(error) = &cause else {
            return cause.at(&self.path);
        };
        // SAFETY: the connection is open, and SQLite only reads a number from it.
        let number = unsafe { ffi::sqlite3_system_errno(self.connection.handle()) };
        let of_the_disk = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        if of_the_disk && number != 0 {
            error::Cause::System(io::Error::from_raw_os_error(number)).at(&self.path)
        } else {
            cause.at(&self.path)
        }
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
        match schema::version(db)? {
            Some(version) if version > schema::VERSION => return Err(error::Cause::Later),
            _ if migrate::is_due(db)? => return Err(error::Cause::Earlier),
            _ => {}
        }
        for select in [
            "SELECT table_name, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents",
            "SELECT status FROM landslide_history",
            "SELECT stale, point FROM landslide_records",
            read::LANDSLIDES,
            read::FOOTPRINTS,
            read::SURVEYS,
            "SELECT id FROM messages",
            "SELECT survey, aircraft FROM owners",
        ] {
            db.prepare(select).map_err(error::Cause::not_ours)?;
        }
        Ok(())
    }

    /// Whether `path` names the store's own file.
    #[must_use]
    pub fn lies_at(&self, path: &Path) -> bool {
        let [own, other] = [self.path.as_path(), path].map(fs::canonicalize);
        own.is_ok_and(|own| other.is_ok_and(|other| own == other))
    }

    /// The same store, opened for reading.
    ///
    /// # Errors
    /// As [`open_to_read`](Self::open_to_read).
    pub fn reader(&self) -> Result<Self, StoreError> {
        Self::open_to_read(&self.path)
    }

    /// Closes the store and leaves one plain file that can be copied and opened from a read-only disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(mut self) -> Result<(), StoreError> {
        if let Err(e) = self.catch_up(LAST_WORK) {
            log::debug!("store {}: {e:?}", self.path.display());
        }
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

/// The length of the file at `path`, in bytes; none where there is no file.
///
/// It is not opened: SQLite's locks on a file end when anything in the same process closes it.
fn look(path: &Path) -> Result<Option<u64>, error::Cause> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(error::Cause::Folder),
        Ok(found) if !found.is_file() => Err(error::Cause::NotAFile),
        // SQLite takes some of these for empty and writes over them.
        Ok(found) if (1..SHORTEST).contains(&found.len()) => Err(error::Cause::NotADatabase),
        Ok(found) => Ok(Some(found.len())),
        // Where it is another reason, SQLite will meet it too.
        Err(_) => Ok(None),
    }
}
