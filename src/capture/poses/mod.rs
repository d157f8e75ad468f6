//! Poses from a file, in place of what the photographs tell of theirs: a table (CSV), OpenDroneMap's `geo.txt`, or DJI's `Timestamp.MRK`.

mod csv_table;
mod dji_mrk;
mod error;
mod matching;
mod odm_geo;
mod overriding;
mod row;

use std::{fs, path::Path};

use self::row::PoseRow;
pub use self::{error::PosesError, matching::PoseRemarks};
pub(super) use self::{
    matching::{Matches, RowMatch},
    overriding::override_pose,
};

/// Largest pose file read, in bytes: half a million photographs.
const MAX_BYTES: u64 = 64 << 20;

/// The rows of a pose file.
#[derive(Debug, Clone, PartialEq)]
pub struct Poses {
    /// The file's name without its folder, by which its rows are named.
    name: String,
    /// The folder that it lies in, which its numbers are those of the photographs of.
    folder: std::path::PathBuf,
    rows: Vec<PoseRow>,
}

impl Poses {
    /// Reads a pose file: DJI's by its ending, OpenDroneMap's by its first line, which names a reference system, and any other as a
    /// table. Rows that cannot be used are kept, with why: the photographs that they are of are not placed.
    ///
    /// # Errors
    /// When the file cannot be read, is no such file or has no row.
    pub fn read(path: &Path) -> Result<Self, PosesError> {
        let shown = path.display().to_string();
        let io = |reason| PosesError::Read {
            path: shown.clone(),
            reason,
        };
        let size = fs::metadata(path).map_err(io)?.len();
        let format = |reason| PosesError::Format {
            path: shown.clone(),
            reason,
        };
        if size > MAX_BYTES {
            return Err(format(format!("{size} bytes are more than is read")));
        }
        let bytes = fs::read(path).map_err(io)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let rows = rows(&name, &bytes).map_err(format)?;
        Ok(Self {
            name: name.into_owned(),
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            rows,
        })
    }

    /// The rows of a file's bytes, for what tests all that is read from outside.
    ///
    /// # Errors
    /// When they are no such file or have no row.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, PosesError> {
        let rows = rows(name, bytes).map_err(|reason| PosesError::Format {
            path: name.to_owned(),
            reason,
        })?;
        Ok(Self {
            name: name.to_owned(),
            folder: std::path::PathBuf::new(),
            rows,
        })
    }

    /// `poses.csv:7`.
    fn place_of(&self, row: &PoseRow) -> String {
        format!("{}:{}", self.name, row.line)
    }
}

/// The rows of a file, or in one line why it is none.
fn rows(name: &str, bytes: &[u8]) -> Result<Vec<PoseRow>, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let rows = if name.to_ascii_lowercase().ends_with(".mrk") {
        dji_mrk::read(text)
    } else if odm_geo::names_a_system(text) {
        odm_geo::read(text)?
    } else {
        csv_table::read(text)?
    };
    if rows.is_empty() {
        return Err("it has no row".to_owned());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
