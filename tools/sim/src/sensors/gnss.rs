//! The GNSS receiver of a live flight: NMEA 0183, some time after the instants that it is about.

use chrono::{DateTime, Utc};

use super::{Sigmas, sortie::Sortie};
use crate::{clock::after, nmea};

/// Epochs per second.
const RATE_HZ: f64 = 10.0;
/// What the receiver says of its errors; it makes none.
const SIGMAS: Sigmas = Sigmas {
    horizontal_m: 0.8,
    vertical_m: 1.5,
    attitude_deg: 0.0,
};

/// The receiver.
#[derive(Debug, Clone)]
pub struct Receiver {
    start: DateTime<Utc>,
    delay_s: f64,
    separation_m: f64,
    epoch: u32,
}

impl Receiver {
    /// Switched on at `start`, a whole tenth of a second; each epoch's sentences come `delay_s` after its instant. The geoid is `separation_m` above
    /// the ellipsoid.
    #[must_use]
    pub fn new(start: DateTime<Utc>, delay_s: f64, separation_m: f64) -> Self {
        Self {
            start,
            delay_s,
            separation_m,
            epoch: 0,
        }
    }

    /// When the next epoch is to be sent, in seconds from the start.
    #[must_use]
    pub fn next_s(&self) -> f64 {
        self.instant_s() + self.delay_s
    }

    /// The sentences of the next epoch.
    pub fn sentences(&mut self, sortie: &Sortie) -> String {
        let instant_s = self.instant_s();
        self.epoch += 1;
        let motion = sortie.at(instant_s);
        nmea::fix(
            after(self.start, instant_s),
            motion.latitude_deg,
            motion.longitude_deg,
            motion.height_m,
            Some(self.separation_m),
            (motion.speed_m_s, motion.heading_deg),
            &SIGMAS,
        )
    }

    /// Epochs so far.
    #[must_use]
    pub fn epochs(&self) -> u32 {
        self.epoch
    }

    fn instant_s(&self) -> f64 {
        f64::from(self.epoch) / RATE_HZ
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_tells_where_the_aircraft_was_before_the_delay() {
        let sortie = Sortie {
            home_deg: (31.0, 103.0),
            home_height_m: 500.0,
            agl_m: 0.0,
            speed_m_s: 15.0,
            heading_deg: 0.0,
            legs: None,
            wait_s: 0.0,
            seconds: 60.0,
        };
        let start = DateTime::from_timestamp_millis(1_790_000_000_000).unwrap();
        let mut receiver = Receiver::new(start, 0.2, -42.5);
        for _ in 0..100 {
            receiver.sentences(&sortie);
        }
        assert_eq!((receiver.epochs(), receiver.next_s()), (100, 10.2));
        let text = receiver.sentences(&sortie);
        // 150 m north: 0.08116 minutes.
        let gga = text.lines().next().unwrap();
        assert!(gga.starts_with("$GPGGA,141330.00,3100.0811"), "{gga}");
        assert!(gga.contains(",E,1,14,0.8,500.000,M,-42.500,M,,*"), "{gga}");
        assert!(text.contains("$GPRMC,141330.00,A,") && text.contains("$GPGST,141330.00,"));
    }
}
