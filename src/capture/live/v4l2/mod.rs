//! Cameras of the Linux kernel, by V4L2.

mod camera;
mod device;
#[cfg(test)]
mod fake;
mod mapping;
mod negotiate;
mod v4l2_device;

pub use camera::V4l2Camera;
pub use device::{Buffer, Device, FormatInfo, NegotiatedFormat};
pub use negotiate::Mode;
pub use v4l2_device::{V4l2Device, open};
