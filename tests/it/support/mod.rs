//! What several tests need: a flight of the test aircraft, its camera, a link.

pub mod camera;
pub mod flight;
pub mod link;
