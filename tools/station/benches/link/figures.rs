//! Medians and the like.

use std::time::Duration;

/// The value of which this share of `values` is no greater (nearest rank); none of none.
pub fn quantile<T: Ord + Copy>(values: &[T], share: f64) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// For a table: three figures, and the unit that goes with them.
pub fn short(time: Option<Duration>) -> String {
    let Some(time) = time else {
        return "-".to_owned();
    };
    let s = time.as_secs_f64();
    match s {
        ..0.01 => format!("{:.1} ms", s * 1e3),
        0.01..1.0 => format!("{:.0} ms", s * 1e3),
        1.0..10.0 => format!("{s:.2} s"),
        10.0..100.0 => format!("{s:.1} s"),
        _ => format!("{s:.0} s"),
    }
}

/// For programs: seconds, to the tenth of a millisecond.
pub fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| (time.as_secs_f64() * 1e4).round() / 1e4)
}
