//! Times as messages carry them: microseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::message_error::MessageError;

/// First microsecond of the year 10000, where dates stop having four digits of year.
const END_OF_TIME_US: i64 = 253_402_300_800_000_000;

/// Whether a message can carry `time`.
pub fn is_within(time: SystemTime) -> bool {
    microseconds(time).is_some_and(|us| us < END_OF_TIME_US)
}

/// A time that may be unknown, for a message; `field` names it in the error.
///
/// # Errors
/// When it lies before 1970 or after 9999.
pub fn out(field: &'static str, time: Option<SystemTime>) -> Result<Option<i64>, MessageError> {
    time.map(|time| {
        let us = microseconds(time).unwrap_or(-1);
        check(field, us).map(|_| us)
    })
    .transpose()
}

/// A time that may be unknown, of a message.
///
/// # Errors
/// As [`out`].
pub fn read(field: &'static str, us: Option<i64>) -> Result<Option<SystemTime>, MessageError> {
    us.map(|us| check(field, us).map(|since| UNIX_EPOCH + Duration::from_micros(since)))
        .transpose()
}

fn microseconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

fn check(field: &'static str, us: i64) -> Result<u64, MessageError> {
    match u64::try_from(us) {
        Ok(since) if us < END_OF_TIME_US => Ok(since),
        _ => Err(MessageError::Range {
            field,
            value: format!("{us} us after 1970"),
            range: "between the years 1970 and 9999",
        }),
    }
}
