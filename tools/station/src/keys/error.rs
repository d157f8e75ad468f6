//! What can go wrong with keys, and what to do about it.

use std::{io, path::Path};

use thiserror::Error;

/// Keys that could not be made, renewed or revoked.
#[derive(Debug, Error)]
pub enum KeysError {
    /// There are keys already.
    #[error("keys {path}: exists already and is never overwritten; {remedy}")]
    Exists {
        /// The folder found.
        path: String,
        /// What to do.
        remedy: &'static str,
    },
    /// There is no authority.
    #[error(
        "keys {path}: no authority lies there; `scarp-station keys init` makes one, or give its folder with --authority"
    )]
    NoAuthority {
        /// The folder.
        path: String,
    },
    /// A file cannot be read.
    #[error("keys {path}: {reason}; check the folder and who may read it")]
    Read {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// A file cannot be written.
    #[error("keys {path}: {reason}; give a folder that can be written")]
    Write {
        /// The file or folder.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// A file is not what this program wrote.
    #[error("keys {path}: is damaged ({reason}); bring it back from a copy of its folder")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing keeps other commands from changing the keys meanwhile.
    #[error(
        "keys {path}: cannot be locked ({reason}); move its folder to a disk that knows file locks"
    )]
    Lock {
        /// The authority's certificate, which is locked.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// Another command is changing the keys.
    #[error("keys {path}: another `scarp-station keys` is at work there; wait until it has ended")]
    Busy {
        /// The authority's folder.
        path: String,
    },
    /// The passphrase does not open the authority's private key.
    #[error("keys {path}: the passphrase does not open this private key; try again")]
    Passphrase {
        /// The key.
        path: String,
    },
    /// A passphrase that is guessed too easily.
    #[error("passphrase: has {found} characters; take at least {least}, for instance five words")]
    Short {
        /// Its characters.
        found: usize,
        /// The fewest.
        least: usize,
    },
    /// Others can read the passphrase.
    #[error("passphrase file {path}: others can read it; run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: String,
    },
    /// The passphrase cannot be read from its file.
    #[error(
        "passphrase file {path}: {reason}; write the passphrase into a file for you alone, or leave --passphrase-file out to be asked"
    )]
    PassphraseFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that cannot be an aircraft's.
    #[error(
        "name {name:?}: give 1 to 64 letters from a to z, digits, - and _, and begin with a letter or digit"
    )]
    Name {
        /// The name given.
        name: String,
    },
    /// A name that Windows gives no folder.
    #[error(
        "keys: {name} is the name of a device on Windows, where its folder could not be copied; take another name"
    )]
    Device {
        /// The name given.
        name: String,
    },
    /// The clock is wrong: certificates would be valid at other times than people think.
    #[error(
        "keys: this computer's clock shows {now}, and the authority was made on {began}; set the clock"
    )]
    Clock {
        /// The day that the clock shows.
        now: String,
        /// The day on which the authority was made.
        began: String,
    },
    /// Somebody has this name already.
    #[error(
        "keys: {name} is enrolled already; `scarp-station keys renew {name}` gives it a new certificate"
    )]
    Known {
        /// The name.
        name: String,
    },
    /// Somebody's name differs from this one in upper and lower case only.
    #[error(
        "keys: {name} and {other} differ in upper and lower case only, which many disks and people take for the same; take another name"
    )]
    Alike {
        /// The name given.
        name: String,
        /// The name that is taken.
        other: String,
    },
    /// Nobody has this name.
    #[error("keys: {name} is not enrolled; `scarp-station keys list` shows who is")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The list of revoked certificates has grown too long to be sent.
    #[error(
        "keys: the list of revoked certificates would have {bytes} bytes, more than the {limit} that are sent to aircraft; make a new authority with `scarp-station keys init` in another folder"
    )]
    ListFull {
        /// What it would have.
        bytes: usize,
        /// What it may have.
        limit: usize,
    },
    /// The cryptography failed.
    #[error("keys: cannot be made ({0}); please report this")]
    Crypto(String),
}

impl KeysError {
    /// The file cannot be read.
    pub(super) fn read(path: &Path, reason: io::Error) -> Self {
        let path = path.display().to_string();
        Self::Read { path, reason }
    }

    /// The file or folder cannot be written.
    pub(super) fn write(path: &Path, reason: io::Error) -> Self {
        let path = path.display().to_string();
        Self::Write { path, reason }
    }

    /// The file is not what this program wrote.
    pub(super) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Self::Damaged {
            path: path.display().to_string(),
            reason: reason.to_string().replace('\n', " "),
        }
    }
}

impl From<rcgen::Error> for KeysError {
    fn from(reason: rcgen::Error) -> Self {
        Self::Crypto(reason.to_string())
    }
}
