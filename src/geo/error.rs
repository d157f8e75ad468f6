//! What keeps a pixel from being placed.

use thiserror::Error;

use crate::{GeoidError, VerticalDatum, dem::SampleError};

/// Why a pixel cannot be placed, or a place not be seen.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GeoError {
    /// The ground is given relative to take-off, the camera's height is not.
    #[error(
        "no height above take-off in the frame's metadata; give an elevation model (--dem), or state how high photographs were taken (--height-above-takeoff)"
    )]
    NoHeightAboveTakeoff,
    /// The camera has no absolute height.
    #[error(
        "the ground is over {terrain}, but the frame gives no height over a datum that is known; state what it is over (--photo-datum of photographs, altitude_datum of a board's receiver), or where photographs took off (--takeoff), or search over flat ground"
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
    /// The camera's absolute height and that above take-off contradict each other over this ground.
    #[error(
        "the camera is {above_takeoff_m:.1} m above take-off and {height_m:.1} m over the ground's datum, so that it took off at {takeoff_m:.1} m, and the elevation model's ground lies between {lowest_m:.1} and {highest_m:.1} m; correct the altitude or its datum, or give a model that covers the take-off"
    )]
    TakeoffOffTerrain {
        /// Absolute height of the camera, over the ground's datum.
        height_m: f64,
        /// Height of the camera above take-off.
        above_takeoff_m: f64,
        /// Height of take-off, over the ground's datum.
        takeoff_m: f64,
        /// Lowest ground of the model.
        lowest_m: f64,
        /// Highest ground of the model.
        highest_m: f64,
    },
    /// A place of take-off without an elevation model.
    #[error(
        "the ground is flat at the height of take-off, wherever that is; give an elevation model with the place of take-off"
    )]
    NoTakeoffOnFlatGround,
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
    /// The pixel lies where the lens's formula folds back.
    #[error(
        "the pixel lies beyond what the lens is calibrated for; correct the camera's calibration"
    )]
    BeyondLens,
    /// A point behind the camera, or beside all that its lens lets in, has no pixel.
    #[error("the point is behind the camera, or beyond what its lens sees")]
    BehindCamera,
}

impl From<SampleError> for GeoError {
    fn from(error: SampleError) -> Self {
        Self::NoTerrain(error)
    }
}
