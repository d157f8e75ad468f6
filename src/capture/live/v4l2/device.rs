//! The part of V4L2 that is used, behind a trait.

use std::{fmt, io, time::Duration};

/// A V4L2 capture device. [`super::V4l2Device`] is the real one; tests have one of their own.
pub trait Device: Send {
    /// What the device offers, as far as its driver tells.
    fn offers(&self) -> Vec<FormatInfo>;

    /// Asks for a format and a size (VIDIOC_S_FMT); drivers answer with the nearest they have.
    ///
    /// # Errors
    /// What the system says.
    fn set_format(
        &mut self,
        fourcc: [u8; 4],
        width: u32,
        height: u32,
    ) -> io::Result<NegotiatedFormat>;

    /// Asks for a frame rate in Hz (VIDIOC_S_PARM); drivers answer with the nearest they have, `None` when the rate
    /// cannot be set.
    ///
    /// # Errors
    /// What the system says.
    fn set_rate(&mut self, rate_hz: f64) -> io::Result<Option<f64>>;

    /// Starts streaming into so many buffers, or as many as the driver wants.
    ///
    /// # Errors
    /// What the system says.
    fn start(&mut self, buffers: u32) -> io::Result<()>;

    /// Copies the next filled buffer and gives it back to the driver.
    ///
    /// # Errors
    /// `TimedOut` when there is none in time, else what the system says.
    fn take(&mut self, timeout: Duration) -> io::Result<Buffer>;
}

/// A pixel format that a device offers, and in which sizes and rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatInfo {
    /// The four-character code.
    pub fourcc: [u8; 4],
    /// Sizes, each with its rates, in words; empty when the driver does not tell.
    pub sizes: Vec<String>,
}

impl fmt::Display for FormatInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(&self.fourcc))?;
        if !self.sizes.is_empty() {
            write!(f, " ({})", self.sizes.join(", "))?;
        }
        Ok(())
    }
}

/// The format that a driver has set (struct v4l2_pix_format).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NegotiatedFormat {
    /// The four-character code.
    pub fourcc: [u8; 4],
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes per line.
    pub stride: u32,
    /// Whether each buffer is one whole picture, not a field or two fields of different instants (V4L2_FIELD_NONE).
    pub progressive: bool,
    /// V4L2's colour space.
    pub colorspace: u32,
    /// V4L2's Y'CbCr encoding.
    pub ycbcr_enc: u32,
    /// V4L2's quantization.
    pub quantization: u32,
}

/// A filled buffer (struct v4l2_buffer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// V4L2's flags.
    pub flags: u32,
    /// Count of the frame.
    pub sequence: u32,
    /// Timestamp: seconds.
    pub seconds: i64,
    /// Timestamp: microseconds.
    pub microseconds: i64,
    /// The bytes used.
    pub bytes: Vec<u8>,
}
