//! Calendar times of the simulated flight, in UTC.

/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc(pub i64);

/// A time as clocks and calendars show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year, month 1-12, day 1-31.
    pub date: (i64, i64, i64),
    /// Hour, minute, second, millisecond.
    pub time: (i64, i64, i64, i64),
}

impl Utc {
    /// Mid-morning of a day between May and September 2025, drawn from the seed.
    #[must_use]
    pub fn morning(seed: u64) -> Self {
        const FIRST_OF_MAY_2025: i64 = 1_746_057_600_000;
        let day = (seed % 150) as i64;
        Self(FIRST_OF_MAY_2025 + day * 86_400_000 + 9 * 3_600_000 + 12 * 60_000)
    }

    /// This much later; parts of a millisecond are rounded.
    #[must_use]
    pub fn after_s(self, seconds: f64) -> Self {
        Self(self.0 + (seconds * 1000.0).round() as i64)
    }

    /// Date and time of day (H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days).
    #[must_use]
    pub fn civil(self) -> Civil {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        Civil {
            date: (year, month, doy - (153 * mp + 2) / 5 + 1),
            time: (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000),
        }
    }

    /// RFC 3339, such as `2025-06-04T09:12:00.250Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let Civil {
            date: (y, mo, d),
            time: (h, mi, s, ms),
        } = self.civil();
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ms:03}Z")
    }
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
            assert_eq!(Utc(ms).rfc3339(), text);
        }
        assert_eq!(Utc::morning(0).rfc3339(), "2025-05-01T09:12:00.000Z");
    }
}
