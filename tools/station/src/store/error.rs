//! What can be wrong with the store, and what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;
use scarp_link::plain;
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

impl StoreError {
    /// What is wrong, in one line, without the file and what to do.
    pub(super) fn into_reason(self) -> String {
        self.reason
    }
}

/// A fault of a store whose path is not named yet.
#[derive(Debug)]
pub enum Cause {
    /// There is no file.
    Missing,
    /// The folder that it should be in does not exist.
    NoFolder,
    /// It is a folder.
    Folder,
    /// It is a device, a pipe or the like.
    NotAFile,
    /// It is no database.
    NotADatabase,
    /// It is a file without content.
    Empty,
    /// There is a file already, where a new one is to be.
    Exists,
    /// Its name is not in UTF-8, which SQLite wants of a copy.
    NotUnicode,
    /// It is a database, but no GeoPackage.
    NotAGeoPackage,
    /// It is a GeoPackage, but not one of ours.
    NotOurs(String),
    /// It is of an earlier version, and was opened only to be read.
    Earlier,
    /// Another process writes it.
    InUse,
    /// Nothing keeps other processes from writing it meanwhile: the file by which, and why.
    Unlockable(PathBuf, io::Error),
    /// Something has the name of a file that SQLite keeps beside it: where, and what it is.
    Obstructed(PathBuf, &'static str),
    /// The write-ahead log beside it is of another file: where.
    ForeignLog(PathBuf),
    /// It is of a later version.
    Later,
    /// Its content is damaged.
    Damaged(String),
    /// The system refuses to read or write it.
    System(io::Error),
    /// Its files were taken away while it was in use: what happened, and what became of what it held.
    Lost(String, Kept),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

/// What became of what a store held whose files were taken away.
#[derive(Debug)]
pub enum Kept {
    /// All of it is in the file at the store's path.
    InPlace,
    /// All of it is in this file.
    Saved(String),
    /// It could not be saved, and why.
    Not(String),
}

impl Cause {
    /// A table of ours is missing or other than expected, unless the file itself is at fault.
    pub fn not_ours(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::Unknown) => Self::NotOurs(error.to_string()),
            _ => error.into(),
        }
    }

    /// The error for the store at `path`.
    pub fn at(self, path: &Path) -> StoreError {
        let (reason, remedy) = match self {
            Self::Missing => (
                "there is no such file".to_owned(),
                "give the one that `scarp-station serve` stores in with --store",
            ),
            Self::NoFolder => (
                "its folder does not exist".to_owned(),
                "make the folder, or give another file with --store",
            ),
            Self::Folder => ("is a folder".to_owned(), "give a file with --store"),
            Self::NotAFile => (
                "is a device or a pipe".to_owned(),
                "give a file with --store",
            ),
            Self::NotADatabase => (
                "is not a database, and so no GeoPackage".to_owned(),
                "give another file with --store",
            ),
            Self::Exists => (
                "is there already".to_owned(),
                "give a new file, or delete this one",
            ),
            Self::NotUnicode => (
                "has a name that is not in UTF-8".to_owned(),
                "give another name",
            ),
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
            Self::InUse => (
                "another `scarp-station serve` stores in it".to_owned(),
                "end that one first, or give another file with --store",
            ),
            Self::Unlockable(lock, e) => (
                format!(
                    "{}, which keeps others from writing it meanwhile, cannot be made or locked ({e})",
                    lock.display()
                ),
                "check that the folder can be written, and lies on a disk that knows file locks",
            ),
            Self::Obstructed(at, what) => (
                format!(
                    "{} {what}, and in the way of one that is kept there",
                    at.display()
                ),
                "move that away",
            ),
            Self::ForeignLog(at) => (
                format!(
                    "is whole, and damaged together with {}, which must be of another file that lay here before",
                    at.display()
                ),
                "move that away, best to where its own store is",
            ),
            Self::Later => (
                "was made by a later version of scarp-station".to_owned(),
                "use that version",
            ),
            Self::Damaged(what) => (
                format!("is damaged ({what})"),
                "save what is whole of it with `scarp-station repair`, and go on with that",
            ),
            Self::System(e) => of_the_system(&e),
            Self::Lost(what, kept) => lost(&what, &kept),
            Self::Sqlite(e) if e.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                of_the_system(&io::ErrorKind::StorageFull.into())
            }
            Self::Sqlite(e) => (e.to_string(), remedy(&e)),
        };
        StoreError {
            path: path.display().to_string(),
            reason: plain(&reason),
            remedy,
        }
    }
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            _ => Self::Sqlite(error),
        }
    }
}

fn of_the_system(error: &io::Error) -> (String, &'static str) {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull => (
            "the disk is full".to_owned(),
            "free disk space; drones keep what is not stored and send it again",
        ),
        QuotaExceeded => (
            "this user's share of the disk is full".to_owned(),
            "free disk space; drones keep what is not stored and send it again",
        ),
        FileTooLarge => (
            "has grown to the longest file that the system allows".to_owned(),
            "give a new file on another disk with --store; drones keep what is not stored and send it again",
        ),
        _ => (error.to_string(), "check the disk"),
    }
}

fn lost(what: &str, kept: &Kept) -> (String, &'static str) {
    match kept {
        Kept::InPlace => (
            format!("{what} while it was in use; all that was confirmed is in the store itself"),
            "start `scarp-station serve` on it again, drones send the rest",
        ),
        Kept::Saved(file) => (
            format!("{what} while it was in use; all that was confirmed is saved in {file}"),
            "start `scarp-station serve` on that file, drones send the rest",
        ),
        Kept::Not(reason) => (
            format!("{what} while it was in use; what it held cannot be saved ({reason})"),
            "look for the file and start `scarp-station serve` on it, drones send the rest",
        ),
    }
}

fn remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program is writing it; end the edit there"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "check that its folder exists and can be written"
        }
        _ => "check the disk",
    }
}
