//! Cameras of the Linux kernel, by V4L2.

mod camera;
mod device;
#[cfg(test)]
mod fake;
mod kernel;
mod mapping;
mod negotiate;

pub use camera::V4l2Camera;
pub use device::{Buffer, Device, Granted, Offer};
pub use kernel::{Kernel, open};
pub use negotiate::{CameraSettings, Mode};
