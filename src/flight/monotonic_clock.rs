//! The clock that all instants of a flight are on.

use rustix::time::{ClockId, clock_gettime};

use scarp_nav::Monotonic;

/// The present instant on CLOCK_MONOTONIC, the clock of V4L2's time stamps.
#[must_use]
pub fn now() -> Monotonic {
    let now = clock_gettime(ClockId::Monotonic);
    Monotonic::from_nanos(now.tv_sec.saturating_mul(1_000_000_000) + now.tv_nsec)
}
