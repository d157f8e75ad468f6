//! Why an image or label cannot be used.

use std::path::PathBuf;

use thiserror::Error;

/// An image or label that cannot be used. Each message is one line: which file, what, what to do.
#[derive(Debug, Error)]
pub enum RasterError {
    /// The file cannot be opened.
    #[error("{path}: {reason}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is damaged or in a form that is not understood.
    #[error("{path}: cannot be decoded ({reason}); fetch or write the file again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// The number of bands or bits is not that of an image or label.
    #[error("{path}: has {found}, needs {needed}; convert it, for instance with gdal_translate")]
    Bands {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What it should hold.
        needed: &'static str,
    },
    /// The declared size is empty or beyond reason.
    #[error(
        "{path}: declares {width}x{height} pixels; up to 1.6 gigapixels can be read, cut it into scenes"
    )]
    Size {
        /// The file.
        path: PathBuf,
        /// Columns declared.
        width: u32,
        /// Rows declared.
        height: u32,
    },
    /// The image cannot be brought to another scale.
    #[error("image cannot be brought to scale {scale}: {reason}; give another --scale")]
    Scale {
        /// The scale asked for.
        scale: f64,
        /// What the resizer says.
        reason: String,
    },
    /// A strip or tile of the file is too large to be held.
    #[error(
        "{path}: is stored in pieces of {megabytes} MB; rewrite it tiled, for instance with gdal_translate -co TILED=YES"
    )]
    Chunk {
        /// The file.
        path: PathBuf,
        /// Decoded size of one piece.
        megabytes: u64,
    },
}
