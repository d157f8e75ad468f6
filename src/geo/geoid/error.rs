//! What keeps a height from being turned into another datum, or a file from being a geoid.

use thiserror::Error;

/// Why a height cannot be turned into another datum.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GeoidError {
    /// There is no grid of EGM2008.
    #[error(
        "EGM2008 is needed and not built in; name a file of it with --geoid, or take EGM96 for it with --geoid-approximate"
    )]
    NoEgm2008,
    /// The grid ends before the place.
    #[error("the geoid {path} does not reach {place}; name one that does with --geoid")]
    Outside {
        /// The file.
        path: String,
        /// Latitude and longitude.
        place: String,
    },
    /// The file of the grid is not one of those read, is damaged, or holds no geoid.
    #[error(
        "geoid {path}: {reason}; give EGM2008 as GeographicLib's .pgm or as PROJ's .tif or .gtx"
    )]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}
