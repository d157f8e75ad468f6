//! The figures of a demo, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::{
    reliability::Stated,
    score::{Rates, Spread},
};

/// What a demo ends with. Fields may be added, never renamed.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Seed of the survey.
    pub seed: u64,
    /// Name of the model that was flown.
    pub model: String,
    /// Area found and true over area found or true, within the ground searched.
    pub iou: f64,
    /// Share of the found area that is true.
    pub precision: f64,
    /// Share of the true area that was found.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// The same by outline: one is matched when half of it lies in the other set.
    pub outlines: Rates,
    /// Distance between the middles of frames' footprints as placed and as they truly are, in metres: the errors of the sensors.
    pub placement_error_m: Option<Spread>,
    /// Distance between the centres of found and true landslides in metres: those errors, and outlines of another shape.
    pub position_error_m: Option<Spread>,
    /// Outlines found.
    pub landslides_found: usize,
    /// Those of them that are false: less than half of each is true.
    pub outlines_false: usize,
    /// Of each outline found the confidence that it states, and whether it is right.
    pub stated: Vec<Stated>,
    /// True landslides of which at least half was searched.
    pub landslides_true: usize,
    /// Those of them that were found.
    pub landslides_true_found: usize,
    /// Frames flown.
    pub frames: u64,
    /// Messages that did not reach the ground station.
    pub undelivered: u64,
    /// Ground searched in km².
    pub km2: f64,
    /// Ground searched per hour of the firmware's running time on this computer.
    pub km2_per_hour: f64,
    /// Most memory the firmware held.
    pub peak_rss_bytes: u64,
    /// Running time of the firmware in seconds.
    pub replay_seconds: f64,
    /// Running time of the whole demo in seconds.
    pub seconds: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:5.1} %", 100.0 * share);
        let metres =
            |spread: Option<Spread>, none: &str| spread.map_or(none.to_owned(), |s| s.to_string());
        let rows = [
            ("model", self.model.clone()),
            ("frames searched", self.frames.to_string()),
            (
                "landslides",
                format!(
                    "{} of {} found; {} of {} outlines are false",
                    self.landslides_true_found,
                    self.landslides_true,
                    self.outlines_false,
                    self.landslides_found
                ),
            ),
            ("landslide IoU", format!("{:.3}", self.iou)),
            ("", "  precision  recall     F1".to_owned()),
            (
                "by area",
                format!(
                    "  {}    {}    {}",
                    percent(self.precision),
                    percent(self.recall),
                    percent(self.f1)
                ),
            ),
            (
                "by outline",
                format!(
                    "  {}    {}    {}",
                    percent(self.outlines.precision),
                    percent(self.outlines.recall),
                    percent(self.outlines.f1)
                ),
            ),
            (
                "frames are off",
                format!(
                    "{}, by the sensors alone",
                    metres(self.placement_error_m, "none")
                ),
            ),
            (
                "centres are off",
                format!(
                    "{}, by the sensors, averaged over frames, and by the outlines",
                    metres(self.position_error_m, "none found whole")
                ),
            ),
            (
                "ground searched",
                format!(
                    "{:.2} km², {:.1} km²/h on this computer",
                    self.km2, self.km2_per_hour
                ),
            ),
            (
                "peak memory",
                format!("{:.0} MB", self.peak_rss_bytes as f64 / 1e6),
            ),
            (
                "time",
                format!(
                    "{:.0} s, {:.0} s of it the firmware",
                    self.seconds, self.replay_seconds
                ),
            ),
        ];
        for (name, value) in rows {
            writeln!(f, "  {name:<16} {value}")?;
        }
        Ok(())
    }
}
