//! Whole flights in real time: real threads, a receiver on a pseudo-terminal, an autopilot by UDP, a camera at its trait.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod aircraft;
mod camera;
mod faults;
mod flight;
mod link;
mod well;
