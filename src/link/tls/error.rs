//! What can be wrong with keys, and what to do about it.

use std::io;

use thiserror::Error;

/// Keys that cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is missing or not what it should be.
    #[error(
        "keys {path}: {reason}; give this end's folder as `scarp-station keys` wrote it: station/ on the ground, aircraft/NAME/ aboard"
    )]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system does not let this user read a file.
    #[error("keys {path}: {reason}; make it readable for the user that runs this program")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The private key can be read by others.
    #[error("keys {path}: others can read this private key; run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: String,
    },
    /// The aircraft was given the ground station's keys.
    #[error(
        "keys {folder}: are the ground station's; give the folder aircraft/NAME/ that `scarp-station keys` wrote"
    )]
    Station {
        /// The folder.
        folder: String,
    },
    /// The ground station was given an aircraft's keys.
    #[error(
        "keys {folder}: are an aircraft's; give the folder station/ that `scarp-station keys` wrote"
    )]
    Aircraft {
        /// The folder.
        folder: String,
    },
    /// This end's own certificate is revoked.
    #[error(
        "keys {folder}: are revoked; `scarp-station keys renew {name}` makes new ones, which take their place"
    )]
    Revoked {
        /// The folder.
        folder: String,
        /// Whom the certificate names.
        name: String,
    },
    /// The files do not belong together.
    #[error(
        "keys {folder}: {reason}; copy the whole folder again from where `scarp-station keys` wrote it"
    )]
    Mismatch {
        /// The folder.
        folder: String,
        /// What does not fit.
        reason: String,
    },
}
