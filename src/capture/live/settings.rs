//! What is asked of a camera, of whatever kind.

use std::path::PathBuf;

use super::format::PixelFormat;

/// What is wanted of a camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraSettings {
    /// What the board calls the camera; of V4L2 the device node, best one that names it: `/dev/v4l/by-id/...`.
    pub device: PathBuf,
    /// Pixel formats, the one liked best first.
    pub formats: Vec<PixelFormat>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub rate_hz: f64,
    /// Buffers for the driver to fill; four let it go on while one is copied.
    pub buffers: u32,
}
