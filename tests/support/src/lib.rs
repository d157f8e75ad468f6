//! An aircraft for tests, made here once: what its receiver and its autopilot say, over which line, and where it is; a
//! radio link of any quality, and keys for it; signals to the programs under test; and computers that lose their power.
//!
//! It uses none of Scarp's crates, so that the tests of every one may use it. `pymavlink_vehicle.py` beside it is another vehicle,
//! by the standard's own implementation.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub mod aircraft;
pub mod autopilot;
pub mod keys;
pub mod nmea;
pub mod power_cut;
pub mod receiver;
pub mod relay;
pub mod signal;

pub use aircraft::Aircraft;
