//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// Delays that double from a first one up to a cap, each shortened at random so that many drones that lost one
/// ground station do not come back at the same moment.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// Starts at `first` and never exceeds `cap`.
    #[must_use]
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            failures: 0,
        }
    }

    /// The delay after one more failure: between half and all of the doubled one. `random` is uniform in 0 to 1.
    pub fn after_failure(&mut self, random: f64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        doubled
            .min(self.cap)
            .mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }

    /// After a success the next delay is the first one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_millis(500), Duration::from_secs(10))
    }

    #[test]
    fn delays_double_to_the_cap_and_start_again_after_a_success() {
        let mut backoff = backoff();
        let delays: Vec<_> = (0..7)
            .map(|_| backoff.after_failure(1.0).as_millis())
            .collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.after_failure(1.0).as_millis(), 500);
    }

    #[test]
    fn chance_shortens_a_delay_to_no_less_than_half() {
        assert_eq!(backoff().after_failure(0.0).as_millis(), 250);
        assert_eq!(backoff().after_failure(f64::MAX).as_millis(), 500);
    }

    #[test]
    fn a_link_that_is_gone_for_days_still_has_the_capped_delay() {
        let mut backoff = backoff();
        let last = (0..100_000).map(|_| backoff.after_failure(1.0)).last();
        assert_eq!(last, Some(Duration::from_secs(10)));
    }
}
