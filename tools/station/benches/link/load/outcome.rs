//! What a load of many aircraft came to.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    figures::{quantile, seconds, short},
    station::Totals,
};

pub const MINUTE: Duration = Duration::from_secs(60);

/// What came of it.
pub struct Outcome {
    pub aircraft: u32,
    /// Changes of each a second.
    pub pace_hz: u32,
    /// How long they reported.
    pub lasts: Duration,
    pub submitted: usize,
    pub totals: Totals,
    /// Aircraft of which the store does not hold exactly what they submitted.
    pub differ: usize,
    pub commits_hz: f64,
    /// Delays, each with the time of its submission.
    pub delays: Vec<(Duration, Duration)>,
    /// Bytes of resident memory, each with the time of the sample.
    pub memory: Vec<(Duration, u64)>,
}

impl Outcome {
    fn delay(&self, share: f64) -> Option<Duration> {
        let delays: Vec<_> = self.delays.iter().map(|(_, delay)| *delay).collect();
        quantile(&delays, share)
    }

    fn peak(&self) -> u64 {
        self.memory
            .iter()
            .map(|(_, bytes)| *bytes)
            .max()
            .unwrap_or(0)
    }

    pub fn json(&self) -> Value {
        let [memory_first, memory_last] = ends(&self.memory, self.lasts);
        let [delay_first, delay_last] = ends(&self.delays, self.lasts);
        json!({
            "aircraft": self.aircraft,
            "minutes": self.lasts.as_secs() / 60,
            "submitted": self.submitted,
            "stored": self.totals.stored,
            "repeated": self.totals.repeated,
            "refused": self.totals.refused,
            "aircraft_that_differ": self.differ,
            "commits_per_s": (self.commits_hz * 10.0).round() / 10.0,
            "median_s": seconds(self.delay(0.5)),
            "p99_s": seconds(self.delay(0.99)),
            "max_s": seconds(self.delay(1.0)),
            "median_first_minute_s": seconds(delay_first),
            "median_last_minute_s": seconds(delay_last),
            "station_rss_first_minute_bytes": memory_first,
            "station_rss_last_minute_bytes": memory_last,
            "station_rss_peak_bytes": self.peak(),
        })
    }

    pub fn table(&self) -> String {
        let mib = |bytes: Option<u64>| {
            bytes.map_or("-".to_owned(), |bytes| {
                format!("{:.1} MiB", bytes as f64 / 1048576.0)
            })
        };
        let [memory_first, memory_last] = ends(&self.memory, self.lasts);
        let [delay_first, delay_last] = ends(&self.delays, self.lasts);
        let Totals {
            stored,
            repeated,
            refused,
        } = self.totals;
        let rows = [
            (
                format!(
                    "{} aircraft, {} changes/s each, {} min",
                    self.aircraft,
                    self.pace_hz,
                    self.lasts.as_secs() / 60
                ),
                String::new(),
            ),
            ("---".to_owned(), "---".to_owned()),
            (
                "submitted; stored, sent again, refused".to_owned(),
                format!("{}; {stored}, {repeated}, {refused}", self.submitted),
            ),
            (
                "aircraft whose messages are not those in the store".to_owned(),
                self.differ.to_string(),
            ),
            (
                "commits a second".to_owned(),
                format!("{:.1}", self.commits_hz),
            ),
            (
                "delay from submit to commit: median, 99 %, most".to_owned(),
                [0.5, 0.99, 1.0]
                    .map(|share| short(self.delay(share)))
                    .join(", "),
            ),
            (
                "its median in the first minute, in the last".to_owned(),
                [delay_first, delay_last].map(short).join(", "),
            ),
            (
                "station's memory: median of the first minute, of the last; peak".to_owned(),
                format!(
                    "{}, {}; {}",
                    mib(memory_first),
                    mib(memory_last),
                    mib(Some(self.peak()))
                ),
            ),
        ];
        let lines = rows.map(|(what, value)| format!("| {what} | {value} |"));
        lines.join("\n")
    }
}

/// The medians of the first minute's and of the last minute's values.
fn ends<T: Ord + Copy>(values: &[(Duration, T)], lasts: Duration) -> [Option<T>; 2] {
    [Duration::ZERO, lasts - MINUTE].map(|from| {
        let minute = values
            .iter()
            .filter(|(at, _)| (from..from + MINUTE).contains(at));
        quantile(&minute.map(|(_, value)| *value).collect::<Vec<_>>(), 0.5)
    })
}
