//! The heading that a gimbal's attitude lacks when it counts from the aircraft's nose.

use std::collections::VecDeque;

use scarp_geo::{
    Rotation,
    reference_frame::{self, Body, Ned},
};
use thiserror::Error;

use super::{Gimbal, GimbalAttitude};
use crate::{
    Monotonic,
    history::{Bracket, History, Outside},
};

/// Longest time between two attitudes of the aircraft to interpolate over, seconds: in a turn the nose moves some degrees.
const MAX_GAP_S: f64 = 0.2;
/// Attitudes of the aircraft kept: 2.5 s at 100 Hz, as a message may be two seconds on its way.
const BODIES: usize = 256;
/// Attitudes of the gimbal that may wait for the aircraft's: of 0.2 s at 100 Hz, and some more.
const WAITING: usize = 32;

/// Completes what a gimbal tells by the aircraft's heading at the same instant, between two of its attitudes: never by one
/// that is merely the newest, because an autopilot may fall silent while its gimbal goes on.
#[derive(Debug)]
pub struct GimbalHeading {
    bodies: History<Rotation<Body, Ned>>,
    waiting: VecDeque<(Monotonic, Gimbal)>,
}

/// Why a gimbal's attitude cannot be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no attitude of the aircraft within {MAX_GAP_S} s of the gimbal's, whose yaw counts from the nose; check the autopilot's rates"
)]
pub struct NoHeading;

/// A gimbal's attitude with the heading, or why it has none.
type Completed = Result<Rotation<reference_frame::Gimbal, Ned>, NoHeading>;

impl Default for GimbalHeading {
    fn default() -> Self {
        Self {
            bodies: History::new(BODIES),
            waiting: VecDeque::with_capacity(WAITING),
        }
    }
}

impl GimbalHeading {
    /// Takes an attitude of the aircraft. One that is not later than the one before is left out.
    pub fn body(&mut self, at: Monotonic, body: Rotation<Body, Ned>) {
        self.bodies.push(at, body);
    }

    /// Takes what the gimbal tells of an instant.
    pub fn gimbal(&mut self, at: Monotonic, gimbal: Gimbal) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((at, gimbal));
    }

    /// The next of the gimbal's attitudes, or why it has none; nothing while the aircraft's after it may still come. To be
    /// asked again until there is nothing.
    pub fn ready(&mut self) -> Option<(Monotonic, Completed)> {
        let &(at, gimbal) = self.waiting.front()?;
        let attitude = match gimbal.attitude {
            GimbalAttitude::Earth(attitude) => Ok(attitude),
            GimbalAttitude::Vehicle(attitude) => self
                .heading_deg(at)?
                .map(|degrees| Rotation::from_heading_deg(degrees) * attitude),
        };
        self.waiting.pop_front();
        Some((at, attitude))
    }

    fn heading_deg(&self, at: Monotonic) -> Option<Result<f64, NoHeading>> {
        match self.bodies.around(at) {
            Ok(bracket) if bracket.gap_s <= MAX_GAP_S => Some(Ok(heading_deg(&bracket))),
            Err(Outside::Later { .. }) if self.may_come() => None,
            _ => Some(Err(NoHeading)),
        }
    }

    /// Whether the aircraft's newest attitude is not too old for the gimbal's newest.
    fn may_come(&self) -> bool {
        let newest = self.waiting.iter().map(|(at, _)| *at).max();
        let outside = newest.and_then(|at| self.bodies.around(at).err());
        matches!(outside, Some(Outside::Later { by_s }) if by_s <= MAX_GAP_S)
    }
}

