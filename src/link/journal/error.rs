//! What can be wrong with a journal.

use thiserror::Error;

use crate::message_error::MessageError;

/// A journal that cannot do what was asked.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Another process has the file open.
    #[error("journal {path}: in use by another process; stop it or give another file")]
    Locked {
        /// The file.
        path: String,
    },
    /// The file cannot be read or written; what is in it may well be whole.
    #[error("journal {path}: {reason}; {remedy}", remedy = remedy(*full))]
    Storage {
        /// The file.
        path: String,
        /// What happened, in one line.
        reason: String,
        /// Whether there is no room.
        full: bool,
    },
    /// Something has the name of a file that is made beside the journal with each change; what is in the journal may well be whole.
    #[error("journal {path}: cannot be written while {obstacle} is {what}; move that away")]
    Obstructed {
        /// The file.
        path: String,
        /// What has that name.
        obstacle: String,
        /// What it is.
        what: &'static str,
    },
    /// The file holds something else.
    #[error("journal {path}: is no journal ({reason}); move it away or give another file")]
    Foreign {
        /// The file.
        path: String,
        /// What it is, in one line.
        reason: String,
    },
    /// The messages do not fit. None of them has been taken.
    #[error(
        "journal {path}: full, {used} of {limit} bytes wait for the ground station; restore the link or raise journal.max_bytes"
    )]
    Full {
        /// The file.
        path: String,
        /// Bytes waiting.
        used: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A message cannot be encoded. None of those given with it has been taken.
    #[error(transparent)]
    Message(#[from] MessageError),
}

fn remedy(full: bool) -> &'static str {
    if full {
        "free disk space"
    } else {
        "check the disk and the file's permissions"
    }
}
