//! A camera file as TOML.

use scarp_files::toml_reason;
use scarp_geo::Lens;
use serde::Deserialize;

use super::{
    CameraFile, Fault,
    calibration::{Calibration, brown, fisheye},
};

/// The keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    width_px: u32,
    height_px: u32,
    focal_px: f64,
    focal_y_px: Option<f64>,
    focal_sigma_px: Option<f64>,
    principal_point_px: Option<[f64; 2]>,
    rolling_shutter_s: Option<f64>,
    brown: Option<BrownKeys>,
    fisheye: Option<FisheyeKeys>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct BrownKeys {
    k1: f64,
    k2: f64,
    k3: f64,
    k4: f64,
    k5: f64,
    k6: f64,
    p1: f64,
    p2: f64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FisheyeKeys {
    k1: f64,
    k2: f64,
    k3: f64,
    k4: f64,
}

pub(super) fn read(text: &str) -> Result<CameraFile, Fault> {
    let keys: Keys =
        toml::from_str(text).map_err(|error| Fault::Parse(toml_reason(text, &error)))?;
    let lens = match (&keys.brown, &keys.fisheye) {
        (None, None) => Lens::Pinhole,
        (Some(lens), None) => brown(
            [lens.k1, lens.k2, lens.k3, lens.k4, lens.k5, lens.k6],
            [lens.p1, lens.p2],
        )?,
        (None, Some(lens)) => fisheye([lens.k1, lens.k2, lens.k3, lens.k4])?,
        (Some(_), Some(_)) => {
            return Err(Fault::Value("it has both [brown] and [fisheye]".to_owned()));
        }
    };
    Calibration {
        size: (keys.width_px, keys.height_px),
        focal: (keys.focal_px, keys.focal_y_px.unwrap_or(keys.focal_px)),
        focal_sigma: keys.focal_sigma_px,
        centre: keys.principal_point_px.map(Into::into),
        lens,
        rolling_shutter_s: keys.rolling_shutter_s.unwrap_or(0.0),
    }
    .camera()
}
