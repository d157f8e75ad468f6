//! One position as the receiver gave it, and how good it is.

use std::fmt;

use scarp_geo::{Altitudes, GnssTime, GroundVelocity, Wgs84};

use super::Monotonic;

/// A position that the receiver stands by, of one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The instant the position belongs to.
    pub time: GnssTime,
    /// When the first byte that tells of it reached this computer.
    pub arrived: Monotonic,
    /// Where the antenna is, longitude -180 to 180 degrees.
    pub place: Wgs84,
    /// Heights of the antenna, each over its own datum; at least one.
    pub altitude: Altitudes,
    /// Height of the receiver's own geoid above the ellipsoid, metres: the ellipsoidal height less this is the height
    /// above mean sea level as the receiver wrote it.
    pub geoid_separation_m: Option<f64>,
    /// How the fix was made.
    pub quality: FixQuality,
    /// Satellites used.
    pub satellites: Option<u32>,
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// One-sigma errors of the position.
    pub sigma: PositionSigma,
    /// Velocity over ground.
    pub velocity: Option<GroundVelocity>,
    /// True heading of the vehicle in degrees clockwise from north, from receivers with two antennas.
    pub heading_deg: Option<f64>,
}

/// A fix with its instant on this computer's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedFix {
    /// The instant the position belongs to.
    pub at: Monotonic,
    /// One-sigma error of that instant, seconds.
    pub sigma_time_s: f64,
    /// The position.
    pub fix: Fix,
}

/// One-sigma errors of a position, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionSigma {
    /// To the north.
    pub north_m: f64,
    /// To the east.
    pub east_m: f64,
    /// Upward.
    pub up_m: f64,
}

/// How a fix was made: the quality indicator of GGA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixQuality {
    /// 0: no fix.
    None,
    /// 1: satellites alone.
    Autonomous,
    /// 2: differential or satellite-based (SBAS) corrections.
    Differential,
    /// 3: precise positioning service.
    Precise,
    /// 4: real-time kinematic, ambiguities fixed.
    RtkFixed,
    /// 5: real-time kinematic, ambiguities floating.
    RtkFloat,
    /// 6: estimated by dead reckoning.
    Estimated,
    /// 7: typed in by hand.
    Manual,
    /// 8: a simulator.
    Simulated,
}

impl FixQuality {
    /// User equivalent range error, one sigma, metres: what a dilution of precision of 1 amounts to. `None` where the
    /// position is not measured.
    ///
    /// From the horizontal accuracies that receivers' data sheets promise as a circle holding half of the fixes (CEP)
    /// at an HDOP near 1. That circle's radius is 1.177 sigma per axis and HDOP times range error is both axes
    /// together, so the range error is 1.2 CEP. Autonomous 2.5 m and SBAS 2.0 m: u-blox NEO-M8. RTK 0.01 m + 1 ppm:
    /// u-blox ZED-F9P, 5 km from its base. Precise: dual-frequency budget of Kaplan and Hegarty, "Understanding
    /// GPS/GNSS", 1.4 m. Floating RTK is promised nothing: decimetres, so half a metre.
    #[must_use]
    pub const fn range_error_m(self) -> Option<f64> {
        match self {
            Self::Autonomous | Self::Simulated => Some(3.0),
            Self::Differential => Some(2.4),
            Self::Precise => Some(1.4),
            Self::RtkFixed => Some(0.02),
            Self::RtkFloat => Some(0.5),
            Self::None | Self::Estimated | Self::Manual => None,
        }
    }
}

impl fmt::Display for FixQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no fix",
            Self::Autonomous => "autonomous",
            Self::Differential => "differential",
            Self::Precise => "precise positioning service",
            Self::RtkFixed => "RTK fixed",
            Self::RtkFloat => "RTK float",
            Self::Estimated => "estimated by dead reckoning",
            Self::Manual => "typed in by hand",
            Self::Simulated => "simulated",
        })
    }
}

impl PositionSigma {
    /// From the dilution of precision, where the receiver does not tell its errors. `None` without quality or HDOP.
    ///
    /// Without a vertical dilution it is taken as 1.5 HDOP, usual for an open sky.
    #[must_use]
    pub fn from_dilution(
        quality: FixQuality,
        hdop: Option<f64>,
        vdop: Option<f64>,
    ) -> Option<Self> {
        let range_error_m = quality.range_error_m()?;
        let hdop = hdop.filter(|dop| *dop > 0.0)?;
        let vdop = vdop.filter(|dop| *dop > 0.0).unwrap_or(1.5 * hdop);
        let per_axis_m = hdop * range_error_m / std::f64::consts::SQRT_2;
        Some(Self {
            north_m: per_axis_m,
            east_m: per_axis_m,
            up_m: vdop * range_error_m,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_kinds_of_fix_have_smaller_errors() {
        let north = |quality| {
            PositionSigma::from_dilution(quality, Some(1.0), None)
                .unwrap()
                .north_m
        };
        let kinds = [
            FixQuality::Autonomous,
            FixQuality::Differential,
            FixQuality::Precise,
            FixQuality::RtkFloat,
            FixQuality::RtkFixed,
        ];
        assert!(kinds.is_sorted_by(|a, b| north(*a) > north(*b)));
    }

    #[test]
    fn an_autonomous_fix_at_hdop_1_has_the_data_sheets_circle() {
        let sigma = PositionSigma::from_dilution(FixQuality::Autonomous, Some(1.0), Some(2.0));
        let sigma = sigma.unwrap();
        assert!((sigma.north_m * 1.177 - 2.5).abs() < 0.01);
        assert_eq!((sigma.east_m, sigma.up_m), (sigma.north_m, 6.0));
    }

    #[test]
    fn without_dilution_or_measurement_nothing_is_known() {
        let unknown = PositionSigma::from_dilution;
        assert_eq!(unknown(FixQuality::Autonomous, None, Some(1.0)), None);
        assert_eq!(unknown(FixQuality::Autonomous, Some(0.0), None), None);
        assert_eq!(unknown(FixQuality::Estimated, Some(1.0), None), None);
    }
}
