//! A V4L2 device as a camera.

use std::{io, time::Duration};

use scarp_nav::Monotonic;

use super::{
    super::{
        camera::{Camera, CameraFault, OpenError, RawFrame, TimestampReference},
        settings::CameraSettings,
    },
    device::{Buffer, Device},
    negotiate::{Mode, negotiate, setup_error},
};

/// V4L2's buffer flags (videodev2.h).
const FLAG_ERROR: u32 = 0x0040;
const FLAG_TIMESTAMP_MASK: u32 = 0xe000;
const FLAG_TIMESTAMP_MONOTONIC: u32 = 0x2000;
const FLAG_TSTAMP_SRC_MASK: u32 = 0x0007_0000;
const FLAG_TSTAMP_SRC_SOE: u32 = 0x0001_0000;

/// A device that streams in an agreed mode.
pub struct V4l2Camera<D> {
    device: D,
    mode: Mode,
}

impl<D: Device> V4l2Camera<D> {
    /// Agrees with the device on a mode and starts streaming.
    ///
    /// # Errors
    /// When the device has no such mode or cannot stream.
    pub fn start(mut device: D, settings: &CameraSettings) -> Result<Self, OpenError> {
        let mode = negotiate(&mut device, settings)?;
        device
            .start(settings.buffers)
            .map_err(|reason| setup_error(settings, "starting to stream", reason))?;
        Ok(Self { device, mode })
    }

    /// The mode agreed on.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }
}

impl<D: Device> Camera for V4l2Camera<D> {
    fn next(&mut self, timeout: Duration) -> Result<RawFrame, CameraFault> {
        let buffer = self.device.take(timeout).map_err(|error| {
            match (error.kind(), error.raw_os_error()) {
                (io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock, _) => {
                    CameraFault::Timeout(timeout)
                }
                (_, Some(libc::ENODEV | libc::ENXIO)) => CameraFault::Gone,
                _ => CameraFault::Driver(error),
            }
        })?;
        let Buffer {
            flags, sequence, ..
        } = buffer;
        if flags & FLAG_ERROR != 0 {
            return Err(CameraFault::Damaged { sequence });
        }
        if flags & FLAG_TIMESTAMP_MASK != FLAG_TIMESTAMP_MONOTONIC {
            return Err(CameraFault::OtherClock { flags });
        }
        let nanos = buffer
            .seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(buffer.microseconds.saturating_mul(1_000));
        let reference = if flags & FLAG_TSTAMP_SRC_MASK == FLAG_TSTAMP_SRC_SOE {
            TimestampReference::StartOfExposure
        } else {
            TimestampReference::EndOfFrame
        };
        Ok(RawFrame {
            sequence,
            timestamp: Monotonic::from_nanos(nanos),
            reference,
            layout: self.mode.layout,
            bytes: buffer.bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeDevice, MONOTONIC, buffer, settings};
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(100);

    fn camera(script: impl IntoIterator<Item = Result<Buffer, i32>>) -> V4l2Camera<FakeDevice> {
        let mut device = FakeDevice::new(&["YUYV"]);
        device.script.extend(script);
        V4l2Camera::start(device, &settings()).unwrap()
    }

    #[test]
    fn a_buffer_becomes_a_shot_with_its_number_time_and_bytes() {
        let shot = camera([Ok(buffer(12))]).next(TIMEOUT).unwrap();
        assert_eq!(shot.sequence, 12);
        assert_eq!(shot.timestamp, Monotonic::from_nanos(1_200_000_000));
        assert_eq!(shot.bytes, [12; 128]);
        assert_eq!((shot.layout.width, shot.layout.stride), (16, 32));
    }

    #[test]
    fn the_timestamps_reference_is_carried_on() {
        let mut start = buffer(1);
        start.flags |= FLAG_TSTAMP_SRC_SOE;
        let mut camera = camera([Ok(start), Ok(buffer(2))]);
        let mut reference = || camera.next(TIMEOUT).unwrap().reference;
        assert_eq!(reference(), TimestampReference::StartOfExposure);
        assert_eq!(reference(), TimestampReference::EndOfFrame);
    }

    #[test]
    fn a_buffer_that_the_driver_marks_is_damaged_and_the_next_one_good() {
        let mut marked = buffer(7);
        marked.flags |= FLAG_ERROR;
        let mut camera = camera([Ok(marked), Ok(buffer(8))]);
        let fault = camera.next(TIMEOUT).unwrap_err();
        assert!(matches!(fault, CameraFault::Damaged { sequence: 7 }));
        assert!(!fault.needs_reopening());
        assert_eq!(camera.next(TIMEOUT).unwrap().sequence, 8);
    }

    #[test]
    fn timestamps_of_an_unknown_or_copied_clock_are_refused() {
        for clock in [0x0000, 0x4000] {
            let mut other = buffer(1);
            other.flags = other.flags & !MONOTONIC | clock;
            let fault = camera([Ok(other)]).next(TIMEOUT).unwrap_err();
            assert!(matches!(fault, CameraFault::OtherClock { .. }));
        }
    }

    #[test]
    fn the_systems_errors_become_faults() {
        let mut camera = camera([Err(libc::ETIMEDOUT), Err(libc::ENODEV), Err(libc::EIO)]);
        let mut fault = || camera.next(TIMEOUT).unwrap_err();
        assert!(matches!(fault(), CameraFault::Timeout(TIMEOUT)));
        assert!(matches!(fault(), CameraFault::Gone));
        assert!(matches!(fault(), CameraFault::Driver(_)));
    }

    #[test]
    fn a_wild_timestamp_does_not_overflow() {
        let mut wild = buffer(1);
        (wild.seconds, wild.microseconds) = (i64::MAX, i64::MAX);
        let shot = camera([Ok(wild)]).next(TIMEOUT).unwrap();
        assert_eq!(shot.timestamp, Monotonic::from_nanos(i64::MAX));
    }
}
