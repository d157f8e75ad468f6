//! The frames of reference that a turn leads from and to. Each is right-handed.

/// The aircraft: forward, right, down.
#[derive(Debug)]
pub enum Body {}

/// The gimbal's head: forward along the optical axis at rest, right, down.
#[derive(Debug)]
pub enum Gimbal {}

/// The platform: whatever carries the camera, forward, right, down. Boresight and lever arm are in its axes.
///
/// It is the aircraft, or the gimbal where the camera hangs on one. It has a type of its own, because both attitudes come
/// from the same port and a trajectory must not take one for the other: `Rotation::as_platform` says which it is.
#[derive(Debug)]
pub enum Platform {}

/// The camera: optical axis, image right, image down.
#[derive(Debug)]
pub enum Camera {}

/// North, east, down.
#[derive(Debug)]
pub enum Ned {}

/// Level like [`Ned`], but turned about the vertical so that x points where the aircraft's nose does.
#[derive(Debug)]
pub enum Heading {}
