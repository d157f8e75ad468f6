//! A V4L2 device for tests, which does as its script says.

use std::{collections::VecDeque, io, path::PathBuf, time::Duration};

use super::{
    super::{format::PixelFormat, settings::CameraSettings},
    device::{Buffer, Device, FormatInfo, NegotiatedFormat},
};

/// V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC.
pub(super) const MONOTONIC: u32 = 0x2000;

/// Settings that suit the fake device.
pub(super) fn settings() -> CameraSettings {
    CameraSettings {
        device: PathBuf::from("/dev/video9"),
        formats: vec![PixelFormat::Yuyv],
        width: 16,
        height: 4,
        rate_hz: 10.0,
        buffers: 4,
    }
}

/// A buffer of the fake device, stamped 1/10 s after the one before.
pub(super) fn buffer(sequence: u32) -> Buffer {
    Buffer {
        flags: MONOTONIC,
        sequence,
        seconds: i64::from(sequence / 10),
        microseconds: i64::from(sequence % 10) * 100_000,
        bytes: vec![sequence as u8; 128],
    }
}

/// Offers 16 x 4 pixels in its formats and rates, like a driver that answers with the nearest it has.
pub(super) struct FakeDevice {
    formats: Vec<[u8; 4]>,
    pub(super) rates: Vec<f64>,
    pub(super) progressive: bool,
    pub(super) busy: bool,
    pub(super) script: VecDeque<Result<Buffer, i32>>,
}

impl FakeDevice {
    pub(super) fn new(formats: &[&str]) -> Self {
        let fourcc = |name: &&str| name.as_bytes().try_into().unwrap();
        Self {
            formats: formats.iter().map(fourcc).collect(),
            rates: vec![5.0, 10.0, 30.0],
            progressive: true,
            busy: false,
            script: VecDeque::new(),
        }
    }
}

impl Device for FakeDevice {
    fn offers(&self) -> Vec<FormatInfo> {
        let rates: Vec<String> = self.rates.iter().map(f64::to_string).collect();
        let size = format!("16x4 at {} Hz", rates.join(", "));
        let offer = |&fourcc| FormatInfo {
            fourcc,
            sizes: vec![size.clone()],
        };
        self.formats.iter().map(offer).collect()
    }

    fn set_format(&mut self, fourcc: [u8; 4], _: u32, _: u32) -> io::Result<NegotiatedFormat> {
        if self.busy {
            return Err(io::Error::from_raw_os_error(libc::EBUSY));
        }
        let first = self.formats.first();
        let einval = || io::Error::from_raw_os_error(libc::EINVAL);
        let had = self.formats.iter().find(|have| **have == fourcc);
        Ok(NegotiatedFormat {
            fourcc: *had.or(first).ok_or_else(einval)?,
            width: 16,
            height: 4,
            stride: 32,
            progressive: self.progressive,
            colorspace: 0,
            ycbcr_enc: 0,
            quantization: 0,
        })
    }

    fn set_rate(&mut self, rate_hz: f64) -> io::Result<Option<f64>> {
        let distance = |rate: &f64| (rate - rate_hz).abs();
        let nearest = self.rates.iter().copied();
        Ok(nearest.min_by(|a, b| distance(a).total_cmp(&distance(b))))
    }

    fn start(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn take(&mut self, _: Duration) -> io::Result<Buffer> {
        let next = self.script.pop_front();
        next.unwrap_or(Err(libc::ENODEV))
            .map_err(io::Error::from_raw_os_error)
    }
}
