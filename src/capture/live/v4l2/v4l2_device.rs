//! V4L2 devices of the Linux kernel.
//!
//! Of the `v4l` crate this uses the bindings and the lists of sizes and rates. Its stream cannot go on after a timeout
//! (it queues a buffer twice) and panics when a driver refuses to stop; its formats leave out the Y'CbCr encoding and
//! panic on codes and names it does not know.

use std::{
    fs, io, mem,
    os::{raw::c_void, unix::fs::FileTypeExt},
    path::Path,
    time::{Duration, Instant},
};

use v4l::{
    Device as Node, FourCC, Fraction,
    frameinterval::FrameIntervalEnum,
    framesize::FrameSizeEnum,
    v4l_sys::{v4l2_buffer, v4l2_fmtdesc, v4l2_format, v4l2_requestbuffers},
    v4l2::{ioctl, vidioc},
    video::{Capture, capture::Parameters},
};

use super::{
    super::{
        camera::{Camera, OpenError},
        settings::CameraSettings,
    },
    camera::V4l2Camera,
    device::{Buffer, Device, FormatInfo, NegotiatedFormat},
    mapping::Mapping,
};

/// V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP and V4L2_FIELD_NONE.
const VIDEO_CAPTURE: u32 = 1;
const MMAP: u32 = 1;
const FIELD_NONE: u32 = 1;

/// Most formats and buffers asked about; no driver has as many.
const MOST: u32 = 256;

/// Pause before a driver is asked again that announced a buffer and then had none.
const RETRY: Duration = Duration::from_millis(1);

/// An open device node.
pub struct V4l2Device {
    /// Before the node: buffers are unmapped first.
    buffers: Vec<Mapping>,
    node: Node,
}

/// Opens the device node of the settings as a camera; every name is taken for that of a device node.
///
/// # Errors
/// When there is no such device or it cannot do what is wanted.
pub fn open(settings: &CameraSettings) -> Option<Result<Box<dyn Camera>, OpenError>> {
    let opened = V4l2Device::open(&settings.device).map_err(|reason| OpenError::Open {
        device: settings.device.display().to_string(),
        reason,
    });
    let started = opened.and_then(|device| V4l2Camera::start(device, settings));
    Some(started.map(|camera| Box::new(camera) as Box<dyn Camera>))
}

impl V4l2Device {
    fn open(path: &Path) -> io::Result<Self> {
        if !fs::metadata(path)?.file_type().is_char_device() {
            return Err(io::Error::other("not a device node"));
        }
        Ok(Self {
            buffers: Vec::new(),
            node: Node::with_path(path)?,
        })
    }

    /// Calls the driver with a struct of V4L2's.
    fn call<T>(&self, request: vidioc::_IOC_TYPE, argument: &mut T) -> io::Result<()> {
        // SAFETY: the callers pair each request with the struct it is defined for, and the struct outlives the call.
        unsafe {
            ioctl(
                self.node.handle().fd(),
                request,
                (&raw mut *argument).cast::<c_void>(),
            )
        }
    }

    fn sizes(&self, fourcc: FourCC) -> Vec<String> {
        let sizes = self.node.enum_framesizes(fourcc).unwrap_or_default();
        let in_words = |size: FrameSizeEnum| match size {
            FrameSizeEnum::Discrete(size) => {
                let rates = self.rates(fourcc, size.width, size.height);
                format!("{size}{rates}")
            }
            FrameSizeEnum::Stepwise(range) => range.to_string(),
        };
        sizes.into_iter().map(|size| in_words(size.size)).collect()
    }

    fn rates(&self, fourcc: FourCC, width: u32, height: u32) -> String {
        let intervals = self.node.enum_frameintervals(fourcc, width, height);
        let in_words = |interval: &FrameIntervalEnum| match interval {
            FrameIntervalEnum::Discrete(interval) => round(hertz(*interval)),
            FrameIntervalEnum::Stepwise(range) => {
                format!("{} to {}", round(hertz(range.max)), round(hertz(range.min)))
            }
        };
        let intervals = intervals.unwrap_or_default();
        let rates: Vec<String> = intervals.iter().map(|i| in_words(&i.interval)).collect();
        if rates.is_empty() {
            return String::new();
        }
        format!(" at {} Hz", rates.join(", "))
    }

    fn queue(&self, index: u32) -> io::Result<()> {
        let mut buffer = descriptor(index);
        self.call(vidioc::VIDIOC_QBUF, &mut buffer)
    }

    /// Waits for a filled buffer and takes it from the driver.
    fn dequeue(&self, timeout: Duration) -> io::Result<v4l2_buffer> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let millis = left.as_millis().min(i32::MAX as u128) as i32;
            match self.node.handle().poll(libc::POLLIN, millis) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted && !left.is_zero() => continue,
                Err(e) => return Err(e),
            }
            let mut buffer = descriptor(0);
            match self.call(vidioc::VIDIOC_DQBUF, &mut buffer) {
                Ok(()) => return Ok(buffer),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && !left.is_zero() => {
                    std::thread::sleep(RETRY);
                }
                Err(e) => return Err(e),
            }
        }
    }
}

