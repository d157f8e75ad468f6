//! What the aircraft tells the ground, in plain Rust types. How it looks on the wire is in `wire`.

use std::fmt;

use scarp_inventory::{FrameReport, Landslide, Run};
use uuid::Uuid;

use super::bounds;

/// One message: what was found, and in which run.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    id: Uuid,
    run: Run,
    body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A run over a survey has begun. Sent once, first.
    Survey(Survey),
    /// A frame was searched, or could not be placed.
    Frame(FrameReport),
    /// A landslide is new, has changed or is withdrawn.
    Landslide(Landslide),
}

/// What a survey is flown with in one run. When that was the frames tell: the aircraft's wall clock may be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Name and version of the firmware.
    pub software: String,
    /// Name of the model.
    pub model_name: String,
    /// Version of the model.
    pub model_version: String,
}

impl Body {
    fn bounded(self) -> Self {
        match self {
            Self::Survey(survey) => Self::Survey(Survey {
                software: bounds::text(survey.software),
                model_name: bounds::text(survey.model_name),
                model_version: bounds::text(survey.model_version),
            }),
            Self::Frame(report) => Self::Frame(bounds::frame(report)),
            Self::Landslide(slide) => Self::Landslide(bounds::landslide(slide)),
        }
    }
}

impl fmt::Display for Body {
    /// What it is about, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Survey(_) => write!(f, "its beginning"),
            Self::Frame(frame) => write!(f, "frame {}", frame.sequence),
            Self::Landslide(slide) => write!(f, "landslide {} version {}", slide.id, slide.version),
        }
    }
}

impl Envelope {
    /// A message of a run. What is too large for a message is brought within its limits: a text is cut, an outline simplified, a CE90 is
    /// at most half of the equator, and a time outside the calendar is unknown.
    #[must_use]
    pub fn new(run: Run, body: Body) -> Self {
        Self::of(run, body.bounded())
    }

    /// A message that says just this.
    pub(crate) fn of(run: Run, body: Body) -> Self {
        let of_run = |kind: &str| {
            if run.is_unnamed() {
                kind.to_owned()
            } else {
                format!("{kind}/{}", run.id)
            }
        };
        let name = match &body {
            Body::Survey(_) => of_run("survey"),
            Body::Frame(frame) => format!("{}/{}", of_run("frame"), frame.sequence),
            // Its identity is of its run already.
            Body::Landslide(slide) => format!("landslide/{}/{}", slide.id, slide.version),
        };
        Self {
            id: Uuid::new_v5(&run.survey, name.as_bytes()),
            run,
            body,
        }
    }

    /// The message's identity: a UUID (version 5) of its survey, its run and what it is about, never of when it was sent.
    /// The same report made again has the same identity and is stored once.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The run of which the message tells.
    #[must_use]
    pub fn run(&self) -> Run {
        self.run
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }
}

#[cfg(test)]
mod tests;
