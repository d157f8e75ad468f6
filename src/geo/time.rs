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

impl Timestamp {
    /// Milliseconds since 1970-01-01 00:00:00 on its own clock. The camera's has no known zone: intervals are right, the hour need
    /// not be.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Gnss(time) => time.unix_ms(),
            Self::Camera(time) => time.local_ms(),
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
