//! What keeps a pixel from being placed.

use thiserror::Error;

use crate::{GeoidError, VerticalDatum, dem::SampleError};

/// Why a pixel cannot be placed, or a place not be seen.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GeoError {
    /// The ground is given relative to take-off, the camera's height is not.
    #[error(
        "no height above take-off in the frame's metadata; give the ground's absolute height or an elevation model"
    )]
    NoHeightAboveTakeoff,
    /// The camera has no absolute height.
    #[error(
        "the ground is over {terrain}, but the frame gives no absolute height; state what its altitude is over, or search over flat ground"
    )]
    NoHeightOver {
        /// Datum of the ground.
        terrain: VerticalDatum,
    },
    /// The camera's height cannot be turned into one over the datum of the ground.
    #[error("the camera's height is over {camera}, the ground over {terrain}: {reason}")]
    NoGeoid {
        /// Datum of the camera's height.
        camera: VerticalDatum,
        /// Datum of the ground.
        terrain: VerticalDatum,
        /// What is missing.
        reason: GeoidError,
    },
    /// A point's height is over another datum than the ground's.
    #[error(
        "the point's height is over {point}, the ground's over {terrain}; convert one of them with a geoid model"
    )]
    DatumMismatch {
        /// Datum of the point.
        point: String,
        /// Datum of the ground.
        terrain: String,
    },
    /// The ray does not come down to the ground within 20 km.
    #[error("the pixel looks at or above the horizon")]
    AboveHorizon,
    /// The camera lies below the ground.
    #[error("the camera lies below the ground; check the altitude's datum and the elevation model")]
    BelowGround,
    /// The ray leaves the elevation model, or crosses a gap in it, before it meets the ground.
    #[error("the elevation model {0} there; give one that covers the whole view")]
    NoTerrain(SampleError),
    /// A point behind the camera has no pixel.
    #[error("the point is behind the camera")]
    BehindCamera,
}

impl From<SampleError> for GeoError {
    fn from(error: SampleError) -> Self {
        Self::NoTerrain(error)
    }
}
