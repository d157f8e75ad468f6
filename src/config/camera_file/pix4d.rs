//! A camera file as Pix4Dmapper writes it (`..._pix4d_calibrated_internal_camera_parameters.cam`).

use super::{
    CameraFile, Fault,
    calibration::{Calibration, brown},
};

/// Pixels across that the camera is said to have: the file knows millimetres only, and pictures of any size follow from it.
const WIDTH_PX: f64 = 20_000.0;
/// What stands before the sensor's width and height in millimetres.
const SENSOR: &str = "#Focal Length mm assuming a sensor width of";
/// The values: focal length, principal point from the top left corner, and R1, R2, R3, T1, T2 by the model of OpenCV's k1, k2, k3, p1, p2
/// (Pix4D, "How are the Internal and External Camera Parameters defined").
const KEYS: [&str; 8] = ["F", "Px", "Py", "K1", "K2", "K3", "T1", "T2"];

pub(super) fn read(text: &str) -> Result<CameraFile, Fault> {
    let begins = |line: &&str| line.starts_with("Pix4D camera calibration file");
    let cameras = text.lines().filter(begins).count();
    if cameras > 1 {
        return Err(Fault::Value(format!(
            "it has {cameras} cameras, and the photographs are of one"
        )));
    }
    let sensor = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(SENSOR));
    let sensor = sensor.and_then(|sizes| {
        let (width, height) = sizes.trim().strip_suffix("mm")?.split_once('x')?;
        Some((
            width.trim().parse::<f64>().ok()?,
            height.trim().parse::<f64>().ok()?,
        ))
    });
    let (width_mm, height_mm) = sensor
        .filter(|(width, height)| width.min(*height) > 0.0 && width.max(*height) < 1000.0)
        .ok_or_else(|| Fault::Parse(format!("it has no line \"{SENSOR} WIDTHxHEIGHTmm\"")))?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| {
            let (name, value) = line.trim().split_once(char::is_whitespace)?;
            (name == key).then(|| value.trim().parse::<f64>())
        });
        match line {
            Some(Ok(value)) => Ok(value),
            Some(Err(_)) => Err(Fault::Parse(format!("{key} is no number"))),
            None => Err(Fault::Parse(format!("it has no {key}"))),
        }
    };
    let mut values = [0.0; KEYS.len()];
    for (slot, key) in values.iter_mut().zip(KEYS) {
        *slot = value(key)?;
    }
    let [focal_mm, x_mm, y_mm, k1, k2, k3, p1, p2] = values;
    let per_mm = WIDTH_PX / width_mm;
    let height_px = (height_mm * per_mm).round();
    Calibration {
        size: (WIDTH_PX as u32, height_px as u32),
        focal: (focal_mm * per_mm, focal_mm * per_mm),
        focal_sigma: None,
        // From the middle, which rounding the height does not move.
        centre: Some((
            WIDTH_PX / 2.0 + (x_mm - width_mm / 2.0) * per_mm,
            height_px / 2.0 + (y_mm - height_mm / 2.0) * per_mm,
        )),
        lens: brown([k1, k2, k3, 0.0, 0.0, 0.0], [p1, p2])?,
        rolling_shutter_s: 0.0,
    }
    .camera()
}
