//! How the bytes of a camera's frame are laid out.

use thiserror::Error;

use super::{format::PixelFormat, ycbcr_encoding::ColourEncoding};

/// What is needed to read the bytes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The pixel format.
    pub format: PixelFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from the start of one row to that of the next (V4L2's bytesperline); of no meaning for MJPEG.
    pub stride: u32,
    /// How the colours are coded; of no meaning for MJPEG, RGB and Bayer.
    pub colour: ColourEncoding,
}

/// Bytes that do not make a picture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PixelError {
    /// Fewer bytes than the picture needs.
    #[error(
        "camera frame: {bytes} bytes where {format} of {width} x {height} takes {needed}; check the camera's cable and bus"
    )]
    Short {
        /// The pixel format.
        format: PixelFormat,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes there are.
        bytes: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// A size or stride that the format cannot have.
    #[error(
        "camera frame: {format} cannot be {width} x {height} with {stride} bytes a row; set another size or format"
    )]
    Shape {
        /// The pixel format.
        format: PixelFormat,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes from row to row.
        stride: u32,
    },
    /// A JPEG that does not decode in full.
    #[error("camera frame: the JPEG is damaged ({reason}); check the camera's cable and bus")]
    Jpeg {
        /// What is wrong.
        reason: String,
    },
}

/// The error for a layout that the format cannot have.
pub(super) fn shape(layout: &Layout) -> PixelError {
    PixelError::Shape {
        format: layout.format,
        width: layout.width,
        height: layout.height,
        stride: layout.stride,
    }
}
