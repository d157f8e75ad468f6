//! One image's part in a report.

use std::path::Path;

use serde::Serialize;

use super::Scored;
use crate::{
    dataset::Pair,
    metrics::Counts,
    validate::{Effort, Found, GroundResolution},
};

/// One image's result.
#[derive(Debug, Serialize)]
pub struct ImageReport {
    /// File name without extension.
    pub name: String,
    /// The event it shows, if known.
    pub event: Option<String>,
    /// What took it, if known.
    pub sensor: Option<String>,
    /// Ground sampling distance it was taken to have, in metres.
    pub gsd_m: f64,
    /// Enlargement before it was searched.
    pub scale: f64,
    /// Counts and scores.
    #[serde(flatten)]
    pub scored: Scored,
    /// Whether the result was taken over from an earlier, interrupted run.
    pub resumed: bool,
    #[serde(skip)]
    pub(super) counts: Counts,
    #[serde(skip)]
    pub(super) effort: Effort,
}

impl ImageReport {
    /// The result of `pair` at threshold number `shown`.
    #[must_use]
    pub(crate) fn new(
        pair: &Pair,
        resolution: GroundResolution,
        found: Found,
        shown: usize,
        resumed: bool,
    ) -> Self {
        Self {
            name: pair.name.clone(),
            event: pair.origin.event.clone(),
            sensor: pair.origin.sensor.clone(),
            gsd_m: resolution.gsd_m,
            scale: resolution.scale,
            scored: Scored::new(&found.counts, shown),
            resumed,
            counts: found.counts,
            effort: found.effort,
        }
    }
}

/// An image that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The image.
    pub image: String,
    /// Why, in one line, and what to do.
    pub reason: String,
}

impl Refused {
    /// An image and why.
    #[must_use]
    pub fn new(image: &Path, reason: &str) -> Self {
        Self {
            image: image.display().to_string(),
            reason: reason.to_owned(),
        }
    }
}
