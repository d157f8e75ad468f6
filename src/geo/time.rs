//! Times that say which clock they come from.

/// Time of a GNSS receiver, on UTC: milliseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GnssTime(i64);

/// The camera's own wall clock: milliseconds since 1970-01-01 00:00:00 in the zone the camera was set to. Where nothing tells that
/// zone it is good for intervals within one flight only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraTime {
    local_ms: i64,
    /// What the zone is ahead of UTC, where known.
    offset_ms: Option<i64>,
}

/// When a frame was exposed, on the best clock its metadata offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamp {
    /// On GNSS time, UTC.
    Gnss(GnssTime),
    /// On the camera's wall clock.
    Camera(CameraTime),
}

impl Timestamp {
    /// Milliseconds since 1970-01-01 00:00:00 on its own clock, for intervals.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Gnss(time) => time.unix_ms(),
            Self::Camera(time) => time.local_ms,
        }
    }

    /// Milliseconds since 1970-01-01 00:00:00 UTC; `None` on a camera's clock of unknown zone.
    #[must_use]
    pub fn unix_ms(self) -> Option<i64> {
        match self {
            Self::Gnss(time) => Some(time.unix_ms()),
            Self::Camera(time) => time.local_ms.checked_sub(time.offset_ms?),
        }
    }
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
    /// From milliseconds since 1970-01-01 00:00:00 in the camera's zone, and the milliseconds that this is ahead of UTC.
    #[must_use]
    pub const fn new(local_ms: i64, offset_ms: Option<i64>) -> Self {
        Self {
            local_ms,
            offset_ms,
        }
    }
}
