//! What the flight is about: waiting, searching, searching with a fault, or over.

use serde::Serialize;

use scarp_nav::Monotonic;

/// A sensor's newest sample may be so old, seconds, before it counts as missing. Health is told anew four times a second, so
/// that a fault shows within two.
pub const STALE_S: f64 = 1.2;
/// An aircraft that has been disarmed for so long has landed, seconds: autopilots disarm for a moment in tests on the ground.
const LANDED_S: f64 = 2.0;

/// What the flight is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Before the survey: something that it needs is not there yet.
    WaitingForFix,
    /// All is well: frames are placed and searched.
    Surveying,
    /// The survey has begun, but with a fault.
    Degraded,
    /// The aircraft has landed: the survey is over.
    Landed,
}

/// What can be at fault, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No fresh position fix.
    Gnss,
    /// No fresh attitude.
    Attitude,
    /// No fresh frame.
    Camera,
    /// Frames come, but their places cannot be told.
    Placement,
    /// What is found cannot be kept.
    Disk,
    /// Ground is left out, because the computer is too slow or too hot.
    Coverage,
    /// The motors are off.
    Disarmed,
}

/// A sensor, by its newest sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorStatus {
    /// Age of the newest real sample, seconds; `None` before the first.
    pub age_s: Option<f64>,
    /// What its reader says is wrong.
    pub fault: Option<String>,
}

/// What the state depends on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// The camera.
    pub camera: SensorStatus,
    /// The GNSS receiver.
    pub gnss: SensorStatus,
    /// The source of the attitude.
    pub attitude: SensorStatus,
    /// Whether the motors may turn, where it is known.
    pub armed: Option<bool>,
    /// Why frames cannot be placed.
    pub placement: Option<String>,
    /// Why findings cannot be kept.
    pub disk: Option<String>,
    /// Why ground is left out.
    pub coverage: Option<String>,
}

/// What the flight is about, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlightStatus {
    /// What it is about.
    pub state: State,
    /// What is at fault; nothing while all is well.
    pub fault: Option<Fault>,
    /// The same in one line, for people.
    pub reason: Option<String>,
}

/// Follows the flight. Once landed it stays so.
#[derive(Debug)]
pub struct StateMachine {
    status: FlightStatus,
    /// Whether the motors were ever seen running.
    flew: bool,
    disarmed: Option<Monotonic>,
}

impl Default for StateMachine {
    fn default() -> Self {
        Self {
            status: FlightStatus {
                state: State::WaitingForFix,
                fault: None,
                reason: Some("starting".to_owned()),
            },
            flew: false,
            disarmed: None,
        }
    }
}

impl StateMachine {
    /// What the flight is about.
    #[must_use]
    pub const fn status(&self) -> &FlightStatus {
        &self.status
    }

    /// Takes what is seen at `now`. Tells whether the state or the kind of fault has changed.
    pub fn observe(&mut self, observed: &Observed, now: Monotonic) -> bool {
        let before = (self.status.state, self.status.fault);
        self.status = self.next(observed, now);
        before != (self.status.state, self.status.fault)
    }

    fn next(&mut self, observed: &Observed, now: Monotonic) -> FlightStatus {
        self.flew |= observed.armed == Some(true);
        self.disarmed = match observed.armed {
            Some(false) => self.disarmed.or(Some(now)),
            _ => None,
        };
        let begun = matches!(self.status.state, State::Surveying | State::Degraded);
        let landed = self
            .disarmed
            .is_some_and(|since| begun && self.flew && now.seconds_since(since) >= LANDED_S);
        if landed || self.status.state == State::Landed {
            return FlightStatus {
                state: State::Landed,
                fault: None,
                reason: None,
            };
        }
        let (missing, hampered) = (observed.missing(), observed.hampered());
        let (state, fault) = if begun {
            let fault = missing.or(hampered).or(observed.disarmed());
            let state = fault.as_ref().map_or(State::Surveying, |_| State::Degraded);
            (state, fault)
        } else if let Some(waited_for) = missing.or(observed.disarmed()) {
            (State::WaitingForFix, Some(waited_for))
        } else {
            let state = hampered
                .as_ref()
                .map_or(State::Surveying, |_| State::Degraded);
            (state, hampered)
        };
        let (fault, reason) = fault.unzip();
        FlightStatus {
            state,
            fault,
            reason,
        }
    }
}

impl Observed {
    /// The gravest sensor that is missing: nothing can be placed without it.
    fn missing(&self) -> Option<(Fault, String)> {
        let missing = |fault, sense: &SensorStatus, what: &str| {
            sense
                .missing()
                .map(|line| (fault, format!("no {what}{line}")))
        };
        missing(Fault::Gnss, &self.gnss, "position fix")
            .or_else(|| missing(Fault::Attitude, &self.attitude, "attitude"))
            .or_else(|| missing(Fault::Camera, &self.camera, "frame of the camera"))
    }

