//! Times of the simulated flight.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// Mid-morning of a day between May and September 2025, drawn from the seed.
#[must_use]
pub fn morning(seed: u64) -> DateTime<Utc> {
    const FIRST_OF_MAY_2025_S: i64 = 1_746_057_600;
    let day = TimeDelta::days((seed % 150) as i64);
    let clock = TimeDelta::hours(9) + TimeDelta::minutes(12);
    DateTime::UNIX_EPOCH + TimeDelta::seconds(FIRST_OF_MAY_2025_S) + day + clock
}

/// So many seconds after `time`; parts of a millisecond are rounded.
#[must_use]
pub fn after(time: DateTime<Utc>, seconds: f64) -> DateTime<Utc> {
    time + TimeDelta::milliseconds((seconds * 1000.0).round() as i64)
}

/// RFC 3339, such as `2025-06-04T09:12:00.250Z`.
#[must_use]
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_agree_with_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(DateTime::from_timestamp_millis(ms).unwrap()), text);
        }
        assert_eq!(rfc3339(morning(0)), "2025-05-01T09:12:00.000Z");
        assert_eq!(
            rfc3339(after(morning(149), 0.2504)),
            "2025-09-27T09:12:00.250Z"
        );
    }
}
