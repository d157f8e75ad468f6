//! Civil dates and times of day of metadata, as milliseconds.

use chrono::NaiveDate;

/// Milliseconds from 1970-01-01 00:00:00 to a date (year from 1970 to 9999, month, day) and a time of day (hour, minute, second
/// with its fraction, 60 in a leap second); `None` when there is no such date or time.
pub(crate) fn civil_ms(date: (i32, u32, u32), time: (u32, u32, f64)) -> Option<i64> {
    let ((year, month, day), (hour, minute, second)) = (date, time);
    if !(1970..=9999).contains(&year) || !(0.0..61.0).contains(&second) {
        return None;
    }
    // The seconds are added by hand, because to chrono a leap second is not the next minute's first.
    let minute_begins = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, 0)?;
    Some(minute_begins.and_utc().timestamp_millis() + (second * 1_000.0).round() as i64)
}

/// `2013:06:04` or `2013-06-04`: year, month, day.
pub(crate) fn civil_date(text: &str) -> Option<(i32, u32, u32)> {
    let mut parts = text.split([':', '-']);
    let date = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    parts.next().is_none().then_some(date)
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
        assert_eq!(
            civil_ms((2016, 12, 31), (23, 59, 60.5)),
            civil_ms((2017, 1, 1), (0, 0, 0.5))
        );
    }

    #[test]
    fn a_date_or_time_that_does_not_exist_is_none() {
        for (date, time) in [
            ((2024, 13, 1), (12, 0, 0.0)),
            ((2023, 2, 29), (12, 0, 0.0)),
            ((1969, 12, 31), (12, 0, 0.0)),
            ((2024, 1, 1), (24, 0, 0.0)),
            ((2024, 1, 1), (0, 60, 0.0)),
            ((2024, 1, 1), (0, 0, 61.0)),
            ((2024, 1, 1), (0, 0, f64::NAN)),
        ] {
            assert_eq!(civil_ms(date, time), None, "{date:?} {time:?}");
        }
    }
}
