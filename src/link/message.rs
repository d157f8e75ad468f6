//! What the aircraft tells the ground, in plain Rust types. How it looks on the wire is in `wire`.

use std::time::SystemTime;

use geo::Polygon;
use thiserror::Error;
use uuid::Uuid;

use super::wire;
use crate::inventory::Landslide;

/// Version of the message format. A ground station refuses what is newer than itself, by message, and says so.
pub const FORMAT_VERSION: u32 = 1;
/// Longest encoded message in bytes. The largest outline allowed still fits.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Most vertices of one outline, all rings together.
pub const MAX_VERTICES: usize = 1 << 16;
/// Most rings of one outline: the outer one and its holes.
pub const MAX_RINGS: usize = 4096;
/// Longest text field in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;

/// One message: what was found, by which survey, sent when.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The survey, one flight, to which the message belongs.
    pub survey: Uuid,
    /// When it was handed to the link, by the aircraft's wall clock; kept to the microsecond.
    pub sent: SystemTime,
    /// The message.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A survey has begun. Sent once, first.
    Survey(Survey),
    /// A frame was searched, or could not be placed.
    Frame(FrameReport),
    /// A landslide is new, has changed or is withdrawn.
    Landslide(Landslide),
}

/// What identifies a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// When the survey began, by the aircraft's wall clock.
    pub start: SystemTime,
    /// Name and version of the firmware.
    pub software: String,
    /// Name of the model.
    pub model_name: String,
    /// Version of the model.
    pub model_version: String,
}

/// One frame: the coverage record from which operators see what was searched and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameReport {
    /// Number of the frame in its survey, from its source.
    pub sequence: u64,
    /// Name of the frame, for instance its file name.
    pub name: String,
    /// Time of exposure, if known.
    pub time: Option<SystemTime>,
    /// Where the frame lies and how fine it is, or in one line why it could not be placed.
    pub placement: Result<Placement, String>,
}

/// Where a frame lies on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Outline on the ground, x = longitude and y = latitude in degrees (WGS84); kept to 1e-8 degrees.
    pub footprint: Polygon<f64>,
    /// Ground sampling distance at the principal point in metres.
    pub gsd_m: f64,
}

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

impl Envelope {
    /// The message's identity: a UUID (version 5) of its survey and of what it is about, never of when it was sent.
    /// The same report made again has the same identity and is stored once.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let name = match &self.body {
            Body::Survey(_) => "survey".to_owned(),
            Body::Frame(frame) => format!("frame/{}", frame.sequence),
            Body::Landslide(slide) => format!("landslide/{}/{}", slide.id, slide.version),
        };
        Uuid::new_v5(&self.survey, name.as_bytes())
    }

    /// The message as bytes, at most [`MAX_MESSAGE_BYTES`], in the protobuf encoding.
    ///
    /// # Errors
    /// When a field is out of range, an outline is not a polygon or has too many vertices, or a text is too long.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        wire::encode(self)
    }

    /// Reads a message. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// When the bytes are not a message of a format this program knows, or a field is out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes)
    }
}

/// The identity of a message that may be of a later format, so that it can be refused by name.
#[must_use]
pub fn peek_id(bytes: &[u8]) -> Option<Uuid> {
    wire::peek_id(bytes)
}

#[cfg(test)]
mod tests;
