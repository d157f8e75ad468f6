//! The autopilot's time since boot, and why its instant may be unknown.

use thiserror::Error;

use crate::Monotonic;

/// Consistent samples until a relation between the clocks is believed, or a new one instead.
pub(super) const NEEDED: u32 = 10;
/// An instant on the own clock of an autopilot or gimbal: time since it booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootTime(i64);

/// An instant of the autopilot or gimbal on this computer's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootInstant {
    /// The instant.
    pub at: Monotonic,
    /// Its one-sigma error, seconds.
    pub sigma_s: f64,
}

/// Why the instant of a boot time is not known.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum BootClockDoubt {
    /// Too few samples yet.
    #[error("time since boot is known by {samples} samples only; it is used after {NEEDED}")]
    Settling {
        /// Consistent samples so far.
        samples: u32,
    },
    /// The time has gone back.
    #[error(
        "time since boot went back by {by_s:.1} s: who tells it has rebooted; it is used again after {NEEDED} samples"
    )]
    Rebooted {
        /// Seconds by which it went back.
        by_s: f64,
    },
    /// The sample does not fit what is known, as after a long silence with a reboot.
    #[error(
        "time since boot is {behind_s:+.3} s behind what it was; it is used again when the old time is back or the new one holds"
    )]
    Astray {
        /// Seconds by which the sample seems to come late.
        behind_s: f64,
    },
}

/// Why a reply to a TIMESYNC request is not used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ReplyNotUsed {
    /// No such request is open.
    #[error("TIMESYNC reply to no request of ours; check that system and component ids are unique")]
    Unasked,
    /// The way there and back took too long to tell anything.
    #[error(
        "TIMESYNC took {round_trip_s:.2} s there and back; check the link's load and baud rate"
    )]
    Slow {
        /// Seconds from request to reply.
        round_trip_s: f64,
    },
    /// Nothing with a boot time has come yet to compare the reply with.
    #[error("TIMESYNC reply before any message with a boot time; it is used once one has come")]
    Early,
    /// The reply is not in time since boot.
    #[error(
        "TIMESYNC reply is {off_s:.1} s off the boot time of the messages; check which component answers"
    )]
    OtherClock {
        /// Seconds between the reply's clock and that of the messages.
        off_s: f64,
    },
}

impl BootTime {
    /// From a message's milliseconds since boot, which are cut to whole ones: the middle of that millisecond.
    #[must_use]
    pub const fn from_millis(millis: u32) -> Self {
        Self(millis as i64 * 1_000_000 + 500_000)
    }

    /// From nanoseconds since boot.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since boot.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }
}
