//! Frames from a camera in flight; each kind of camera is a module of its own, behind a feature.

mod bayer;
mod camera;
mod format;
mod layout;
mod mjpeg;
mod pixels;
mod reconnecting;
#[cfg(feature = "v4l2")]
pub mod v4l2;
mod ycbcr_encoding;
mod yuv;

pub use camera::{Camera, CameraFault, OpenError, RawFrame, TimestampReference};
pub use format::{BayerDepth, BayerOrder, PixelFormat, UnknownFormat};
pub use layout::{Layout, PixelError};
pub use pixels::to_rgb;
pub use reconnecting::{Counts, ReconnectingCamera, Step};
pub use ycbcr_encoding::{ColourEncoding, Matrix, Range};
