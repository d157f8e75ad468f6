//! Times that say which clock they come from.

/// Time of a GNSS receiver, on UTC: milliseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GnssTime(i64);

/// The camera's own wall clock: milliseconds since 1970-01-01 00:00:00 in the zone the camera was set to, which EXIF
/// does not tell. Good for intervals within one flight only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CameraTime(i64);

/// When a frame was exposed, on the best clock its metadata offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamp {
    /// On GNSS time, UTC.
    Gnss(GnssTime),
    /// On the camera's wall clock, zone unknown.
    Camera(CameraTime),
}

impl GnssTime {
    /// From milliseconds since 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }
}

impl CameraTime {
    /// From milliseconds since 1970-01-01 00:00:00 in the camera's zone.
    #[must_use]
    pub const fn from_local_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 00:00:00 in the camera's zone.
    #[must_use]
    pub const fn local_ms(self) -> i64 {
        self.0
    }
}

/// Milliseconds from 1970-01-01 00:00:00 to the given civil date and time of day, by the proleptic Gregorian
/// calendar; `None` when a field is out of range.
pub(crate) fn civil_ms(date: (i32, u32, u32), time: (u32, u32, f64)) -> Option<i64> {
    let ((year, month, day), (hour, minute, second)) = (date, time);
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && (0.0..61.0).contains(&second);
    if !in_range {
        return None;
    }
    // Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let y = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let seconds = days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60;
    Some(seconds * 1_000 + (second * 1_000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_agree_with_known_unix_times() {
        assert_eq!(civil_ms((1970, 1, 1), (0, 0, 0.0)), Some(0));
        assert_eq!(
            civil_ms((2013, 6, 4), (17, 42, 6.25)),
            Some(1_370_367_726_250)
        );
        assert_eq!(
            civil_ms((2024, 2, 29), (12, 0, 0.0)),
            Some(1_709_208_000_000)
        );
        assert_eq!(civil_ms((2024, 13, 1), (12, 0, 0.0)), None);
    }
}
