//! Writing files whole or not at all.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// Writes a file under a temporary name beside it and renames it, so that a full disk or a crash leaves no half file.
/// Something that is no regular file (a pipe, a terminal) is written directly.
///
/// # Errors
/// When the system refuses.
pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return fs::write(path, contents);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part: PathBuf = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What is left of it is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written
}
