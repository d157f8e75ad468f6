//! Files beside an elevation model that change what it says, as GDAL writes where it may not write into the model itself.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::DemError;

/// GDAL's own files hold statistics, too, and those can be long.
const MAX_BYTES: u64 = 16 << 20;

/// What changes a model's meaning, and its element in GDAL's own file.
const CHANGES: [(&str, &str); 6] = [
    ("<UnitType>", "unit"),
    ("<Scale>", "scale"),
    ("<Offset>", "offset"),
    ("<NoDataValue", "gaps"),
    ("<GeoTransform>", "place"),
    ("<SRS", "reference system"),
];

/// Refuses a model that cannot be understood without the file beside it.
pub(super) fn refuse(path: &Path) -> Result<(), DemError> {
    let fault = |side: &Path, what| DemError::SideFile {
        path: path.display().to_string(),
        side: side.display().to_string(),
        what,
    };
    let mask = beside(path, ".msk");
    if mask.is_file() {
        return Err(fault(&mask, "mask"));
    }
    let metadata = beside(path, ".aux.xml");
    if !fs::exists(&metadata).unwrap_or(false) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    File::open(&metadata)
        .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
        .map_err(|reason| DemError::Read {
            path: metadata.display().to_string(),
            reason,
        })?;
    let text = String::from_utf8_lossy(&bytes);
    match CHANGES.iter().find(|(element, _)| text.contains(element)) {
        Some((_, what)) => Err(fault(&metadata, what)),
        None => Ok(()),
    }
}

/// The file of the same name with `suffix` after it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
