//! Times as the store has them.

use std::time::{SystemTime, UNIX_EPOCH};

/// SQL for the GeoPackage DATETIME of a parameter in seconds after 1970.
pub fn datetime(parameter: &str) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', {parameter}, 'unixepoch')")
}

/// To the millisecond, as GeoJSON has it, so that SQLite has nothing to round. Messages carry no earlier time than 1970.
pub fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    ((since.as_nanos() + 500_000) / 1_000_000) as f64 / 1000.0
}
