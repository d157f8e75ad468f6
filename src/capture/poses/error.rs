//! Pose files that cannot be used.

use thiserror::Error;

/// A pose file that cannot be used.
#[derive(Debug, Error)]
pub enum PosesError {
    /// The file cannot be read.
    #[error("pose file {path}: {reason}; give a readable file with --poses")]
    Read {
        /// The file as the user named it.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is none of those that are read.
    #[error(
        "pose file {path}: {reason}; src/README.md has the columns of a table, OpenDroneMap's geo.txt and DJI's .MRK are read as they are"
    )]
    Format {
        /// The file as the user named it.
        path: String,
        /// What is wrong, in one line.
        reason: String,
    },
}
