//! Which messages are asked for, and how often they come.

use mavlink::{
    MessageData,
    dialects::common::{
        ATTITUDE_QUATERNION_DATA, GIMBAL_DEVICE_ATTITUDE_STATUS_DATA, GLOBAL_POSITION_INT_DATA,
        GPS_RAW_INT_DATA, SYSTEM_TIME_DATA,
    },
};

use super::AttitudeOf;
use crate::Monotonic;

/// Message id and hertz.
const WANTED: [(u32, f64); 5] = [
    (ATTITUDE_QUATERNION_DATA::ID, 50.0),
    (GLOBAL_POSITION_INT_DATA::ID, 10.0),
    (GIMBAL_DEVICE_ATTITUDE_STATUS_DATA::ID, 20.0),
    (SYSTEM_TIME_DATA::ID, 1.0),
    (GPS_RAW_INT_DATA::ID, 5.0),
];
/// How long is counted before a message counts as too rare.
const COUNTED_S: f64 = 5.0;

/// Counts the wanted messages and asks again for those that come at less than half their rate: a request is lost
/// easily, and another companion or ground station may change the rate.
#[derive(Debug)]
pub(super) struct MessageRates {
    attitude: AttitudeOf,
    since: Option<Monotonic>,
    counts: [u32; WANTED.len()],
}

/// A request for a message, for MAV_CMD_SET_MESSAGE_INTERVAL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wanted {
    pub message_id: u32,
    pub interval_us: f32,
}

impl MessageRates {
    /// Nothing asked for yet.
    pub fn new(attitude: AttitudeOf) -> Self {
        Self {
            attitude,
            since: None,
            counts: [0; WANTED.len()],
        }
    }

    /// Asks for everything again.
    pub fn restart(&mut self) {
        *self = Self::new(self.attitude);
    }

    /// Takes a message in.
    pub fn count(&mut self, message_id: u32) {
        for ((wanted, _), count) in WANTED.iter().zip(&mut self.counts) {
            *count += u32::from(*wanted == message_id);
        }
    }

    /// What to ask for now: at first everything, then every few seconds what comes too rarely.
    pub fn due(&mut self, now: Monotonic) -> Vec<Wanted> {
        let counted_s = match self.since {
            Some(since) if now.seconds_since(since) < COUNTED_S => return Vec::new(),
            Some(since) => now.seconds_since(since),
            None => COUNTED_S,
        };
        self.since = Some(now);
        let counts = std::mem::take(&mut self.counts);
        WANTED
            .iter()
            .zip(counts)
            .filter(|((message_id, _), _)| self.is_wanted(*message_id))
            .filter(|((_, hertz), count)| f64::from(*count) < hertz * counted_s / 2.0)
            .map(|((message_id, hertz), _)| Wanted {
                message_id: *message_id,
                interval_us: (1e6 / hertz) as f32,
            })
            .collect()
    }

    /// ArduPilot shows the pilot a line for each message that it is asked for and does not have.
    fn is_wanted(&self, message_id: u32) -> bool {
        self.attitude == AttitudeOf::Gimbal || message_id != GIMBAL_DEVICE_ATTITUDE_STATUS_DATA::ID
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    #[test]
    fn everything_is_asked_for_at_first_and_then_what_is_too_rare() {
        let mut rates = MessageRates::new(AttitudeOf::Gimbal);
        let first = rates.due(at(0.0));
        assert_eq!(first.len(), 5);
        assert_eq!((first[0].message_id, first[0].interval_us), (31, 20_000.0));
        for _ in 0..200 {
            rates.count(31);
        }
        for _ in 0..20 {
            rates.count(33);
            rates.count(24);
            rates.count(2);
        }
        assert!(rates.due(at(4.9)).is_empty());
        let ids: Vec<u32> = rates.due(at(5.0)).iter().map(|w| w.message_id).collect();
        assert_eq!(ids, [33, 285]);
        assert_eq!(rates.due(at(10.0)).len(), 5);
    }

    #[test]
    fn a_gimbals_attitude_is_asked_for_only_where_it_counts() {
        let mut rates = MessageRates::new(AttitudeOf::Body);
        for t in [0.0, 5.0] {
            let ids: Vec<u32> = rates.due(at(t)).iter().map(|w| w.message_id).collect();
            assert_eq!(ids, [31, 33, 2, 24]);
        }
    }
}
