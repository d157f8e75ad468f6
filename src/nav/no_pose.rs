//! Why an exposure has no pose.

use std::fmt;

use thiserror::Error;

/// What a pose is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensor {
    /// The GNSS receiver.
    Gnss,
    /// The source of the aircraft's attitude.
    Attitude,
    /// The source of the aircraft's height above take-off.
    Height,
}

impl fmt::Display for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gnss => "GNSS fix",
            Self::Attitude => "attitude",
            Self::Height => "height above take-off",
        })
    }
}

/// Why there is no pose at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum NoPose {
    /// Later samples may still come; ask again.
    #[error("no {0} yet from after the exposure; ask again when one has come")]
    NotYet(Sensor),
    /// The sensor has told nothing so far.
    #[error("no {0} so far; check the sensor's cable and settings")]
    Missing(Sensor),
    /// The sensor has fallen silent before the exposure.
    #[error(
        "the newest {sensor} is {age_s:.1} s older than the exposure; check the sensor, or wait until it is back"
    )]
    Stale {
        /// Which sensor.
        sensor: Sensor,
        /// Seconds from its newest sample to the exposure.
        age_s: f64,
    },
    /// The samples on both sides are too far apart.
    #[error(
        "no {sensor} for {seconds:.1} s about the exposure; raise the sensor's rate if it happens often"
    )]
    Gap {
        /// Which sensor.
        sensor: Sensor,
        /// Seconds between its samples.
        seconds: f64,
    },
    /// The samples about the exposure are forgotten, or there were none.
    #[error("the exposure is older than every {0} kept; ask for poses sooner after the exposure")]
    TooOld(Sensor),
    /// The position jumped about the time of the exposure.
    #[error("the position jumped about the exposure; look for interference if it happens often")]
    Jump,
}

/// Why a sample is not used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum NotUsed {
    /// It is not later than the one before.
    #[error("{0} not later than the one before; check that one source only feeds it")]
    OutOfOrder(Sensor),
    /// The place could not have been reached.
    #[error(
        "the position jumped by {distance_m:.0} m; it is believed when further fixes confirm it"
    )]
    Jump {
        /// Metres from the last position believed.
        distance_m: f64,
    },
    /// A value that is no number.
    #[error("{0} is not a number; restart its source")]
    NotANumber(Sensor),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_one_line_each_and_say_what_to_do() {
        let sensor = Sensor::Gnss;
        for line in [
            NoPose::NotYet(sensor).to_string(),
            NoPose::Missing(sensor).to_string(),
            NoPose::Stale { sensor, age_s: 1.0 }.to_string(),
            NoPose::Gap {
                sensor,
                seconds: 1.0,
            }
            .to_string(),
            NoPose::TooOld(sensor).to_string(),
            NoPose::Jump.to_string(),
            NotUsed::OutOfOrder(sensor).to_string(),
            NotUsed::Jump { distance_m: 500.0 }.to_string(),
            NotUsed::NotANumber(sensor).to_string(),
        ] {
            assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
        }
    }
}
