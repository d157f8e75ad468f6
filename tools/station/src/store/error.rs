//! What can be wrong with the store, and what to do about it.

use std::path::Path;

use rusqlite::ErrorCode;
use thiserror::Error;

/// A store that cannot be used.
#[derive(Debug, Error)]
#[error("store {path}: {reason}; {remedy}")]
pub struct StoreError {
    /// The file.
    path: String,
    /// What is wrong, in one line.
    reason: String,
    /// What to do.
    remedy: &'static str,
}

/// A fault of a store whose path is not named yet.
#[derive(Debug)]
pub enum Cause {
    /// There is no file.
    Missing,
    /// It is a folder.
    Folder,
    /// It is a file without content.
    Empty,
    /// It is a database, but no GeoPackage.
    NotAGeoPackage,
    /// It is a GeoPackage, but not one of ours.
    NotOurs(String),
    /// It is of an earlier version, and was opened only to be read.
    Earlier,
    /// Its content is damaged.
    Damaged(String),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl Cause {
    /// A table of ours is missing or other than expected, unless the file itself is at fault.
    pub fn not_ours(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::Unknown) => Self::NotOurs(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }

    /// The error for the store at `path`.
    pub fn at(self, path: &Path) -> StoreError {
        let (reason, remedy) = match self {
            Self::Missing => (
                "there is no such file".to_owned(),
                "give the one that `scarp-station serve` stores in with --store",
            ),
            Self::Folder => ("is a folder".to_owned(), "give a file with --store"),
            Self::Empty => (
                "is empty".to_owned(),
                "start `scarp-station serve` on it, or give another file with --store",
            ),
            Self::NotAGeoPackage => (
                "is a database but no GeoPackage".to_owned(),
                "give another file with --store",
            ),
            Self::NotOurs(why) => (
                format!("is a GeoPackage, but not made by this version of scarp-station ({why})"),
                "give another file with --store",
            ),
            Self::Earlier => (
                "was made by an earlier version".to_owned(),
                "start `scarp-station serve` on it once, which brings it to this one",
            ),
            Self::Damaged(what) => (
                format!("is damaged ({what})"),
                "move it away, start with a new file and recover it with `sqlite3 FILE .recover`",
            ),
            Self::Sqlite(e) => (e.to_string(), remedy(&e)),
        };
        StoreError {
            path: path.display().to_string(),
            reason: reason.replace('\n', " "),
            remedy,
        }
    }
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

fn remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no GeoPackage; give another file with --store",
        Some(ErrorCode::DiskFull) => {
            "free disk space; drones keep what is not stored and send it again"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program is writing it; end the edit there"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "check that its folder exists and can be written"
        }
        _ => "check the disk",
    }
}
