//! A kind of camera is one file and one line in a table: here one that exists in this test alone, in a table of its own.

use std::{
    thread,
    time::{Duration, Instant},
};

use scarp::flight::{camera_settings, now};
use scarp_capture::live::{
    CAMERAS, Camera, CameraFault, CameraSettings, ColourEncoding, Layout, OpenCamera, OpenError,
    PixelFormat, RawFrame, ReconnectingCamera, Step, TimestampReference, open, to_rgb,
};
use scarp_config::Board;

/// A camera called `still:GREY`, which sees nothing but that shade.
struct Still {
    shade: u8,
    settings: CameraSettings,
    sequence: u32,
}

fn open_still(settings: &CameraSettings) -> Option<Result<Box<dyn Camera>, OpenError>> {
    let shade = settings.device.to_str()?.strip_prefix("still:")?;
    let opened = shade.parse().map_err(|_| OpenError::NoMode {
        device: settings.device.display().to_string(),
        wanted: format!("shade {shade}"),
        offers: "0 to 255".to_owned(),
    });
    Some(opened.map(|shade| {
        Box::new(Still {
            shade,
            settings: settings.clone(),
            sequence: 0,
        }) as Box<dyn Camera>
    }))
}

impl Camera for Still {
    fn next(&mut self, _timeout: Duration) -> Result<RawFrame, CameraFault> {
        thread::sleep(Duration::from_secs_f64(1.0 / self.settings.rate_hz));
        self.sequence += 1;
        let (width, height) = (self.settings.width, self.settings.height);
        let mut bytes = vec![self.shade; (width * height) as usize];
        // Noise of a sensor: no two frames are the same.
        bytes[0] = self.sequence as u8;
        Ok(RawFrame {
            sequence: self.sequence,
            timestamp: now(),
            reference: TimestampReference::StartOfExposure,
            layout: Layout {
                format: PixelFormat::Grey,
                width,
                height,
                stride: width,
                colour: ColourEncoding::from_v4l2(PixelFormat::Grey, 0, 0, 0),
            },
            bytes,
        })
    }
}

/// The built-in kinds, and that of this test before them.
fn kinds() -> Vec<OpenCamera> {
    [&[open_still as OpenCamera], CAMERAS].concat()
}

/// What a board asks of its camera.
fn settings(device: &str) -> CameraSettings {
    let text = format!(
        "[camera]\ndevice = '{device}'\nformats = ['GREY']\nwidth_px = 32\nheight_px = 16\nrate_hz = 100.0"
    );
    camera_settings(&Board::from_toml("b.toml", &text).unwrap()).unwrap()
}

#[test]
fn frames_come_from_the_kind_of_camera_whose_name_the_board_gives() {
    let (kinds, settings) = (kinds(), settings("still:77"));
    let mut camera = ReconnectingCamera::new(|| open(&kinds, &settings));
    let (started, mut frames) = (Instant::now(), Vec::new());
    while frames.len() < 3 {
        if let Step::Frame(frame) = camera.step(now(), Duration::from_millis(50)) {
            frames.push(frame);
        }
        let waited = started.elapsed() < Duration::from_secs(10);
        assert!(waited, "{:?}", camera.fault());
    }
    let image = to_rgb(&frames[2].layout, &frames[2].bytes).unwrap();
    assert_eq!(image.dimensions(), (32, 16));
    assert_eq!(image.get_pixel(31, 15).0, [77; 3]);
}

#[test]
fn a_camera_that_its_kind_cannot_open_is_an_error_that_names_it() {
    let error = open(&kinds(), &settings("still:black")).err().unwrap();
    assert!(
        error.to_string().contains("camera still:black: "),
        "{error}"
    );
}

#[test]
fn a_name_of_no_other_kind_is_that_of_a_device_node() {
    let error = open(&kinds(), &settings("/dev/none")).err().unwrap();
    assert!(matches!(error, OpenError::Open { .. }), "{error}");
    let error = open(&[], &settings("/dev/none")).err().unwrap();
    assert!(matches!(error, OpenError::UnknownKind { .. }), "{error}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}
