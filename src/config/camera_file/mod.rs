//! The camera file: what one camera's lens was measured to be, as a TOML of ours or as the programs write it that measure it.

mod calibration;
mod odm;
mod opencv;
mod pix4d;
mod toml_keys;

use std::{fs, path::Path};

use scarp_geo::CameraModel;
use thiserror::Error;

/// Largest camera file read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A camera file that cannot be used.
#[derive(Debug, Error)]
pub enum CameraFileError {
    /// The file cannot be read.
    #[error("camera file {path}: {reason}; give a readable file with --camera")]
    Read {
        /// The file as the user named it.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is not what its beginning says, has an unknown key or a value of the wrong type.
    #[error("camera file {path}: {reason}; src/README.md lists every key, and what else is read")]
    Parse {
        /// The file as the user named it.
        path: String,
        /// What is wrong, in one line.
        reason: String,
    },
    /// The values are those of no camera, or of one that is not computed.
    #[error("camera file {path}: {reason}; correct it from the camera's calibration")]
    Value {
        /// The file as the user named it.
        path: String,
        /// What is wrong, in one line.
        reason: String,
    },
}

/// Why a text is no camera file, in one line.
enum Fault {
    /// It cannot be read as what it begins as.
    Parse(String),
    /// It describes no camera.
    Value(String),
}

/// One camera as its file describes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraFile {
    /// The camera, in pixels of its whole pictures.
    pub model: CameraModel,
    /// Seconds from the exposure of the first row to that of the last; 0 where all are exposed at once or nothing is known.
    pub rolling_shutter_s: f64,
}

/// Reads a camera file, whose kind its beginning tells: TOML, OpenCV's storage as YAML or JSON, OpenDroneMap's `cameras.json`, or Pix4D's
/// internal parameters (`.cam`).
///
/// # Errors
/// When it cannot be read, has an unknown key or a value of the wrong type, or is that of no camera or of one that is not computed.
pub fn load_camera(path: &Path) -> Result<CameraFile, CameraFileError> {
    let name = path.display().to_string();
    let read = |reason| CameraFileError::Read {
        path: name.clone(),
        reason,
    };
    if fs::metadata(path).map_err(read)?.len() > MAX_BYTES {
        return Err(CameraFileError::Parse {
            path: name,
            reason: format!("it has more than {MAX_BYTES} bytes"),
        });
    }
    let text = fs::read(path).map_err(read)?;
    camera_from_text(&name, &String::from_utf8_lossy(&text))
}

/// The camera that a text describes; `path` names it in errors.
///
/// # Errors
/// As [`load_camera`], but for reading.
pub fn camera_from_text(path: &str, text: &str) -> Result<CameraFile, CameraFileError> {
    let path = path.to_owned();
    let text = text.trim_start_matches('\u{feff}');
    let begins = text.trim_start();
    let yaml = begins.starts_with("%YAML") || begins.starts_with("---");
    let yaml = yaml
        || [".yml", ".yaml"]
            .iter()
            .any(|end| path.to_ascii_lowercase().ends_with(end));
    let camera = if begins.starts_with('{') {
        json(text)
    } else if yaml {
        opencv::from_yaml(text)
    } else if begins.starts_with("Pix4D camera calibration file") {
        pix4d::read(text)
    } else if begins.starts_with('<') {
        Err(Fault::Parse(
            "it is XML, and OpenCV's storage is read as YAML or JSON".to_owned(),
        ))
    } else {
        toml_keys::read(text)
    };
    camera.map_err(|fault| match fault {
        Fault::Parse(reason) => CameraFileError::Parse { path, reason },
        Fault::Value(reason) => CameraFileError::Value { path, reason },
    })
}

/// OpenDroneMap's cameras each have a projection.
fn json(text: &str) -> Result<CameraFile, Fault> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| Fault::Parse(error.to_string().replace('\n', " ")))?;
    let projection = |camera: &serde_json::Value| camera.get("projection_type").is_some();
    match value.as_object() {
        Some(keys) if keys.values().any(projection) => odm::read(keys),
        _ => opencv::read(&value),
    }
}

#[cfg(test)]
mod tests;
