//! Writing results so that a file is there whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes `contents` to `path` by way of `path.part`, which is removed when the disk is full. What is there and is no plain
/// file, such as a pipe or a device, is written to as it is.
///
/// # Errors
/// When the file cannot be written; what was at `path` before is then untouched.
pub fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return File::options().write(true).open(path)?.write_all(contents);
    }
    let part = part(path);
    let written = fs::write(&part, contents).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // The first error says more than one of the clearing up would.
        let _ = fs::remove_file(&part);
    }
    written
}

fn part(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".part");
    name.into()
}
