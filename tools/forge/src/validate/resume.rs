//! One file per finished image, so that an interrupted validation goes on where it stopped.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use scarp_infer::Model;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Found, GroundResolution, Options, ValidateError, written};
use crate::dataset::Pair;

/// Changes whenever something else is counted or stored; results of another number are made anew.
const FORMAT: u32 = 3;

#[derive(Serialize, Deserialize)]
struct Done {
    key: String,
    found: Found,
}

/// A digest of everything the result depends on: model files, image and label (size and time of change), settings.
pub(super) fn key(
    model: &Model,
    pair: &Pair,
    options: &Options,
    resolution: GroundResolution,
    threshold: f32,
) -> String {
    let changed = |path: &Path| {
        let time = |m: &Metadata| m.modified().ok()?.duration_since(UNIX_EPOCH).ok();
        fs::metadata(path).map(|m| (m.len(), time(&m))).ok()
    };
    let facts = format!(
        "{FORMAT} {:?} {:?} {:?} {:?} {resolution:?} {} {threshold}",
        model.manifest().files,
        pair,
        changed(pair.image.container()),
        changed(pair.label.container()),
        options.overlap,
    );
    Sha256::digest(facts)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The result of an earlier run with the same key. What cannot be read is as if it were not there.
pub(super) fn read(out: &Path, pair: &Pair, key: &str) -> Option<Found> {
    let text = fs::read_to_string(file(out, pair)).ok()?;
    let done: Done = serde_json::from_str(&text).ok()?;
    (done.key == key).then_some(done.found)
}

pub(super) fn write(
    out: &Path,
    pair: &Pair,
    key: &str,
    found: &Found,
) -> Result<(), ValidateError> {
    let path = file(out, pair);
    let done = Done {
        key: key.to_owned(),
        found: found.clone(),
    };
    let text = serde_json::to_vec(&done).map_err(std::io::Error::from);
    let folder = path.parent().unwrap_or(out);
    fs::create_dir_all(folder).map_err(written(folder))?;
    text.and_then(|text| scarp_files::replace(&path, &text))
        .map_err(written(&path))
}

fn file(out: &Path, pair: &Pair) -> PathBuf {
    out.join("images").join(format!("{}.json", pair.name))
}
