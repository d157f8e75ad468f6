//! Frames from a camera in flight; each kind of camera is a module of its own, behind a feature, and a line in a table.

mod bayer;
mod camera;
mod format;
mod kinds;
mod layout;
mod mjpeg;
mod pixels;
mod reconnecting;
mod settings;
#[cfg(feature = "v4l2")]
pub mod v4l2;
mod ycbcr_encoding;
mod yuv;

pub use camera::{Camera, CameraFault, OpenError, RawFrame, TimestampReference};
pub use format::{BayerDepth, BayerOrder, PixelFormat, UnknownFormat};
pub use kinds::{OpenCamera, open};
pub use layout::{Layout, PixelError};
pub use pixels::to_rgb;
pub use reconnecting::{Counts, ReconnectingCamera, Step};
pub use settings::CameraSettings;
pub use ycbcr_encoding::{ColourEncoding, Matrix, Range};

/// Every kind of camera. V4L2 takes every name, and so is the last.
pub const CAMERAS: &[OpenCamera] = &[
    #[cfg(feature = "v4l2")]
    v4l2::open,
];
