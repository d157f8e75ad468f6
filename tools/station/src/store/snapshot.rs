//! Whole copies, and reading where nothing can be written.

use std::{fs, path::Path};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Store, StoreError, error::Cause, place};

impl Store {
    /// Writes all that the store holds now to a new file, also while another program writes it. The file is plain: nothing of it lies
    /// beside it.
    ///
    /// # Errors
    /// When there is such a file already, or it cannot be written; none is left then.
    pub fn snapshot(&self, out: &Path) -> Result<(), StoreError> {
        self.try_snapshot(out).map_err(|cause| cause.at(out))
    }

    fn try_snapshot(&self, out: &Path) -> Result<(), Cause> {
        if fs::symlink_metadata(out).is_ok() {
            return Err(Cause::Exists);
        }
        let absolute = std::path::absolute(out).map_err(Cause::System)?;
        let folder = absolute.parent().filter(|folder| folder.is_dir());
        let folder = folder.ok_or(Cause::NoFolder)?;
        // Under its name only once it is whole.
        let part = tempfile::Builder::new()
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(Cause::System)?
            .into_temp_path();
        let name = part.to_str().ok_or(Cause::NotUnicode)?;
        self.connection.execute("VACUUM INTO ?1", [name])?;
        part.persist_noclobber(&absolute)
            .map_err(|e| Cause::System(e.error))?;
        scarp_files::sync_folder(folder).map_err(Cause::System)
    }
}

/// Opens a store for reading. Where the folder or the medium cannot be written, SQLite's own files beside it cannot be made: it is
/// read as it stands then, with what a station left in its log.
pub fn open_to_read(file: &Path) -> Result<(Connection, Option<tempfile::TempDir>), Cause> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags);
    let wants_files = match &connection {
        Ok(connection) => probe(connection).is_err_and(|e| is_for_want_of_files(&e)),
        Err(e) => is_for_want_of_files(e),
    };
    // Any other fault is told where its reason is looked for.
    if !wants_files || !file.is_file() {
        return Ok((connection?, None));
    }
    let log = place::log_beside(file);
    if fs::metadata(&log).map_or(true, |log| log.len() == 0) {
        let uri = format!("file:{}?immutable=1", escaped(file));
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri, flags)?;
        return Ok((connection, None));
    }
    let folder = tempfile::tempdir().map_err(Cause::System)?;
    let copy = folder.path().join("store.gpkg");
    fs::copy(file, &copy).map_err(Cause::System)?;
    fs::copy(&log, place::log_beside(&copy)).map_err(Cause::System)?;
    let connection = Connection::open_with_flags(&copy, flags)?;
    Ok((connection, Some(folder)))
}

fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn is_for_want_of_files(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

/// A path within a URI (<https://www.sqlite.org/uri.html>).
fn escaped(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let escape = |byte: &u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            char::from(*byte).to_string()
        }
        other => format!("%{other:02x}"),
    };
    bytes.iter().map(escape).collect()
}