fn heading_deg(bracket: &Bracket<'_, Rotation<Body, Ned>>) -> f64 {
    let body = bracket.before.slerp(bracket.after, bracket.fraction);
    body.heading_deg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopilot::BootTime;

    fn at(ms: i64) -> Monotonic {
        Monotonic::from_nanos(ms * 1_000_000)
    }

    fn yaw<From, To>(degrees: f64) -> Rotation<From, To> {
        Rotation::from_euler_rad(0.0, 0.0, degrees.to_radians())
    }

    /// A level gimbal that knows north.
    fn by_north(yaw_deg: f64) -> Gimbal {
        Gimbal {
            boot: BootTime::from_nanos(0),
            attitude: GimbalAttitude::Earth(yaw(yaw_deg)),
        }
    }

    /// A level gimbal whose yaw counts from the nose.
    fn by_nose(yaw_deg: f64) -> Gimbal {
        Gimbal {
            boot: BootTime::from_nanos(0),
            attitude: GimbalAttitude::Vehicle(yaw(yaw_deg)),
        }
    }

    /// Milliseconds and degrees from north of what is ready.
    fn ready(headings: &mut GimbalHeading) -> Vec<(i64, Result<f64, NoHeading>)> {
        let one = |(instant, attitude): (Monotonic, Result<Rotation<_, Ned>, _>)| {
            let degrees = attitude.map(|turned| turned.heading_deg().round());
            (instant.nanos() / 1_000_000, degrees)
        };
        std::iter::from_fn(|| headings.ready()).map(one).collect()
    }

    #[test]
    fn a_gimbal_in_the_aircrafts_frame_waits_for_the_heading_at_its_own_instant() {
        let mut headings = GimbalHeading::default();
        headings.body(at(1000), yaw(170.0));
        headings.gimbal(at(1050), by_nose(-30.0));
        headings.gimbal(at(1100), by_nose(-30.0));
        assert_eq!(ready(&mut headings), []);
        // The short way, over south.
        headings.body(at(1080), yaw(-174.0));
        assert_eq!(ready(&mut headings), [(1050, Ok(150.0))]);
        headings.body(at(1100), yaw(-172.0));
        assert_eq!(ready(&mut headings), [(1100, Ok(158.0))]);
    }

    #[test]
    fn a_gimbal_that_knows_north_needs_no_heading() {
        let mut headings = GimbalHeading::default();
        headings.gimbal(at(1000), by_north(40.0));
        assert_eq!(ready(&mut headings), [(1000, Ok(40.0))]);
    }

    #[test]
    fn without_the_aircrafts_attitude_or_with_an_old_one_a_gimbal_has_no_heading() {
        let mut headings = GimbalHeading::default();
        headings.gimbal(at(1000), by_nose(0.0));
        assert_eq!(ready(&mut headings), [(1000, Err(NoHeading))]);
        headings.body(at(2000), yaw(90.0));
        headings.gimbal(at(1900), by_nose(0.0));
        assert_eq!(ready(&mut headings), [(1900, Err(NoHeading))]);
        headings.gimbal(at(2190), by_nose(0.0));
        assert_eq!(ready(&mut headings), []);
        // The autopilot is silent: what waited is given up with what came since.
        headings.gimbal(at(2210), by_nose(0.0));
        let (first, second) = ((2190, Err(NoHeading)), (2210, Err(NoHeading)));
        assert_eq!(ready(&mut headings), [first, second]);
    }

    #[test]
    fn between_attitudes_of_the_aircraft_that_are_too_far_apart_there_is_no_heading() {
        let mut headings = GimbalHeading::default();
        headings.body(at(1000), yaw(90.0));
        headings.gimbal(at(1100), by_nose(0.0));
        headings.body(at(1300), yaw(90.0));
        assert_eq!(ready(&mut headings), [(1100, Err(NoHeading))]);
    }

    #[test]
    fn of_what_waits_too_long_the_newest_is_kept() {
        let mut headings = GimbalHeading::default();
        headings.body(at(1000), yaw(90.0));
        for ms in 1000..1100 {
            headings.gimbal(at(ms), by_nose(0.0));
        }
        headings.body(at(1100), yaw(90.0));
        let kept = ready(&mut headings);
        assert_eq!((kept.len(), kept[31]), (WAITING, (1099, Ok(90.0))));
    }
}
