//! What surrounds the firmware on an aircraft's computer.

use std::path::PathBuf;

use serde::Deserialize;

/// The ground station.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// `HOST:PORT`; empty for none.
    pub station: String,
    /// The folder `drone/` that `scarp-station keys` wrote; a relative path is as those of [`Paths`].
    pub keys: PathBuf,
}

/// Where things lie. A relative path of a board file is from that file's folder; one of the built-in board, or of text without a
/// file, from the working directory.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// Folder of the model; empty for a released one, where such are kept.
    pub model: PathBuf,
    /// Elevation model; empty for ground that is flat at the height of take-off.
    pub dem: PathBuf,
    /// Vertical datum of the elevation model where its file does not say: `ellipsoid`, `egm96` or `egm2008`.
    pub dem_datum: String,
    /// Folder for what a flight leaves.
    pub out: PathBuf,
}

/// At which temperatures of the hottest part less is done, degrees Celsius.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thermal {
    /// From here on frames overlap no more than they must.
    pub reduce_c: f64,
    /// From here on ground is left out.
    pub shed_c: f64,
}

/// What may lie on the disk.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Bytes of thumbnails; the oldest goes first.
    pub thumbnails_max_bytes: u64,
    /// Bytes that stay free: thumbnails go before the disk is full.
    pub min_free_bytes: u64,
}
