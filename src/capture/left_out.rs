//! Photographs that are good, and no new view of the ground in visible light.

use thiserror::Error;

/// Why a good photograph is not searched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LeftOut {
    /// Many photographs in one.
    #[error(
        "a panorama ({tag} is {projection:?}), whose pixels are no rays through one lens; give the photographs it was made of"
    )]
    Panorama {
        /// The tag that says so.
        tag: String,
        /// What it says.
        projection: String,
    },
    /// A picture of heat.
    #[error(
        "a thermal picture ({why}), and the model knows visible light only; the picture of the wide camera beside it is searched"
    )]
    Thermal {
        /// What tells it.
        why: String,
    },
    /// The camera whose lens zooms.
    #[error(
        "a picture of the zoom camera ({tag} is {camera:?}), whose focal length is not told reliably; the picture of the wide camera beside it is searched"
    )]
    Zoom {
        /// The tag that says so.
        tag: String,
        /// What it says.
        camera: String,
    },
    /// A camera with several narrow bands.
    #[error(
        "a picture of one band ({tag} is {band:?}), and the model knows colour pictures only; give those of the colour camera"
    )]
    Band {
        /// The tag that says so.
        tag: String,
        /// What it says.
        band: String,
    },
    /// The same exposure under another name.
    #[error("the same exposure as {other}, which is searched; an exposure counts once")]
    SameExposure {
        /// The photograph that is searched.
        other: String,
    },
}
