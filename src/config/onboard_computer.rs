//! What surrounds the firmware on an aircraft's computer.

use std::path::PathBuf;

use garde::Validate;
use scarp_geo::{HeightUnit, VerticalDatum};
use serde::Deserialize;

use super::{
    limits::{named, up_to, within},
    optional::optional,
};

/// Highest temperature that may be set, degrees Celsius.
const MOST_C: f64 = 150.0;

/// The ground station.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// `HOST:PORT`; empty for none.
    #[garde(skip)]
    pub station: String,
    /// The folder `aircraft/NAME/` that `scarp-station keys enrol` made; a relative path is as those of [`Paths`].
    #[garde(skip)]
    pub keys: PathBuf,
}

/// Where things lie. A relative path of a board file is from that file's folder; one of the built-in board, or of text without a
/// file, from the working directory.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// Folder of the model; empty for a released one, where such are kept.
    #[garde(skip)]
    pub model: PathBuf,
    /// Elevation model, or a folder of its tiles; empty for ground that is flat at the height of take-off.
    #[garde(skip)]
    pub dem: PathBuf,
    /// Vertical datum of the elevation model where its file does not say: `ellipsoid`, `egm96` or `egm2008`.
    #[garde(skip)]
    #[serde(deserialize_with = "optional")]
    pub dem_datum: Option<VerticalDatum>,
    /// Unit of its heights where its file does not say: `metre`, `foot` or `us-survey-foot`.
    #[garde(skip)]
    #[serde(deserialize_with = "optional")]
    pub dem_unit: Option<HeightUnit>,
    /// Whether these two hold even where the file says otherwise.
    #[garde(skip)]
    pub dem_override: bool,
    /// EGM2008, where cameras and elevation model have different datums and one of them is it; empty for none.
    #[garde(skip)]
    pub geoid: PathBuf,
    /// Whether EGM96 is taken for it where it is not named.
    #[garde(skip)]
    pub geoid_approximate: bool,
    /// Folder for what a flight leaves.
    #[garde(custom(|path: &PathBuf, ctx: &()| named(path, ctx)))]
    pub out: PathBuf,
}

/// At which temperatures of the hottest part less is done, degrees Celsius.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Thermal {
    /// From here on ground is left out.
    #[garde(custom(within(0.0, MOST_C)))]
    pub shed_c: f64,
    /// From here on frames overlap no more than they must.
    #[garde(custom(up_to(self.shed_c, "thermal.shed_c", MOST_C)))]
    pub reduce_c: f64,
}

/// What may lie on the disk.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Bytes of thumbnails; the oldest goes first.
    #[garde(skip)]
    pub thumbnails_max_bytes: u64,
    /// Bytes that stay free: thumbnails go before the disk is full.
    #[garde(skip)]
    pub min_free_bytes: u64,
}
