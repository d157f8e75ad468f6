//! How the autopilot is reached, and how its link is.

use super::{AttitudeOf, PortAddress, Vehicle};
use crate::Monotonic;

/// How the autopilot is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// The port.
    pub address: PortAddress,
    /// System id of the vehicle; otherwise the first autopilot heard is believed.
    pub system: Option<u8>,
    /// Whose attitude is wanted.
    pub attitude: AttitudeOf,
}

/// How the link is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkHealth {
    /// The port.
    pub port: PortState,
    /// The autopilot, once its heartbeat has come.
    pub vehicle: Option<Vehicle>,
    /// When the newest message of the vehicle that concerns Scarp came.
    pub newest: Option<Monotonic>,
    /// Whether the autopilot's clock is known by TIMESYNC, to a millisecond or so.
    pub synchronised: bool,
    /// MAVLink 2 frames with a good checksum.
    pub frames: u64,
    /// Those of others than the vehicle.
    pub foreign: u64,
    /// Those whose content the standard does not know.
    pub unreadable: u64,
    /// MAVLink 1 frames, which are not used. An autopilot that speaks it until it hears MAVLink 2 (PX4 with `MAV_PROTO_VER` 0)
    /// is answered and changes over; if they go on, set its port to MAVLink 2 (ArduPilot `SERIALn_PROTOCOL` 2, PX4
    /// `MAV_PROTO_VER` 2).
    pub mavlink1: u64,
    /// Reports lost because their receiver was too slow.
    pub lost: u64,
    /// Messages that could not be sent.
    pub unsent: u64,
}

impl LinkHealth {
    /// Why the vehicle is not heard; nothing once it is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        match &self.port {
            PortState::Closed { why } => Some(why.clone()),
            _ if self.vehicle.is_some() => None,
            _ if self.mavlink1 > 0 => {
                Some("it speaks MAVLink 1; set its port to MAVLink 2".to_owned())
            }
            _ => Some("no heartbeat; check cable, speed and the port's protocol".to_owned()),
        }
    }
}

/// How the port is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PortState {
    /// Not opened yet.
    #[default]
    Opening,
    /// Open.
    Open,
    /// Closed, and to be opened again soon.
    Closed {
        /// What happened.
        why: String,
    },
}

impl LinkHealth {
    /// Seconds since the newest message of the vehicle; `None` before the first.
    #[must_use]
    pub fn age_s(&self, now: Monotonic) -> Option<f64> {
        self.newest.map(|newest| now.seconds_since(newest))
    }
}
