//! Frames from a camera in flight.

mod bayer;
mod camera;
mod colour;
mod device;
#[cfg(test)]
mod fake;
mod format;
mod kernel;
mod mapping;
mod mjpeg;
mod negotiate;
mod pixels;
mod steady;
mod v4l2;
mod yuv;

pub use camera::{Camera, CameraFault, Shot, TimestampReference};
pub use colour::{ColourEncoding, Matrix, Range};
pub use device::{Buffer, Device, Granted, Offer};
pub use format::{BayerDepth, BayerOrder, PixelFormat, UnknownFormat};
pub use kernel::{Kernel, open};
pub use negotiate::{CameraSettings, Mode, OpenError};
pub use pixels::{Layout, PixelError, to_rgb};
pub use steady::{Counts, Steady, Step};
pub use v4l2::V4l2Camera;
