//! What the sensors report of the true flight: logs of a survey, with errors; and, below, live ones of an aircraft, which
//! [`play`] plays in real time.

mod companion;
mod gnss;
mod message;
pub mod play;
pub mod sortie;
mod vehicle;
pub mod wire;

use crate::{camera::Pose, dice::Dice, drift::Drift, flight::Flight, rotation::turned};

/// Standard deviations of the sensors' errors.
#[derive(Debug, Clone, Copy)]
pub struct Sigmas {
    /// Of the position to the east and to the north, each, in metres.
    pub horizontal_m: f64,
    /// Of the height in metres.
    pub vertical_m: f64,
    /// Of the attitude about each of the camera's axes, in degrees.
    pub attitude_deg: f64,
}

impl Default for Sigmas {
    fn default() -> Self {
        Self {
            horizontal_m: 1.5,
            vertical_m: 2.0,
            attitude_deg: 0.5,
        }
    }
}

/// The errors of one flight.
#[derive(Debug, Clone)]
pub struct Sensors {
    position: [Drift; 3],
    turns: [Drift; 3],
}

impl Sensors {
    /// Draws the errors of a flight.
    #[must_use]
    pub fn draw(dice: &mut Dice, sigmas: &Sigmas, duration_s: f64) -> Self {
        /// Errors of a receiver without corrections change with the satellites and the ionosphere.
        const GNSS_MEMORY_S: f64 = 30.0;
        /// Errors of a gimbal's attitude change with the accelerations of the flight.
        const GIMBAL_MEMORY_S: f64 = 5.0;
        let mut position = |sigma: f64| Drift::draw(dice, sigma, GNSS_MEMORY_S, duration_s);
        let position = [
            position(sigmas.horizontal_m),
            position(sigmas.horizontal_m),
            position(sigmas.vertical_m),
        ];
        let mut turn = || {
            Drift::draw(
                dice,
                sigmas.attitude_deg.to_radians(),
                GIMBAL_MEMORY_S,
                duration_s,
            )
        };
        Self {
            position,
            turns: [turn(), turn(), turn()],
        }
    }

    /// The pose as the sensors report it.
    #[must_use]
    pub fn measure(&self, flight: &Flight, time_s: f64) -> Pose {
        let truth = flight.pose(time_s);
        let turns = [0, 1, 2].map(|axis: usize| self.turns[axis].at(time_s));
        let [yaw_deg, pitch_deg, roll_deg] =
            turned([truth.yaw_deg, truth.pitch_deg, truth.roll_deg], turns);
        let error = [0, 1, 2].map(|axis: usize| self.position[axis].at(time_s));
        Pose {
            position: std::array::from_fn(|axis| truth.position[axis] + error[axis]),
            yaw_deg,
            pitch_deg,
            roll_deg,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_has_its_deviation_and_its_memory() {
        let mut dice = Dice::new(1, 0);
        let drift = Drift::draw(&mut dice, 1.5, 10.0, 20_000.0);
        let (mut variance, mut covariance) = (0.0, 0.0);
        for second in 0..19_000 {
            let now = drift.at(f64::from(second));
            variance += now * now / 19_000.0;
            covariance += now * drift.at(f64::from(second + 10)) / 19_000.0;
        }
        assert!((variance.sqrt() - 1.5).abs() < 0.1, "{variance}");
        assert!(
            (covariance / variance - (-1.0_f64).exp()).abs() < 0.06,
            "{covariance}"
        );
    }

    #[test]
    fn a_sigma_of_zero_is_no_error_at_all() {
        let drift = Drift::draw(&mut Dice::new(1, 0), 0.0, 10.0, 50.0);
        assert!((0..50).all(|second| drift.at(f64::from(second)) == 0.0));
    }
}
