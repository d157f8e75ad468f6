//! What keeps a model from being prepared.

use std::path::PathBuf;

use scarp_geo::{Dem, DemError, GeoidError};
use thiserror::Error;

use super::AreaError;

/// A model that cannot be prepared. Each message is one line: which, what, what to do.
#[derive(Debug, Error)]
pub enum TerrainError {
    /// The area cannot be used.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// An elevation model cannot be used.
    #[error(transparent)]
    Dem(#[from] DemError),
    /// No elevation model reaches into the area.
    #[error(
        "{area}: none of the elevation models has a height in it; they lie at {files}; name those of the area with --from"
    )]
    NothingThere {
        /// The area's bounds.
        area: String,
        /// Those of the files.
        files: String,
    },
    /// The area has more cells than are read again.
    #[error(
        "{columns} x {rows} cells of {cell_m} m are more than an aircraft's model holds, {} cells and 1000 km along a side; give a smaller area or margin, or larger cells with --cell",
        Dem::MAX_CELLS
    )]
    TooLarge {
        /// Columns needed.
        columns: u64,
        /// Rows needed.
        rows: u64,
        /// Their side.
        cell_m: f64,
    },
    /// Heights over EGM2008 are to be turned, and there is no grid of it.
    #[error(
        "heights over {from} become such over {to} by a grid of EGM2008, which is not built in; name it with --geoid: egm2008-2_5.pgm (Debian: apt install geographiclib-tools, then geographiclib-get-geoids egm2008-2_5; else https://geographiclib.sourceforge.io/C++/doc/geoid.html) or https://cdn.proj.org/us_nga_egm08_25.tif; or keep the heights as they are with --datum egm2008, and name the grid in flight"
    )]
    NoGeoid {
        /// Datum of the elevation models.
        from: String,
        /// Datum asked for.
        to: String,
    },
    /// The geoid's grid ends before the area does, or is damaged.
    #[error(transparent)]
    Geoid(GeoidError),
    /// A file that could be read cannot be read again.
    #[error("an elevation model cannot be read any more; keep its files in place and try again")]
    Unreadable,
    /// The model cannot be written.
    #[error("{path}: {reason}; free space or choose another place with --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
}
