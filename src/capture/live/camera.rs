//! What a camera is to the rest of the program.

use std::{io, time::Duration};

use scarp_nav::Monotonic;
use thiserror::Error;

use super::layout::Layout;

/// Something that gives frames as they are exposed.
pub trait Camera: Send {
    /// The next frame, waited for at most `timeout`.
    ///
    /// # Errors
    /// When there is none in time, when this one is unusable, or when the camera must be opened anew;
    /// [`CameraFault::needs_reopening`] tells.
    fn next(&mut self, timeout: Duration) -> Result<RawFrame, CameraFault>;
}

/// A camera that cannot be opened as wanted.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The device node cannot be opened.
    #[error(
        "camera {device}: {reason}; check that it is plugged in and that this user may read and write it"
    )]
    Open {
        /// The device node.
        device: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// No kind of camera that was built in has such a name.
    #[error(
        "camera {device}: no kind of camera in this program has such a name; build it with the feature of that kind"
    )]
    UnknownKind {
        /// The device's name.
        device: String,
    },
    /// The device offers no pixel format for capture.
    #[error(
        "camera {device}: offers no single-planar video capture; set the device node of the camera itself"
    )]
    NoCapture {
        /// The device node.
        device: String,
    },
    /// Nothing wanted is offered.
    #[error("camera {device}: no {wanted}; set one that it offers: {offers}")]
    NoMode {
        /// The device node.
        device: String,
        /// What was wanted.
        wanted: String,
        /// What there is.
        offers: String,
    },
    /// The system refused while the camera was set up.
    #[error("camera {device}: {step} failed: {reason}; close other programs that use the camera")]
    Setup {
        /// The device node.
        device: String,
        /// What was tried.
        step: &'static str,
        /// Why the system refused.
        reason: io::Error,
    },
}

/// One frame as the camera gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    /// The driver's count of frames since streaming began, those included that it had no buffer for. Wraps around.
    pub sequence: u32,
    /// When the frame was taken; what part of it, `reference` says.
    pub timestamp: Monotonic,
    /// What the timestamp refers to.
    pub reference: TimestampReference,
    /// How to read the bytes.
    pub layout: Layout,
    /// The bytes, copied out of the driver's buffer.
    pub bytes: Vec<u8>,
}

/// What instant a timestamp is (V4L2_BUF_FLAG_TSTAMP_SRC_MASK). The middle of the exposure, at which the pose is wanted,
/// is half an exposure after the first and an exposure's half, the readout and the transfer before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampReference {
    /// The start of the exposure.
    StartOfExposure,
    /// The arrival of the last pixel.
    EndOfFrame,
}

/// Why there is no frame.
#[derive(Debug, Error)]
pub enum CameraFault {
    /// Nothing came in time.
    #[error("camera: no frame within {} ms; check the camera's cable and its trigger", .0.as_millis())]
    Timeout(Duration),
    /// The driver marks the frame as damaged (V4L2_BUF_FLAG_ERROR).
    #[error("camera: frame {sequence} arrived damaged; check the camera's cable and bus")]
    Damaged {
        /// The frame's sequence number.
        sequence: u32,
    },
    /// The camera is unplugged or its driver unbound.
    #[error("camera: gone from the bus; plug it in again")]
    Gone,
    /// Timestamps are not of the monotonic clock, so no pose can be found for the frames.
    #[error(
        "camera: the driver's timestamps are not of CLOCK_MONOTONIC (buffer flags {flags:#x}); use a driver whose are"
    )]
    OtherClock {
        /// The buffer's flags.
        flags: u32,
    },
    /// The driver refuses to go on.
    #[error("camera: {0}; it is opened again, and if that goes on look at the kernel's log")]
    Driver(io::Error),
}

impl CameraFault {
    /// Whether this camera will give no more frames and must be opened anew.
    #[must_use]
    pub fn needs_reopening(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Damaged { .. } => false,
            Self::Gone | Self::OtherClock { .. } | Self::Driver(_) => true,
        }
    }
}
