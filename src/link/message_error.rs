//! The limits of a message, and what is wrong with one that cannot be sent or understood.

use thiserror::Error;
use uuid::Uuid;

/// Version of the message format. A ground station refuses what is newer than itself, by message, and says so.
pub const FORMAT_VERSION: u32 = 2;
/// Longest encoded message in bytes. The largest outline allowed still fits.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Most vertices of one outline, all rings together.
pub const MAX_VERTICES: usize = 1 << 16;
/// Most rings of one outline: the outer one and its holes.
pub const MAX_RINGS: usize = 4096;
/// Longest distance in metres: half of the equator (π · 6378137 m), than which no two places on Earth lie farther apart. A CE90 of as
/// much says that nothing is known of the place, so none needs to be larger.
pub const MAX_DISTANCE_M: f64 = 20_037_509.0;
/// Largest area in square metres: the surface of the WGS 84 ellipsoid.
pub const MAX_AREA_M2: f64 = 510_065_621_724_089.0;
/// Longest text field in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;

/// A message that cannot be sent or understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageError {
    /// The bytes are not a message.
    #[error("message: not a Scarp message ({0}); check that both ends run Scarp")]
    Malformed(String),
    /// The message is of a later format.
    #[error(
        "message: format version {found}, this program knows up to {FORMAT_VERSION}; update it"
    )]
    Unsupported {
        /// The version found.
        found: u32,
    },
    /// A field that every message needs is missing.
    #[error("message: {0} is missing; update the sender")]
    Missing(&'static str),
    /// A field's value is impossible.
    #[error("message: {field} = {value} is out of range; it must be {range}")]
    Range {
        /// Name of the field.
        field: &'static str,
        /// The value found.
        value: String,
        /// The values allowed.
        range: &'static str,
    },
    /// An outline is not a polygon that can be drawn.
    #[error("message: {field}: {reason}")]
    Outline {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The identity does not follow from what the message says.
    #[error("message: identity {found} does not belong to its content; discard it")]
    Identity {
        /// The identity found.
        found: Uuid,
    },
    /// The message is longer than [`MAX_MESSAGE_BYTES`].
    #[error(
        "message: {bytes} bytes, at most {MAX_MESSAGE_BYTES} can be sent; simplify the outline"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}
