//! The camera file: what one camera's lens was measured to be.

use std::{fs, path::Path};

use scarp_files::toml_reason;
use scarp_geo::{Brown, CameraModel, Fisheye, Lens};
use serde::Deserialize;
use thiserror::Error;

/// One-sigma error of a calibrated focal length where the file does not tell it, as a part of it: temperature and focus.
const SIGMA: f64 = 0.002;
/// Pictures, focal lengths and principal points believed, in pixels.
const MAX_PX: f64 = 100_000.0;

/// A camera file that cannot be used.
#[derive(Debug, Error)]
pub enum CameraFileError {
    /// The file cannot be read.
    #[error("camera file {path}: {reason}; give a readable TOML file with --camera")]
    Read {
        /// The file as the user named it.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is not TOML, has an unknown key or a value of the wrong type.
    #[error("camera file {path}: {reason}; src/README.md lists every key")]
    Parse {
        /// The file as the user named it.
        path: String,
        /// What the parser says, in one line.
        reason: String,
    },
    /// The values are those of no camera.
    #[error("camera file {path}: {reason}; correct it from the camera's calibration")]
    Value {
        /// The file as the user named it.
        path: String,
        /// What is wrong, in one line.
        reason: String,
    },
}

/// The keys of a camera file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraFile {
    width_px: u32,
    height_px: u32,
    focal_px: f64,
    focal_y_px: Option<f64>,
    focal_sigma_px: Option<f64>,
    principal_point_px: Option<[f64; 2]>,
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

/// Reads a camera file.
///
/// # Errors
/// When it cannot be read, has an unknown key or a value of the wrong type, or is that of no camera.
pub fn load_camera(path: &Path) -> Result<CameraModel, CameraFileError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|reason| CameraFileError::Read {
        path: name.clone(),
        reason,
    })?;
    let file: CameraFile = toml::from_str(&text).map_err(|error| CameraFileError::Parse {
        path: name.clone(),
        reason: toml_reason(&text, &error),
    })?;
    camera(&file).map_err(|reason| CameraFileError::Value { path: name, reason })
}

/// The camera that the keys describe, or why there is none.
fn camera(file: &CameraFile) -> Result<CameraModel, String> {
    let positive = |key: &str, value: f64| {
        if value > 0.0 && value <= MAX_PX {
            Ok(value)
        } else {
            Err(format!(
                "{key} is {value}, and has to be between 0 and {MAX_PX}"
            ))
        }
    };
    let width = positive("width_px", f64::from(file.width_px))?;
    let height = positive("height_px", f64::from(file.height_px))?;
    let focal_px = positive("focal_px", file.focal_px)?;
    let focal_y_px = positive("focal_y_px", file.focal_y_px.unwrap_or(focal_px))?;
    let focal_sigma_px = positive(
        "focal_sigma_px",
        file.focal_sigma_px.unwrap_or(focal_px * SIGMA),
    )?;
    let [cx, cy] = file
        .principal_point_px
        .unwrap_or([width / 2.0, height / 2.0]);
    for (at, side) in [(cx, width), (cy, height)] {
        if !(0.0..=side).contains(&at) {
            return Err(format!(
                "principal_point_px has {at}, which lies outside the picture"
            ));
        }
    }
    let camera = CameraModel {
        focal_ratio: focal_y_px / focal_px,
        focal_sigma_px,
        cx,
        cy,
        lens: lens(file)?,
        ..CameraModel::centred(file.width_px, file.height_px, focal_px)
    };
    if camera.is_within_reach() {
        Ok(camera)
    } else {
        Err("its lens folds the corners of the picture back".to_owned())
    }
}

fn lens(file: &CameraFile) -> Result<Lens, String> {
    let lens = match (&file.brown, &file.fisheye) {
        (None, None) => Some(Lens::Pinhole),
        (Some(lens), None) => {
            let k = [lens.k1, lens.k2, lens.k3, lens.k4, lens.k5, lens.k6];
            Brown::new(k, [lens.p1, lens.p2]).map(Lens::Brown)
        }
        (None, Some(lens)) => Fisheye::new([lens.k1, lens.k2, lens.k3, lens.k4]).map(Lens::Fisheye),
        (Some(_), Some(_)) => return Err("it has both [brown] and [fisheye]".to_owned()),
    };
    lens.ok_or_else(|| "a coefficient of the lens is no number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<CameraModel, String> {
        let folder = std::env::temp_dir().join(format!("scarp-camera-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}.toml", text.len()));
        fs::write(&path, text).unwrap();
        let camera = load_camera(&path).map_err(|error| error.to_string());
        fs::remove_file(&path).unwrap();
        camera
    }

    const SIZE: &str = "width_px = 5280\nheight_px = 3956\n";

    #[test]
    fn a_file_of_size_and_focal_length_is_a_pinhole_camera() {
        let camera = load(&format!("{SIZE}focal_px = 3700")).unwrap();
        let pinhole = CameraModel::centred(5280, 3956, 3700.0);
        assert_eq!(
            camera,
            CameraModel {
                focal_sigma_px: 7.4,
                ..pinhole
            }
        );
    }

    #[test]
    fn every_key_counts() {
        let text = format!(
            "{SIZE}focal_px = 3700\nfocal_y_px = 3711.1\nfocal_sigma_px = 3\nprincipal_point_px = [2647.0, 1969.3]\n\
             [brown]\nk1 = -0.11\nk2 = 0.01\nk3 = -0.02\nk4 = 0.001\nk5 = 0.002\nk6 = 0.003\np1 = 1e-4\np2 = 2e-4"
        );
        let camera = load(&text).unwrap();
        assert_eq!(
            (camera.cx, camera.cy, camera.focal_sigma_px),
            (2647.0, 1969.3, 3.0)
        );
        assert!((camera.focal_ratio - 1.003).abs() < 1e-12);
        let lens = Brown::new([-0.11, 0.01, -0.02, 0.001, 0.002, 0.003], [1e-4, 2e-4]).unwrap();
        assert_eq!(camera.lens, Lens::Brown(lens));
        let fisheye = load(&format!(
            "{SIZE}focal_px = 3000\n[fisheye]\nk1 = 0.1\nk4 = 0.01"
        ))
        .unwrap();
        let lens = Fisheye::new([0.1, 0.0, 0.0, 0.01]).unwrap();
        assert_eq!(fisheye.lens, Lens::Fisheye(lens));
    }

    #[test]
    fn a_file_that_is_none_of_a_camera_gives_one_line_that_names_it() {
        for (keys, says) in [
            ("", "focal_px"),
            ("focal_px = 0", "focal_px"),
            ("focal_px = nan", "focal_px"),
            ("focal_px = 3700\nfocal_y_px = -1", "focal_y_px"),
            (
                "focal_px = 3700\nprincipal_point_px = [6000, 10]",
                "principal_point_px",
            ),
            ("focal_px = 3700\nfocal_mm = 8", "focal_mm"),
            ("focal_px = 3700\n[brown]\nk1 = inf", "coefficient"),
            ("focal_px = 3700\n[brown]\nk1 = -2", "folds"),
            ("focal_px = 3700\n[brown]\n[fisheye]", "both"),
            ("focal_px = 3700\n[brown]\nk9 = 1", "k9"),
        ] {
            let line = load(&format!("{SIZE}{keys}")).unwrap_err();
            assert!(
                line.starts_with("camera file /") && line.contains(says),
                "{keys}: {line}"
            );
            assert_eq!(line.lines().count(), 1, "{line}");
        }
        let missing = load_camera(Path::new("/nowhere/c.toml")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/c.toml"));
    }
}
