//! Names of files beside a journal's.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The name of `path` with this behind it.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A name for what is kept, that no file has: of `path`, this suffix and the first number that is free.
pub fn free_name(path: &Path, suffix: &str) -> PathBuf {
    let free = numbered(path, suffix).find(|name| !name.exists());
    free.unwrap_or_else(|| with_suffix(path, suffix))
}

/// The files that are kept beside `path` under such names.
pub fn kept(path: &Path, suffix: &str) -> Vec<PathBuf> {
    let names = numbered(path, suffix);
    names.take_while(|name| name.exists()).collect()
}

fn numbered(path: &Path, suffix: &str) -> impl Iterator<Item = PathBuf> {
    (1_u32..).map(move |number| with_suffix(path, &format!("{suffix}{number}")))
}
