//! Agreeing with a device on format, size and rate.

use std::io;

use super::{
    super::{
        camera::OpenError, format::PixelFormat, layout::Layout, settings::CameraSettings,
        ycbcr_encoding::ColourEncoding,
    },
    device::{Device, FormatInfo, NegotiatedFormat},
};

/// Rates that differ by less than this part count as the same: 30 Hz and NTSC's 29.97 do.
const RATE_TOLERANCE: f64 = 0.01;

/// What a camera and its user agreed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mode {
    /// How to read the frames.
    pub layout: Layout,
    /// Frames per second; `None` when the camera alone decides.
    pub rate_hz: Option<f64>,
}

/// Sets the first wanted format that the device has in the wanted size and rate.
///
/// The device is asked and its answer checked, since not all drivers list what they offer; the list is for the error.
///
/// # Errors
/// When it has none, with what it offers.
pub fn negotiate(device: &mut dyn Device, settings: &CameraSettings) -> Result<Mode, OpenError> {
    for &format in &settings.formats {
        let negotiated = match device.set_format(format.fourcc(), settings.width, settings.height) {
            Ok(negotiated) => negotiated,
            // Some drivers refuse a format they do not have instead of giving another.
            Err(e) if matches!(e.raw_os_error(), Some(libc::EINVAL | libc::ENOTTY)) => continue,
            Err(reason) => return Err(setup_error(settings, "setting the format", reason)),
        };
        let fits = negotiated.fourcc == format.fourcc()
            && (negotiated.width, negotiated.height) == (settings.width, settings.height)
            && negotiated.progressive;
        if !fits {
            continue;
        }
        let rate_hz = device
            .set_rate(settings.rate_hz)
            .map_err(|reason| setup_error(settings, "setting the frame rate", reason))?;
        if rate_hz.is_none_or(|rate| (rate / settings.rate_hz - 1.0).abs() <= RATE_TOLERANCE) {
            return Ok(Mode {
                layout: layout(format, &negotiated),
                rate_hz,
            });
        }
    }
    let offers = device.offers();
    let device = settings.device.display().to_string();
    if offers.is_empty() {
        return Err(OpenError::NoCapture { device });
    }
    let formats: Vec<String> = settings
        .formats
        .iter()
        .map(PixelFormat::to_string)
        .collect();
    let usable =
        |offer: &&FormatInfo| PixelFormat::all().any(|format| format.fourcc() == offer.fourcc);
    let usable: Vec<String> = offers
        .iter()
        .filter(usable)
        .map(FormatInfo::to_string)
        .collect();
    Err(OpenError::NoMode {
        device,
        wanted: format!(
            "{} of {}x{} at {} Hz, progressive",
            formats.join(" or "),
            settings.width,
            settings.height,
            settings.rate_hz
        ),
        offers: if usable.is_empty() {
            "nothing that can be read".to_owned()
        } else {
            usable.join("; ")
        },
    })
}

/// The error of a step that the system refused.
pub(super) fn setup_error(
    settings: &CameraSettings,
    step: &'static str,
    reason: io::Error,
) -> OpenError {
    OpenError::Setup {
        device: settings.device.display().to_string(),
        step,
        reason,
    }
}

fn layout(format: PixelFormat, negotiated: &NegotiatedFormat) -> Layout {
    Layout {
        format,
        width: negotiated.width,
        height: negotiated.height,
        stride: negotiated.stride,
        colour: ColourEncoding::from_v4l2(
            format,
            negotiated.colorspace,
            negotiated.ycbcr_enc,
            negotiated.quantization,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeDevice, settings};
    use super::*;

    #[test]
    fn the_first_wanted_format_that_the_device_has_is_taken() {
        let mut device = FakeDevice::new(&["YUYV", "MJPG"]);
        let mut settings = settings();
        settings.formats = vec![PixelFormat::Nv12, PixelFormat::Mjpeg, PixelFormat::Yuyv];
        let mode = negotiate(&mut device, &settings).unwrap();
        assert_eq!(mode.layout.format, PixelFormat::Mjpeg);
        assert_eq!(mode.rate_hz, Some(10.0));
    }

    #[test]
    fn a_format_size_or_rate_that_is_not_offered_is_refused_with_what_is() {
        let base = settings();
        let other_size = CameraSettings {
            width: 1000,
            ..base.clone()
        };
        let other_rate = CameraSettings {
            rate_hz: 40.0,
            ..base.clone()
        };
        let other_format = CameraSettings {
            formats: vec![PixelFormat::Grey],
            ..base
        };
        for wanted in [other_size, other_rate, other_format] {
            let mut device = FakeDevice::new(&["YUYV", "MJPG"]);
            let error = negotiate(&mut device, &wanted).unwrap_err().to_string();
            assert!(
                error.contains("YUYV (16x4 at 5, 10, 30 Hz); MJPG (16x4 at 5, 10, 30 Hz)"),
                "{error}"
            );
            assert!(
                error.contains(&format!("{}x4 at {} Hz", wanted.width, wanted.rate_hz)),
                "{error}"
            );
            assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn formats_that_cannot_be_read_are_not_suggested() {
        let error = negotiate(&mut FakeDevice::new(&["YU12", "H264"]), &settings()).unwrap_err();
        assert!(
            error.to_string().ends_with("nothing that can be read"),
            "{error}"
        );
    }

    #[test]
    fn interlaced_pictures_are_refused() {
        let mut device = FakeDevice::new(&["YUYV"]);
        device.progressive = false;
        let error = negotiate(&mut device, &settings()).unwrap_err();
        assert!(matches!(error, OpenError::NoMode { .. }), "{error}");
    }

    #[test]
    fn a_rate_within_one_percent_or_that_cannot_be_set_is_taken() {
        let mut settings = settings();
        settings.rate_hz = 29.97;
        let mut device = FakeDevice::new(&["YUYV"]);
        assert_eq!(
            negotiate(&mut device, &settings).unwrap().rate_hz,
            Some(30.0)
        );
        device.rates = Vec::new();
        assert_eq!(negotiate(&mut device, &settings).unwrap().rate_hz, None);
    }

    #[test]
    fn a_device_without_formats_is_no_camera() {
        let error = negotiate(&mut FakeDevice::new(&[]), &settings()).unwrap_err();
        assert!(matches!(error, OpenError::NoCapture { .. }), "{error}");
    }

    #[test]
    fn a_camera_in_use_is_told_apart_from_one_that_lacks_a_format() {
        let mut device = FakeDevice::new(&["YUYV"]);
        device.busy = true;
        let error = negotiate(&mut device, &settings()).unwrap_err();
        assert!(matches!(error, OpenError::Setup { .. }), "{error}");
        assert!(error.to_string().contains("close other programs"));
    }
}
