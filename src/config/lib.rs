//! What one computer is set up to do: the board file; and what one camera is: the camera file.
//!
//! The default board, `boards/workstation.toml`, is built into the binary and lists every key. A board file of the
//! user's own is laid over it, so it need only name what differs; an unknown key is refused rather than ignored,
//! because a mistyped limit in flight is worse than an error before take-off.

mod camera_file;
mod limits;
mod onboard_computer;
mod optional;
mod sensors;

use std::{fs, path::Path};

use garde::Validate;
use scarp_files::toml_reason;
use serde::Deserialize;
use thiserror::Error;

pub use camera_file::{CameraFile, CameraFileError, camera_from_text, load_camera};
use limits::{at_least, within};
pub use onboard_computer::{Disk, Link, Paths, Thermal};
pub use sensors::{Autopilot, Boresight, Camera, Gnss, Mount};

const WORKSTATION: &str = include_str!("../../boards/workstation.toml");
/// Where a camera looks whose board does not tell: through the aircraft's floor, the top of its pictures towards the nose.
const DOWN: &str = "mount.boresight_deg = { yaw = 0.0, pitch = -90.0, roll = 0.0 }";
/// The same on a gimbal, whose attitude is that of its camera already: turned by 90 degrees more it would look behind itself.
const WITH_GIMBAL: &str = "mount.boresight_deg = { yaw = 0.0, pitch = 0.0, roll = 0.0 }";

/// A board file that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("board file {path}: {reason}; give a readable TOML file with --board")]
    Read {
        /// The file as the user named it.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is not TOML, has an unknown key or a value of the wrong type.
    #[error("board file {path}: {reason}; boards/workstation.toml lists every key")]
    Parse {
        /// The file as the user named it.
        path: String,
        /// What the parser says, in one line.
        reason: String,
    },
    /// A key of an earlier version.
    #[error("board file {path}: {key} {now}")]
    Renamed {
        /// The file as the user named it.
        path: String,
        /// Dotted key.
        key: String,
        /// What has become of it.
        now: &'static str,
    },
    /// A value where a table of keys belongs.
    #[error("board file {path}: {key} is a table of keys; write [{key}] and its keys below that")]
    NoTable {
        /// The file as the user named it.
        path: String,
        /// Dotted key.
        key: String,
    },
    /// A value is outside its range.
    #[error("board file {path}: {key} = {reason}")]
    Range {
        /// The file as the user named it.
        path: String,
        /// Dotted key.
        key: String,
        /// The value found, and the values allowed.
        reason: String,
    },
    /// A text that cannot be understood.
    #[error("board file {path}: {key}: {reason}")]
    Value {
        /// The file as the user named it.
        path: String,
        /// Dotted key.
        key: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
}

/// Everything a board file sets. Units are in the key names of the file.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// How the network is run.
    #[garde(dive)]
    pub inference: Inference,
    /// How much may wait between two stages.
    #[garde(dive)]
    pub queue: Queue,
    /// One-sigma errors assumed where metadata tell none.
    #[garde(dive)]
    pub errors: Errors,
    /// What counts as a landslide worth reporting.
    #[garde(dive)]
    pub detection: Detection,
    /// The store of undelivered messages.
    #[garde(dive)]
    pub journal: JournalLimits,
    /// The camera.
    #[garde(dive)]
    pub camera: Camera,
    /// How the camera sits in the aircraft.
    #[garde(dive)]
    pub mount: Mount,
    /// The GNSS receiver.
    #[garde(dive)]
    pub gnss: Gnss,
    /// The autopilot.
    #[garde(dive)]
    pub autopilot: Autopilot,
    /// The ground station.
    #[garde(dive)]
    pub link: Link,
    /// Where things lie.
    #[garde(dive)]
    pub paths: Paths,
    /// At which temperatures less is done.
    #[garde(dive)]
    pub thermal: Thermal,
    /// What may lie on the disk.
    #[garde(dive)]
    pub disk: Disk,
    /// The file as the user named it, for messages.
    #[serde(skip)]
    #[garde(skip)]
    pub file: String,
}

/// How the network is run.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Inference {
    /// What runs the network: an engine's name, or `auto` for the first that accepts the model. Whoever loads the model knows
    /// the engines there are.
    #[garde(skip)]
    pub engine: String,
    /// Tiles that are segmented at once; 0 means as many as the processor's cores allow.
    #[garde(custom(within(0, 1024)))]
    pub workers: usize,
    /// Threads that share one tile, at least 1: more of them answer sooner, more workers answer more.
    #[garde(custom(within(1, 1024)))]
    pub threads_per_tile: usize,
    /// Overlap of neighbouring tiles in model pixels.
    #[garde(custom(within(0, 1024)))]
    pub tile_overlap_px: u32,
}

/// How much may wait between two stages.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Frames that may wait between two stages, at least 1.
    #[garde(custom(within(1, 1024)))]
    pub frames: usize,
}

/// One-sigma errors assumed where metadata tell none.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// GNSS error per horizontal axis in metres.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub gnss_horizontal_m: f64,
    /// GNSS or barometer height error in metres.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub gnss_vertical_m: f64,
    /// Camera attitude error per axis in degrees.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub attitude_deg: f64,
    /// Height error of the terrain in metres.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub dem_m: f64,
}

