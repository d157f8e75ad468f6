//! Why a journal's file cannot be used, in our words.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::error::JournalError;

/// Why a journal's file cannot be used.
#[derive(Debug)]
pub enum Fault {
    /// Another has it open.
    Locked,
    /// It is damaged, or something else; `ours` where it carries the mark of a journal.
    Unreadable {
        /// What is wrong, in one line.
        reason: String,
        /// Whether it carries the mark of a journal.
        ours: bool,
    },
    /// Nothing can be written while this has the name of a file that SQLite makes beside it.
    Obstructed {
        /// Where.
        at: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system or the disk refuses.
    Failed {
        /// What happened, in one line.
        reason: String,
        /// Whether there is no room.
        full: bool,
    },
}

impl Fault {
    /// What an error of SQLite says of the file. One that comes while a journal is in use is of a journal.
    pub fn of(error: rusqlite::Error) -> Self {
        log::debug!("journal: {error}");
        let unreadable = |reason: &str, ours| Self::Unreadable {
            reason: reason.to_owned(),
            ours,
        };
        let failed = |reason: &str| Self::Failed {
            reason: reason.to_owned(),
            full: false,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::NotADatabase) => unreadable("not a database", false),
            Some(ErrorCode::DatabaseCorrupt) => unreadable("damaged on the disk", true),
            // A schema or a row other than expected is damage too: only journals come this far.
            Some(ErrorCode::Unknown | ErrorCode::TypeMismatch) | None => {
                unreadable("its table is other than a journal's", true)
            }
            Some(ErrorCode::DiskFull) => Self::Failed {
                reason: "no space left on the disk".to_owned(),
                full: true,
            },
            Some(ErrorCode::ReadOnly) => failed("cannot be written"),
            Some(ErrorCode::CannotOpen) => failed("it or its folder cannot be opened for writing"),
            Some(ErrorCode::PermissionDenied) => failed("permission denied"),
            Some(ErrorCode::SystemIoFailure) => failed("the disk fails to read or write it"),
            Some(ErrorCode::OutOfMemory) => failed("no memory left"),
            Some(_) => failed(&error.to_string().replace('\n', " ")),
        }
    }

    /// That of something else than a journal.
    pub fn other(reason: &str) -> Self {
        Self::Unreadable {
            reason: reason.to_owned(),
            ours: false,
        }
    }

    /// Whether the file may well be whole and only the disk, or what lies on it, does not let it be used.
    pub fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Obstructed { .. })
    }

    /// The error for the journal at `path`.
    pub fn at(self, path: &Path) -> JournalError {
        let path = path.display().to_string();
        match self {
            Self::Locked => JournalError::Locked { path },
            Self::Unreadable { reason, .. } => JournalError::Foreign { path, reason },
            Self::Obstructed { at, what } => JournalError::Obstructed {
                path,
                obstacle: at.display().to_string(),
                what,
            },
            Self::Failed { reason, full } => JournalError::Storage { path, reason, full },
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Failed {
            full: matches!(
                error.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
            ),
            reason: error.to_string(),
        }
    }
}
