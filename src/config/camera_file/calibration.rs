//! A camera as a file describes it, and whether it can be one.

use scarp_geo::{Brown, CameraModel, Fisheye, Lens};

use super::{CameraFile, Fault};

/// One-sigma error of a calibrated focal length where the file does not tell it, as a part of it: temperature and focus.
const SIGMA: f64 = 0.002;
/// Pictures, focal lengths and principal points believed, in pixels.
const MAX_PX: f64 = 100_000.0;
/// Longest time that a picture is read out in, in seconds: no camera for stills takes a fifth of it.
const MAX_READOUT_S: f64 = 1.0;

/// What a file says of its camera, in pixels.
pub(super) struct Calibration {
    pub(super) size: (u32, u32),
    /// Across and down.
    pub(super) focal: (f64, f64),
    /// One-sigma error of the first.
    pub(super) focal_sigma: Option<f64>,
    /// From the top left corner of the picture; `None` for its middle.
    pub(super) centre: Option<(f64, f64)>,
    pub(super) lens: Lens,
    pub(super) rolling_shutter_s: f64,
}

/// The lens of OpenCV's k1 to k6, p1 and p2.
pub(super) fn brown(k: [f64; 6], p: [f64; 2]) -> Result<Lens, Fault> {
    let lens = Brown::new(k, p).map(Lens::Brown);
    lens.ok_or_else(no_number)
}

/// The lens of OpenCV's k1 to k4 of a fisheye.
pub(super) fn fisheye(k: [f64; 4]) -> Result<Lens, Fault> {
    let lens = Fisheye::new(k).map(Lens::Fisheye);
    lens.ok_or_else(no_number)
}

fn no_number() -> Fault {
    Fault::Value("a coefficient of the lens is no number".to_owned())
}

impl Calibration {
    /// The camera, or why there is none.
    pub(super) fn camera(self) -> Result<CameraFile, Fault> {
        let positive = |key: &str, value: f64| {
            if value > 0.0 && value <= MAX_PX {
                Ok(value)
            } else {
                let reason = format!("{key} is {value}, and has to be between 0 and {MAX_PX}");
                Err(Fault::Value(reason))
            }
        };
        let (width, height) = self.size;
        let width_px = positive("width_px", f64::from(width))?;
        let height_px = positive("height_px", f64::from(height))?;
        let focal_px = positive("focal_px", self.focal.0)?;
        let focal_y_px = positive("focal_y_px", self.focal.1)?;
        let focal_sigma_px = self.focal_sigma.unwrap_or(focal_px * SIGMA);
        let focal_sigma_px = positive("focal_sigma_px", focal_sigma_px)?;
        let (cx, cy) = self.centre.unwrap_or((width_px / 2.0, height_px / 2.0));
        for (at, side) in [(cx, width_px), (cy, height_px)] {
            if !(0.0..=side).contains(&at) {
                return Err(Fault::Value(format!(
                    "principal_point_px has {at}, which lies outside the picture"
                )));
            }
        }
        if !(0.0..=MAX_READOUT_S).contains(&self.rolling_shutter_s) {
            return Err(Fault::Value(format!(
                "rolling_shutter_s is {}, and has to be between 0 and {MAX_READOUT_S}",
                self.rolling_shutter_s
            )));
        }
        let model = CameraModel {
            focal_ratio: focal_y_px / focal_px,
            focal_sigma_px,
            cx,
            cy,
            lens: self.lens,
            ..CameraModel::centred(width, height, focal_px)
        };
        if !model.is_within_reach() {
            return Err(Fault::Value(
                "its lens folds the corners of the picture back".to_owned(),
            ));
        }
        Ok(CameraFile {
            model,
            rolling_shutter_s: self.rolling_shutter_s,
        })
    }
}