/// What counts as a landslide worth reporting.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// Smallest landslide reported, in square metres.
    #[garde(custom(within(0.0, 1e6)))]
    pub min_area_m2: f64,
    /// Side of the ground cell in which overlapping frames vote, in metres.
    #[garde(custom(within(0.001, 10_000.0)))]
    pub cell_m: f64,
}

/// The store of undelivered messages.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct JournalLimits {
    /// Bytes of undelivered messages kept on disk.
    #[garde(custom(at_least(4096)))]
    pub max_bytes: u64,
}

impl Board {
    /// The built-in board, `boards/workstation.toml`.
    ///
    /// # Errors
    /// Only if the built-in file were broken, which the tests rule out.
    pub fn workstation() -> Result<Self, ConfigError> {
        Self::from_toml("boards/workstation.toml", "")
    }

    /// Reads a board file and lays it over the built-in one.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, has an unknown key, a wrong type or a value out of range.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|reason| ConfigError::Read {
            path: name.clone(),
            reason,
        })?;
        Self::from_toml(&name, &text)
    }

    /// Lays the TOML `text` over the built-in board; `path` names it in errors, and its folder is where relative paths start.
    ///
    /// # Errors
    /// As [`Board::load`], but for reading.
    pub fn from_toml(path: &str, text: &str) -> Result<Self, ConfigError> {
        let parse_error = |error: toml::de::Error| ConfigError::Parse {
            path: path.to_owned(),
            reason: toml_reason(text, &error),
        };
        let mut over: toml::Table = toml::from_str(text).map_err(parse_error)?;
        check_names(path, &over)?;
        root_paths(&mut over, Path::new(path).parent().unwrap_or(Path::new("")));
        let boresight = if on_gimbal(&over) { WITH_GIMBAL } else { DOWN };
        let mut table: toml::Table = toml::from_str(WORKSTATION).map_err(parse_error)?;
        let boresight = toml::from_str(boresight).map_err(parse_error)?;
        for layer in [boresight, over] {
            overlay(&mut table, layer).map_err(|key| ConfigError::NoTable {
                path: path.to_owned(),
                key,
            })?;
        }
        let mut board: Self = table.try_into().map_err(parse_error)?;
        path.clone_into(&mut board.file);
        board.check()?;
        Ok(board)
    }

    /// Refuses the first value that is out of its range.
    fn check(&self) -> Result<(), ConfigError> {
        let report = self.validate().err();
        match report.as_ref().and_then(|report| report.iter().next()) {
            Some((key, error)) => Err(ConfigError::Range {
                path: self.file.clone(),
                key: key.to_string(),
                reason: error.to_string(),
            }),
            None => Ok(()),
        }
    }
}

impl Inference {
    /// The number of tiles to segment at once: `workers`, or as many as keep every core that the process may use at work
    /// and none with two threads.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                (cores / self.threads_per_tile.max(1)).max(1)
            }
            n => n,
        }
    }
}

/// Whether a board's own text hangs its camera on a gimbal, which the built-in board does not.
fn on_gimbal(text: &toml::Table) -> bool {
    let mount = text.get("mount").and_then(|mount| mount.get("on_gimbal"));
    mount.and_then(toml::Value::as_bool).unwrap_or(false)
}

/// Keys of earlier versions, with what to write instead.
const RENAMED: [(&str, &str, &str); 3] = [
    ("link", "ground", "is called link.station now"),
    ("thermal", "spare_c", "is called thermal.shed_c now"),
    ("target", "", "is not read any more; leave it out"),
];

/// Refuses a key that has another name now.
fn check_names(path: &str, text: &toml::Table) -> Result<(), ConfigError> {
    for (section, key, now) in RENAMED {
        let Some(table) = text.get(section) else {
            continue;
        };
        if key.is_empty() || table.get(key).is_some() {
            return Err(ConfigError::Renamed {
                path: path.to_owned(),
                key: format!("{section}.{key}").trim_end_matches('.').to_owned(),
                now,
            });
        }
    }
    Ok(())
}

/// Keys that hold a path.
const PATHS: [(&str, &str); 6] = [
    ("camera", "calibration"),
    ("link", "keys"),
    ("paths", "model"),
    ("paths", "dem"),
    ("paths", "geoid"),
    ("paths", "out"),
];

/// Puts `folder` before the relative paths of `text`, so that a board means the same wherever the program is started.
fn root_paths(text: &mut toml::Table, folder: &Path) {
    for (section, key) in PATHS {
        let value = text.get_mut(section).and_then(|table| table.get_mut(key));
        if let Some(toml::Value::String(path)) = value
            && !path.is_empty()
            && let Some(rooted) = folder.join(&*path).to_str()
        {
            *path = rooted.to_owned();
        }
    }
}

/// Lays the keys of `over` over those of `base`.
///
/// # Errors
/// The dotted key of a table in `base` that is none in `over`. Serde would fill its keys from an array, in the order of the fields.
fn overlay(base: &mut toml::Table, over: toml::Table) -> Result<(), String> {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(over)) => {
                overlay(inner, over).map_err(|inner| format!("{key}.{inner}"))?;
            }
            (Some(toml::Value::Table(_)), _) => return Err(key),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
