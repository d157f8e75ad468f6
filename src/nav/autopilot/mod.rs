//! The aircraft's autopilot, by MAVLink 2: ArduPilot and PX4.
//!
//! [`AutopilotLink`] is the port and its thread; all else is pure and takes time as an argument. Message signing is not
//! spoken: a frame's signature is left unchecked, so the link must be one that nobody else can write to.

mod boot_clock;
#[cfg(test)]
mod boot_clock_tests;
mod boot_time;
mod component;
#[cfg(test)]
mod component_tests;
mod fixes;
mod gimbal_heading;
mod link;
#[cfg(test)]
mod link_tests;
mod message;
mod message_rates;
#[cfg(test)]
mod message_tests;
mod own_gimbal;
mod port;
#[cfg(test)]
mod pymavlink_tests;
mod report;
mod status_text;
#[cfg(test)]
mod testing;
mod vehicle;
mod worker;

pub use boot_clock::BootClock;
pub use boot_time::{BootClockDoubt, BootInstant, BootTime, ReplyNotUsed};
pub use component::{Component, ComponentState, Received};
pub use fixes::{NoPositionFix, PositionFixes};
pub use gimbal_heading::{GimbalHeading, NoHeading};
pub use link::{AutopilotLink, LinkHealth, LinkSettings, NotSent, PortState};
pub use port::{PortAddress, UnknownAddress};
pub use report::{
    AttitudeOf, Autopilot, Captured, Frame, Gimbal, Gnss, Heartbeat, Position, Refused, Report,
    TriggerTime,
};
pub use status_text::Severity;
pub use vehicle::{Heard, Vehicle, VehicleFilter};
