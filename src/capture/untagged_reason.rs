//! Why a frame cannot be placed.

use scarp_geo::Wgs84;
use scarp_nav::NoPose;
use thiserror::Error;

/// Why a frame cannot be placed. The frame itself is sound: it is kept and counted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Untagged {
    /// A live frame that the sensors do not place.
    #[error(transparent)]
    NoPose(#[from] NoPose),
    /// No position.
    #[error(
        "no GPS position; switch geotagging on in the camera, or wait for a fix before take-off"
    )]
    NoPosition,
    /// Latitude and longitude are both exactly 0, as cameras write without a fix.
    #[error("GPS position 0, 0, which means no fix; wait for a fix before take-off")]
    NoFix,
    /// The position is not on earth.
    #[error("GPS position {place} is out of range; the metadata are damaged, copy the file again")]
    BadPosition {
        /// As the camera wrote it.
        place: Wgs84,
    },
    /// No height.
    #[error(
        "no altitude; use a camera that writes the height above take-off or above the ellipsoid"
    )]
    NoAltitude,
    /// The only height is EXIF's "above sea level".
    #[error(
        "the altitude is over an unknown datum (EXIF says only \"sea level\"); use a camera that also writes the height above take-off or above the ellipsoid"
    )]
    UnknownDatum,
    /// A height that no aircraft has.
    #[error("an altitude that no aircraft has; the metadata are damaged, copy the file again")]
    BadAltitude,
    /// No attitude of the camera.
    #[error(
        "no gimbal angles; use a camera that writes them, or state that it looks straight down"
    )]
    NoAttitude,
    /// The camera is stated to look straight down, but which way its top points is not known.
    #[error("no heading; a camera that looks straight down needs one, use a camera that writes it")]
    NoHeading,
    /// Nothing tells the field of view.
    #[error(
        "no focal length; use a camera that writes its 35 mm equivalent, or the focal length with the sensor's resolution"
    )]
    NoFocalLength,
    /// The focal length cannot be true.
    #[error("a focal length of {focal_px:.0} pixels cannot be true; correct the camera's metadata")]
    BadFocalLength {
        /// Pixels.
        focal_px: f64,
    },
    /// The principal point is far from the centre.
    #[error(
        "a principal point at pixel {at:.0}, far from the centre of the picture, cannot be true; correct the camera's metadata"
    )]
    BadPrincipalPoint {
        /// Pixels.
        at: f64,
    },
    /// The picture has another shape than when it was taken.
    #[error(
        "the picture was cropped from {recorded_width} x {recorded_height} to {width} x {height} pixels after it was taken; use the original file"
    )]
    Cropped {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        recorded_width: u32,
        /// Pixels.
        recorded_height: u32,
    },
    /// The XMP packet cannot be read.
    #[error("damaged XMP metadata ({reason}); copy the file again from the camera")]
    BadXmp {
        /// What the parser says.
        reason: String,
    },
}
