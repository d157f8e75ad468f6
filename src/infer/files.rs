//! Files of a model folder: read whole, proven by digest, never from outside the folder.

use std::{
    fs::File,
    io::Read,
    path::{Component, Path},
};

use sha2::{Digest, Sha256};

use super::ManifestError;

/// Far above any network this program is made for; keeps a wrong path from filling the memory.
const MAX_BYTES: u64 = 1 << 30;

/// Reads `dir/name` and compares its SHA-256 with `expected` (hex, either case); `manifest` only names it in errors.
pub(super) fn read_verified(
    dir: &Path,
    manifest: &str,
    name: &str,
    expected: &str,
) -> Result<Vec<u8>, ManifestError> {
    let file = dir.join(name);
    let path = file.display().to_string();
    let read_error = |reason| ManifestError::Read {
        path: path.clone(),
        reason,
    };
    let escapes = || ManifestError::Escapes {
        path: manifest.to_owned(),
        name: name.to_owned(),
    };
    let plain = |component| matches!(component, Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(plain) {
        return Err(escapes());
    }
    // A symbolic link could still lead out, so the resolved place counts too.
    let resolved = file.canonicalize().map_err(read_error)?;
    if !resolved.starts_with(dir.canonicalize().map_err(read_error)?) {
        return Err(escapes());
    }
    let mut bytes = Vec::new();
    File::open(&resolved)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(read_error)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ManifestError::TooLarge {
            path,
            limit: MAX_BYTES,
        });
    }
    let found = digest(&bytes);
    if !found.eq_ignore_ascii_case(expected) {
        return Err(ManifestError::Digest {
            path,
            expected: expected.to_owned(),
            found,
        });
    }
    Ok(bytes)
}

/// SHA-256 in hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
