//! A photograph of a folder, before it is decoded.

use std::path::PathBuf;

use super::{FrameError, reading::Reading};

/// A photograph that is not decoded yet.
#[derive(Debug)]
pub struct Surveyed {
    /// The file.
    pub path: PathBuf,
    pub(super) name: String,
    /// What its metadata tell, or why they cannot be reached.
    pub reading: Result<Reading, FrameError>,
    /// The first photograph of the same exposure, by its place in the folder and its name; `None` where that is this one.
    pub same_exposure: Option<(usize, String)>,
}

impl Surveyed {
    /// The file's name, after those of the folders that it lies in below the one that was asked for.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone()
    }
}
