//! A camera that looks straight down from the aircraft: green ground, on which red landslides lie at known places.

use std::{io, thread, time::Duration};

use scarp::flight::now;
use scarp_capture::live::{
    Camera, CameraFault, ColourEncoding, Layout, OpenError, PixelFormat, RawFrame,
    TimestampReference,
};
use scarp_nav::Monotonic;

use scarp_test_support::Aircraft;

pub const WIDTH: u32 = 240;
pub const HEIGHT: u32 = 160;
/// 0.2 m per pixel from 100 m above ground.
pub const FOCAL_PX: f64 = 500.0;
const GSD_M: f64 = 0.2;

/// Metres north and east of the start: a landslide of 12 m by 8 m every 60 m along the way.
pub fn is_landslide(north_m: f64, east_m: f64) -> bool {
    (20.0..32.0).contains(&north_m.rem_euclid(60.0)) && (-2.0..6.0).contains(&east_m)
}

/// A camera on the aircraft.
pub struct FakeCamera {
    aircraft: Aircraft,
    period: Duration,
    sequence: u32,
    due: Monotonic,
    last: Option<RawFrame>,
}

impl FakeCamera {
    pub fn open(aircraft: &Aircraft, rate_hz: f64) -> Result<Box<dyn Camera>, OpenError> {
        if !aircraft
            .switches
            .camera
            .load(std::sync::atomic::Ordering::Relaxed)
        {
            return Err(OpenError::Open {
                device: "the camera".to_owned(),
                reason: io::Error::from(io::ErrorKind::NotFound),
            });
        }
        Ok(Box::new(Self {
            aircraft: aircraft.clone(),
            period: Duration::from_secs_f64(1.0 / rate_hz),
            sequence: 0,
            due: now(),
            last: None,
        }))
    }

    fn shoot(&self, timestamp: Monotonic) -> RawFrame {
        let middle_m = self.aircraft.north_m(timestamp.nanos());
        let mut bytes = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
        for v in 0..HEIGHT {
            let north_m = middle_m - (f64::from(v) + 0.5 - f64::from(HEIGHT) / 2.0) * GSD_M;
            for u in 0..WIDTH {
                let east_m = (f64::from(u) + 0.5 - f64::from(WIDTH) / 2.0) * GSD_M;
                bytes.extend(if is_landslide(north_m, east_m) {
                    [180, 90, 60]
                } else {
                    [60, 120, 50]
                });
            }
        }
        // Noise of a sensor: no two frames are the same.
        bytes[..4].copy_from_slice(&self.sequence.to_le_bytes());
        RawFrame {
            sequence: self.sequence,
            timestamp,
            reference: TimestampReference::StartOfExposure,
            layout: Layout {
                format: PixelFormat::Rgb24,
                width: WIDTH,
                height: HEIGHT,
                stride: WIDTH * 3,
                colour: ColourEncoding::from_v4l2(PixelFormat::Rgb24, 0, 0, 0),
            },
            bytes,
        }
    }
}

impl Camera for FakeCamera {
    fn next(&mut self, timeout: Duration) -> Result<RawFrame, CameraFault> {
        let on = |switch: &std::sync::atomic::AtomicBool| {
            switch.load(std::sync::atomic::Ordering::Relaxed)
        };
        let switches = &self.aircraft.switches;
        if !on(&switches.camera) {
            return Err(CameraFault::Gone);
        }
        let wait = self.due.seconds_since(now()).max(0.0);
        if wait > timeout.as_secs_f64() {
            thread::sleep(timeout);
            return Err(CameraFault::Timeout(timeout));
        }
        thread::sleep(Duration::from_secs_f64(wait));
        self.due = self.due.plus_seconds(self.period.as_secs_f64());
        if on(&switches.camera_frozen)
            && let Some(last) = &self.last
        {
            return Ok(last.clone());
        }
        self.sequence += 1;
        let shot = self.shoot(now());
        self.last = Some(shot.clone());
        Ok(shot)
    }
}
