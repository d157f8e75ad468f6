//! Errors that drift.

use crate::dice::Dice;

/// Samples per second of the logs.
pub const RATE_HZ: f64 = 5.0;

/// An error that drifts: a first-order Gauss-Markov process (Brown and Hwang, "Introduction to Random Signals and
/// Applied Kalman Filtering", section 3.3), sampled at the rate of the logs and linear between.
#[derive(Debug, Clone)]
pub struct Drift(Vec<f64>);

impl Drift {
    /// Draws an error with the given standard deviation that is forgotten within about `memory_s`.
    #[must_use]
    pub fn draw(dice: &mut Dice, sigma: f64, memory_s: f64, duration_s: f64) -> Self {
        let keep = (-1.0 / (RATE_HZ * memory_s)).exp();
        let fresh = sigma * (1.0 - keep * keep).sqrt();
        let mut error = dice.normal(sigma);
        let samples = (duration_s * RATE_HZ).ceil() as usize + 2;
        Self(
            (0..samples)
                .map(|_| {
                    let now = error;
                    error = keep * now + dice.normal(fresh);
                    now
                })
                .collect(),
        )
    }

    /// The error at a time in seconds.
    #[must_use]
    pub fn at(&self, time_s: f64) -> f64 {
        let place = (time_s * RATE_HZ).clamp(0.0, self.0.len() as f64 - 1.001);
        let sample = place as usize;
        self.0[sample] + (self.0[sample + 1] - self.0[sample]) * (place - sample as f64)
    }
}
