//! A camera file as OpenDroneMap writes it (`cameras.json`), by OpenSfM's models.

use scarp_geo::Lens;
use serde_json::{Map, Value};

use super::{
    CameraFile, Fault,
    calibration::{Calibration, brown, fisheye},
};

/// The one camera of the file. Lengths are parts of the picture's longer side, from its middle (OpenSfM, "Geometric Models").
pub(super) fn read(cameras: &Map<String, Value>) -> Result<CameraFile, Fault> {
    let mut all = cameras.iter();
    let (Some((name, camera)), None) = (all.next(), all.next()) else {
        let names: Vec<&str> = cameras.keys().map(String::as_str).collect();
        return Err(Fault::Value(format!(
            "it has {} cameras ({}), and the photographs are of one",
            names.len(),
            names.join(", ")
        )));
    };
    let number = |key: &str| match camera.get(key) {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .map(Some)
            .ok_or_else(|| Fault::Parse(format!("{key} of {name:?} is no number"))),
    };
    let needed =
        |key: &str| number(key)?.ok_or_else(|| Fault::Parse(format!("{name:?} has no {key}")));
    let coefficient = |key: &str| Ok::<f64, Fault>(number(key)?.unwrap_or(0.0));
    let side = |key: &str| {
        let side = needed(key)?;
        let whole = side.fract() == 0.0 && (1.0..=1e6).contains(&side);
        whole.then_some(side as u32).ok_or_else(|| {
            Fault::Value(format!(
                "{key} of {name:?} is {side}, which is no number of pixels"
            ))
        })
    };
    let size = (side("width")?, side("height")?);
    let longer = f64::from(size.0.max(size.1));
    let (k1, k2, k3) = (coefficient("k1")?, coefficient("k2")?, coefficient("k3")?);
    let radial = || brown([k1, k2, k3, 0.0, 0.0, 0.0], [0.0; 2]);
    let projection = camera.get("projection_type").and_then(Value::as_str);
    let (one_focal, lens): (bool, Lens) = match projection.unwrap_or_default() {
        "perspective" => (true, radial()?),
        "simple_radial" | "radial" => (false, radial()?),
        "brown" => {
            let p = [coefficient("p1")?, coefficient("p2")?];
            (false, brown([k1, k2, k3, 0.0, 0.0, 0.0], p)?)
        }
        "fisheye" => (true, fisheye([k1, k2, 0.0, 0.0])?),
        "fisheye_opencv" => (false, fisheye([k1, k2, k3, coefficient("k4")?])?),
        other => {
            return Err(Fault::Value(format!(
                "projection_type of {name:?} is {other:?}, and perspective, simple_radial, radial, brown, fisheye and fisheye_opencv are computed"
            )));
        }
    };
    let (focal, centre) = if one_focal {
        let focal = needed("focal")?;
        ((focal, focal), (0.0, 0.0))
    } else {
        (
            (needed("focal_x")?, needed("focal_y")?),
            (coefficient("c_x")?, coefficient("c_y")?),
        )
    };
    Calibration {
        size,
        focal: (focal.0 * longer, focal.1 * longer),
        focal_sigma: None,
        centre: Some((
            f64::from(size.0) / 2.0 + centre.0 * longer,
            f64::from(size.1) / 2.0 + centre.1 * longer,
        )),
        lens,
        rolling_shutter_s: 0.0,
    }
    .camera()
}
