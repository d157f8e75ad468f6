//! Rules for the values of a board file. The ends keep what follows from overflowing or from starting a million threads; sense is
//! the user's matter. garde's own rule for a range tells one end of it, and lets through what is no number.

use std::{fmt::Display, ops::RangeInclusive, path::Path};

/// A number from `least` to `most`, ends included.
pub(super) fn within<T: PartialOrd + Display>(
    least: T,
    most: T,
) -> impl FnOnce(&T, &()) -> garde::Result {
    move |value, ()| {
        let range = format!("from {least} to {most}");
        check(value, &(least..=most), &range)
    }
}

/// A number of at least `least`.
pub(super) fn at_least(least: u64) -> impl FnOnce(&u64, &()) -> garde::Result {
    move |value, ()| check(value, &(least..=u64::MAX), &format!("at least {least}"))
}

/// A number from 0 to `bound`, the value of another key of the file, whose own range is from 0 to `most`. Where that key is out of
/// it, it is the one to be told of.
pub(super) fn up_to(bound: f64, key: &str, most: f64) -> impl FnOnce(&f64, &()) -> garde::Result {
    // garde takes fields in the alphabet's order, not in the file's: this one may come before the one that bounds it.
    let bound = if (0.0..=most).contains(&bound) {
        bound
    } else {
        most
    };
    move |value, ()| check(value, &(0.0..=bound), &format!("from 0 to {key}"))
}

/// A path that is not empty.
pub(super) fn named(path: &Path, (): &()) -> garde::Result {
    if path.as_os_str().is_empty() {
        return Err(garde::Error::new(
            "\"\" names no folder; write one, or leave the key out",
        ));
    }
    Ok(())
}

fn check<T: PartialOrd + Display>(
    value: &T,
    allowed: &RangeInclusive<T>,
    range: &str,
) -> garde::Result {
    if allowed.contains(value) {
        Ok(())
    } else {
        let reason = format!("{value} is out of range; it must be {range}");
        Err(garde::Error::new(reason))
    }
}
