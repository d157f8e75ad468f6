//! What the aircraft tells the ground, in plain Rust types. How it looks on the wire is in `wire`.

use std::time::SystemTime;

use scarp_inventory::{FrameReport, Landslide};
use uuid::Uuid;

/// One message: what was found, by which survey, sent when.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    id: Uuid,
    survey: Uuid,
    sent: SystemTime,
    body: Body,
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

impl Envelope {
    /// A message of a survey, handed to the link at `sent` by the aircraft's wall clock, which is kept to the microsecond.
    #[must_use]
    pub fn new(survey: Uuid, sent: SystemTime, body: Body) -> Self {
        let name = match &body {
            Body::Survey(_) => "survey".to_owned(),
            Body::Frame(frame) => format!("frame/{}", frame.sequence),
            Body::Landslide(slide) => format!("landslide/{}/{}", slide.id, slide.version),
        };
        Self {
            id: Uuid::new_v5(&survey, name.as_bytes()),
            survey,
            sent,
            body,
        }
    }

    /// The message's identity: a UUID (version 5) of its survey and of what it is about, never of when it was sent.
    /// The same report made again has the same identity and is stored once.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The survey, one flight, to which the message belongs.
    #[must_use]
    pub fn survey(&self) -> Uuid {
        self.survey
    }

    /// When it was handed to the link.
    #[must_use]
    pub fn sent(&self) -> SystemTime {
        self.sent
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }
}

#[cfg(test)]
mod tests;
