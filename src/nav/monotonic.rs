//! The computer's clock that never jumps.

/// An instant on the computer's monotonic clock (Linux `CLOCK_MONOTONIC`, which V4L2 also stamps frames with):
/// nanoseconds since an arbitrary start, the same for one run of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monotonic(i64);

impl Monotonic {
    /// From nanoseconds of the clock.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds of the clock.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The instant `seconds` later, or earlier when negative; rounded to nanoseconds, and held at the ends of the
    /// clock's range.
    #[must_use]
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * 1e9).round() as i64))
    }

    /// Seconds from `earlier` to this instant; negative when `earlier` is the later one.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 * 1e-9
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range_are_held() {
        let (first, last) = (
            Monotonic::from_nanos(i64::MIN),
            Monotonic::from_nanos(i64::MAX),
        );
        assert_eq!(last.plus_seconds(1.0), last);
        assert_eq!(first.plus_seconds(f64::NEG_INFINITY), first);
        assert!(last.seconds_since(first) > 9e9);
    }

    proptest! {
        #[test]
        fn an_instant_is_as_far_from_its_origin_as_it_was_moved(nanos in 0..1i64 << 60, seconds in -1e5..1e5f64) {
            let origin = Monotonic::from_nanos(nanos);
            prop_assert!((origin.plus_seconds(seconds).seconds_since(origin) - seconds).abs() < 1e-9);
        }
    }
}