    /// The gravest that makes the survey poorer, but is no reason not to begin it.
    fn hampered(&self) -> Option<(Fault, String)> {
        let is = |fault, line: &Option<String>| line.clone().map(|line| (fault, line));
        is(Fault::Placement, &self.placement)
            .or_else(|| is(Fault::Disk, &self.disk))
            .or_else(|| is(Fault::Coverage, &self.coverage))
    }

    fn disarmed(&self) -> Option<(Fault, String)> {
        (self.armed == Some(false)).then(|| {
            let line = "the aircraft is disarmed; the survey goes on when it is armed";
            (Fault::Disarmed, line.to_owned())
        })
    }
}

impl SensorStatus {
    /// For how long there was nothing and why, when that is too long.
    fn missing(&self) -> Option<String> {
        let since = match self.age_s {
            Some(age_s) if age_s <= STALE_S => return None,
            Some(age_s) => format!(" for {age_s:.1} s"),
            None => " yet".to_owned(),
        };
        Some(match &self.fault {
            Some(fault) => format!("{since}: {fault}"),
            None => since,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    fn fresh() -> SensorStatus {
        SensorStatus {
            age_s: Some(0.1),
            fault: None,
        }
    }

    fn well() -> Observed {
        Observed {
            camera: fresh(),
            gnss: fresh(),
            attitude: fresh(),
            armed: Some(true),
            ..Observed::default()
        }
    }

    #[test]
    fn a_flight_waits_for_its_sensors_and_for_the_motors_then_surveys_and_lands() {
        let mut machine = StateMachine::default();
        machine.observe(&Observed::default(), at(0.0));
        assert_eq!(machine.status().state, State::WaitingForFix);
        assert_eq!(machine.status().fault, Some(Fault::Gnss));
        let on_ground = Observed {
            armed: Some(false),
            ..well()
        };
        assert!(machine.observe(&on_ground, at(1.0)));
        assert_eq!(machine.status().fault, Some(Fault::Disarmed));
        assert!(machine.observe(&well(), at(20.0)));
        assert_eq!(machine.status().state, State::Surveying);
        assert!(!machine.observe(&well(), at(21.0)));
        machine.observe(&on_ground, at(30.0));
        assert_eq!(machine.status().state, State::Degraded);
        machine.observe(&on_ground, at(32.1));
        assert_eq!(machine.status().state, State::Landed);
        machine.observe(&well(), at(40.0));
        assert_eq!(machine.status().state, State::Landed);
    }

    #[test]
    fn a_sensor_that_falls_silent_degrades_the_survey_with_the_reason() {
        let mut machine = StateMachine::default();
        machine.observe(&well(), at(0.0));
        let silent = Observed {
            gnss: SensorStatus {
                age_s: Some(1.3),
                fault: Some("/dev/ttyUSB0: unplugged".to_owned()),
            },
            ..well()
        };
        assert!(machine.observe(&silent, at(1.0)));
        let status = machine.status();
        assert_eq!(status.state, State::Degraded);
        assert_eq!(
            status.reason.as_deref(),
            Some("no position fix for 1.3 s: /dev/ttyUSB0: unplugged")
        );
        machine.observe(&well(), at(2.0));
        assert_eq!(machine.status().state, State::Surveying);
        assert_eq!(machine.status().reason, None);
    }

    #[test]
    fn an_aircraft_that_was_never_armed_has_not_landed() {
        let mut machine = StateMachine::default();
        let unknown = Observed {
            armed: None,
            ..well()
        };
        machine.observe(&unknown, at(0.0));
        assert_eq!(machine.status().state, State::Surveying);
        let off = Observed {
            armed: Some(false),
            ..well()
        };
        for t in 1..10 {
            machine.observe(&off, at(f64::from(t)));
        }
        assert_eq!(machine.status().state, State::Degraded);
    }

    #[test]
    fn a_hot_computer_or_a_full_disk_degrades_a_survey_and_does_not_keep_it_from_beginning() {
        let hampered = Observed {
            coverage: Some("hot".to_owned()),
            ..well()
        };
        let mut machine = StateMachine::default();
        let on_ground = Observed {
            armed: Some(false),
            ..hampered.clone()
        };
        machine.observe(&on_ground, at(0.0));
        assert_eq!(machine.status().fault, Some(Fault::Disarmed));
        machine.observe(&hampered, at(1.0));
        let status = machine.status();
        assert_eq!(
            (status.state, status.fault),
            (State::Degraded, Some(Fault::Coverage))
        );
    }

    #[test]
    fn the_gravest_fault_is_told() {
        let both = Observed {
            disk: Some("disk full".to_owned()),
            camera: SensorStatus::default(),
            coverage: Some("slow".to_owned()),
            ..well()
        };
        let mut machine = StateMachine::default();
        machine.observe(&both, at(0.0));
        assert_eq!(machine.status().fault, Some(Fault::Camera));
    }
}
