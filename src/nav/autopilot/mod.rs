//! The aircraft's autopilot, by MAVLink 2: ArduPilot and PX4.
//!
//! `AutopilotLink`, behind the feature `ports`, is the port and its thread; all else is pure and takes time as an argument. Message signing is not
//! spoken: a frame's signature is left unchecked, so the link must be one that nobody else can write to.

mod boot_clock;
mod boot_time;
mod component;
mod decode;
mod decoded_message;
mod gimbal_component;
mod gimbal_heading;
#[cfg(feature = "ports")]
mod link;
#[cfg(feature = "ports")]
mod link_health;
mod message_rates;
#[cfg(feature = "ports")]
mod port;
mod position_fixes;
mod status_text;
mod vehicle_filter;
#[cfg(feature = "ports")]
mod worker;

pub use boot_clock::BootClock;
pub use boot_time::{BootClockDoubt, BootInstant, BootTime, ReplyNotUsed};
pub use component::{Component, ComponentState, Received};
pub use decoded_message::{
    AttitudeOf, Autopilot, Captured, Gimbal, GimbalAttitude, Gnss, Heartbeat, Position, Refused,
    Report, TriggerTime,
};
pub use gimbal_heading::{GimbalHeading, NoHeading};
#[cfg(feature = "ports")]
pub use link::{AutopilotLink, NotSent};
#[cfg(feature = "ports")]
pub use link_health::{LinkHealth, LinkSettings, PortState};
#[cfg(feature = "ports")]
pub use port::{PortAddress, UnknownAddress};
pub use position_fixes::{NoPositionFix, PositionFixes};
pub use status_text::Severity;
pub use vehicle_filter::{Filtered, Vehicle, VehicleFilter};