impl Device for V4l2Device {
    fn offers(&self) -> Vec<FormatInfo> {
        let mut offers = Vec::new();
        for index in 0..MOST {
            // SAFETY: a struct of plain numbers, for which zero is a value.
            let mut description: v4l2_fmtdesc = unsafe { mem::zeroed() };
            (description.index, description.type_) = (index, VIDEO_CAPTURE);
            if self
                .call(vidioc::VIDIOC_ENUM_FMT, &mut description)
                .is_err()
            {
                break;
            }
            let fourcc = FourCC::from(description.pixelformat);
            offers.push(FormatInfo {
                fourcc: fourcc.repr,
                sizes: self.sizes(fourcc),
            });
        }
        offers
    }

    fn set_format(
        &mut self,
        fourcc: [u8; 4],
        width: u32,
        height: u32,
    ) -> io::Result<NegotiatedFormat> {
        // SAFETY: a struct and a union of plain numbers, for which zero is a value.
        let mut format: v4l2_format = unsafe { mem::zeroed() };
        format.type_ = VIDEO_CAPTURE;
        format.fmt.pix.width = width;
        format.fmt.pix.height = height;
        format.fmt.pix.pixelformat = u32::from_le_bytes(fourcc);
        format.fmt.pix.field = FIELD_NONE;
        self.call(vidioc::VIDIOC_S_FMT, &mut format)?;
        // SAFETY: for this type of buffer `pix` is the union's field in use, and plain numbers take any bits.
        let (pix, ycbcr_enc) =
            unsafe { (format.fmt.pix, format.fmt.pix.__bindgen_anon_1.ycbcr_enc) };
        Ok(NegotiatedFormat {
            fourcc: pix.pixelformat.to_le_bytes(),
            width: pix.width,
            height: pix.height,
            stride: pix.bytesperline,
            progressive: pix.field == FIELD_NONE,
            colorspace: pix.colorspace,
            ycbcr_enc,
            quantization: pix.quantization,
        })
    }

    fn set_rate(&mut self, rate_hz: f64) -> io::Result<Option<f64>> {
        // Thousandths hold 29.97 Hz and the like.
        let interval = Fraction::new(1000, (rate_hz * 1000.0).round() as u32);
        match self.node.set_params(&Parameters::new(interval)) {
            Ok(set) => Ok(Some(hertz(set.interval)).filter(|rate| rate.is_finite())),
            Err(e) if matches!(e.raw_os_error(), Some(libc::ENOTTY | libc::EINVAL)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn start(&mut self, buffers: u32) -> io::Result<()> {
        // SAFETY: a struct of plain numbers, for which zero is a value.
        let mut request: v4l2_requestbuffers = unsafe { mem::zeroed() };
        (request.count, request.type_, request.memory) = (buffers, VIDEO_CAPTURE, MMAP);
        self.call(vidioc::VIDIOC_REQBUFS, &mut request)?;
        for index in 0..request.count.min(MOST) {
            let mut buffer = descriptor(index);
            self.call(vidioc::VIDIOC_QUERYBUF, &mut buffer)?;
            // SAFETY: for mapped memory `offset` is the union's field in use.
            let offset = unsafe { buffer.m.offset };
            let fd = self.node.handle().fd();
            let mapping = Mapping::new(fd, i64::from(offset), buffer.length as usize)?;
            self.buffers.push(mapping);
            self.queue(index)?;
        }
        let mut kind = VIDEO_CAPTURE;
        self.call(vidioc::VIDIOC_STREAMON, &mut kind)
    }

    fn take(&mut self, timeout: Duration) -> io::Result<Buffer> {
        let filled = self.dequeue(timeout)?;
        let mapping = self.buffers.get(filled.index as usize);
        let bytes = mapping.map(|mapping| mapping.copy(filled.bytesused as usize));
        self.queue(filled.index)?;
        Ok(Buffer {
            flags: filled.flags,
            sequence: filled.sequence,
            seconds: filled.timestamp.tv_sec,
            microseconds: filled.timestamp.tv_usec,
            bytes: bytes
                .ok_or_else(|| io::Error::other("the driver names a buffer there is not"))?,
        })
    }
}

fn descriptor(index: u32) -> v4l2_buffer {
    // SAFETY: a struct and a union of plain numbers, for which zero is a value.
    let mut buffer: v4l2_buffer = unsafe { mem::zeroed() };
    (buffer.index, buffer.type_, buffer.memory) = (index, VIDEO_CAPTURE, MMAP);
    buffer
}

fn hertz(interval: Fraction) -> f64 {
    f64::from(interval.denominator) / f64::from(interval.numerator)
}

/// A rate with at most two decimals.
fn round(rate_hz: f64) -> String {
    ((rate_hz * 100.0).round() / 100.0).to_string()
}
