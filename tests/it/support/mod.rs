//! What several tests need: an aircraft with its sensors, a flight, a link.

pub mod aircraft;
pub mod camera;
pub mod flight;
pub mod link;
