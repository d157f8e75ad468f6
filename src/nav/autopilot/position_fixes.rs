//! The autopilot's own position, taken as a receiver's fixes where there is no receiver of ours.

use scarp_geo::{Altitudes, GnssTime, HeightAboveEllipsoid};
use thiserror::Error;

use super::{BootInstant, BootTime, Gnss, Position};
use crate::{Fix, Monotonic, TimedFix};

/// The autopilot tells of its receiver five times a second; without a word for so long its position is dead reckoning.
const SILENT_S: f64 = 1.0;

/// What the autopilot has told besides its position: only with it is a position a fix.
#[derive(Debug, Default, PartialEq)]
pub struct PositionFixes {
    /// Of its receiver, and when that came.
    gnss: Option<(Gnss, Monotonic)>,
    /// Nanoseconds from the time since boot to UTC since 1970.
    boot_to_utc_ns: Option<i64>,
}

/// Why a position of the autopilot is no fix.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum NoPositionFix {
    /// No SYSTEM_TIME with a date.
    #[error("the autopilot does not know the date yet; wait for its GNSS fix")]
    NoDate,
    /// No GPS_RAW_INT, or none of late.
    #[error(
        "the autopilot has told nothing of its GNSS receiver for {SILENT_S} s; check the rate of GPS_RAW_INT"
    )]
    Silent,
    /// Its receiver has no three-dimensional fix: the position is dead reckoning.
    #[error("the autopilot's GNSS receiver has no fix; its position is a guess")]
    NoFix,
    /// How good the fix is cannot be told.
    #[error("the autopilot's GNSS receiver tells neither its accuracy nor a dilution of precision")]
    NoAccuracy,
}

impl PositionFixes {
    /// Takes what the autopilot tells of its receiver.
    pub const fn gnss(&mut self, gnss: Gnss, arrived: Monotonic) {
        self.gnss = Some((gnss, arrived));
    }

    /// Takes the date: microseconds since 1970, UTC, at a time since boot.
    pub fn system_time(&mut self, boot: BootTime, unix_us: u64) {
        let unix_ns = i64::try_from(unix_us)
            .ok()
            .and_then(|us| us.checked_mul(1000));
        self.boot_to_utc_ns = unix_ns.map(|ns| ns.saturating_sub(boot.nanos()));
    }

    /// The position as a fix. Its errors are those of the autopilot's receiver: an estimator smooths them, but what the
    /// satellites have wrong for minutes it keeps.
    ///
    /// # Errors
    /// When the date, the receiver's state or its errors are not known.
    pub fn fix(
        &self,
        position: &Position,
        instant: BootInstant,
        arrived: Monotonic,
    ) -> Result<TimedFix, NoPositionFix> {
        let (gnss, told) = self.gnss.as_ref().ok_or(NoPositionFix::Silent)?;
        if arrived.seconds_since(*told) > SILENT_S {
            return Err(NoPositionFix::Silent);
        }
        let quality = gnss.quality.ok_or(NoPositionFix::NoFix)?;
        let sigma = gnss.sigma.ok_or(NoPositionFix::NoAccuracy)?;
        let boot_to_utc_ns = self.boot_to_utc_ns.ok_or(NoPositionFix::NoDate)?;
        let utc_ns = position.boot.nanos().saturating_add(boot_to_utc_ns);
        let above_ellipsoid =
            |separation_m| HeightAboveEllipsoid::new(position.altitude.metres() + separation_m);
        Ok(TimedFix {
            at: instant.at,
            sigma_time_s: instant.sigma_s,
            fix: Fix {
                time: GnssTime::from_unix_ms(utc_ns / 1_000_000),
                arrived,
                place: position.place,
                altitude: Altitudes {
                    egm96: Some(position.altitude),
                    ellipsoid: gnss.geoid_separation_m.map(above_ellipsoid),
                    ..Altitudes::default()
                },
                geoid_separation_m: gnss.geoid_separation_m,
                quality,
                satellites: gnss.satellites,
                hdop: gnss.hdop,
                sigma,
                velocity: Some(position.velocity),
                heading_deg: None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use scarp_geo::{GroundVelocity, HeightAboveTakeoff, HeightEgm96};

    use super::*;
    use crate::{FixQuality, PositionSigma, testing::place};

    const POSITION: Position = Position {
        boot: BootTime::from_nanos(5_500_000_000),
        place: place(27.8, 85.9),
        altitude: HeightEgm96::new(2400.0),
        above_home: HeightAboveTakeoff::new(120.0),
        velocity: GroundVelocity {
            north_m_s: 12.0,
            east_m_s: 0.0,
        },
        heading_deg: None,
    };
    const GNSS: Gnss = Gnss {
        quality: Some(FixQuality::Autonomous),
        satellites: Some(14),
        hdop: Some(0.8),
        sigma: Some(PositionSigma {
            north_m: 1.2,
            east_m: 1.2,
            up_m: 2.0,
        }),
        geoid_separation_m: Some(-38.0),
    };

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    fn fix(fixes: &PositionFixes, arrived_s: f64) -> Result<TimedFix, NoPositionFix> {
        let instant = BootInstant {
            at: at(10.0),
            sigma_s: 0.002,
        };
        fixes.fix(&POSITION, instant, at(arrived_s))
    }

    fn told(gnss: Gnss) -> PositionFixes {
        let mut fixes = PositionFixes::default();
        fixes.system_time(BootTime::from_nanos(500_000_000), 1_790_000_000_000_000);
        fixes.gnss(gnss, at(9.9));
        fixes
    }

    #[test]
    fn a_position_is_a_fix_with_the_receivers_errors_and_its_own_instant() {
        let timed = fix(&told(GNSS), 10.1).unwrap();
        assert_eq!((timed.at, timed.sigma_time_s), (at(10.0), 0.002));
        assert_eq!(timed.fix.time.unix_ms(), 1_790_000_005_000);
        assert_eq!(timed.fix.sigma.north_m, 1.2);
        assert_eq!(timed.fix.altitude.egm96.unwrap().metres(), 2400.0);
        assert_eq!(timed.fix.altitude.ellipsoid.unwrap().metres(), 2362.0);
    }

    #[test]
    fn what_is_not_known_of_it_is_named() {
        assert_eq!(
            fix(&PositionFixes::default(), 10.1),
            Err(NoPositionFix::Silent)
        );
        assert_eq!(fix(&told(GNSS), 11.0), Err(NoPositionFix::Silent));
        let no_fix = Gnss {
            quality: None,
            ..GNSS
        };
        assert_eq!(fix(&told(no_fix), 10.1), Err(NoPositionFix::NoFix));
        let no_accuracy = Gnss {
            sigma: None,
            ..GNSS
        };
        assert_eq!(
            fix(&told(no_accuracy), 10.1),
            Err(NoPositionFix::NoAccuracy)
        );
        let mut no_date = PositionFixes::default();
        no_date.gnss(GNSS, at(9.9));
        assert_eq!(fix(&no_date, 10.1), Err(NoPositionFix::NoDate));
        no_date.system_time(BootTime::from_nanos(0), u64::MAX);
        assert_eq!(fix(&no_date, 10.1), Err(NoPositionFix::NoDate));
    }
}
