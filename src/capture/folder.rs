//! A folder of geotagged photographs as a source of frames.

use std::{
    fs,
    path::{Path, PathBuf},
    vec,
};

use thiserror::Error;

use super::{Frame, FrameError, Photograph, Tag, TagSettings, decode, metadata::Metadata};

/// A folder that cannot be replayed.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The folder cannot be listed.
    #[error("folder {path}: {reason}; give a readable folder of photographs")]
    Read {
        /// The folder.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// Nothing in the folder has the name of a JPEG file.
    #[error(
        "folder {path} holds no photographs; give one with .jpg or .jpeg files in it (subfolders are not read)"
    )]
    NoImages {
        /// The folder.
        path: String,
    },
}

/// The JPEG files of one folder in the order of their names, subfolders left out. One picture is in memory at a time.
#[derive(Debug)]
pub struct Folder {
    files: vec::IntoIter<PathBuf>,
    settings: TagSettings,
    next: u64,
}

impl Folder {
    /// Lists the folder; the files are opened one by one later. `first` is the number of the first frame.
    ///
    /// # Errors
    /// When the folder cannot be listed or has no .jpg or .jpeg file.
    pub fn open(dir: &Path, settings: TagSettings, first: u64) -> Result<Self, FolderError> {
        let io = |reason| FolderError::Read {
            path: dir.display().to_string(),
            reason,
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(io)? {
            let path = entry.map_err(io)?.path();
            // What a name leads to that cannot be told is reported when it is opened: a broken link was meant to be a photograph.
            if is_jpeg_name(&path) && fs::metadata(&path).map_or(true, |found| found.is_file()) {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(FolderError::NoImages {
                path: dir.display().to_string(),
            });
        }
        files.sort();
        Ok(Self {
            files: files.into_iter(),
            settings,
            next: first,
        })
    }

    /// The files not yet read, in their order.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        self.files.as_slice()
    }

    /// The number of frames not yet taken.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.files.len()
    }
}

/// By name: files that merely carry it are reported when they are opened. Names with a leading dot are droppings of
/// file managers.
fn is_jpeg_name(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let jpeg = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("jpg") || e.eq_ignore_ascii_case("jpeg"));
    jpeg && !hidden
}

impl Iterator for Folder {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let path = self.files.next()?;
        let sequence = self.next;
        self.next += 1;
        let name = path.file_name().unwrap_or_default();
        Some(Frame {
            sequence,
            name: name.to_string_lossy().into_owned(),
            photograph: read(&path, &self.settings),
        })
    }
}

fn read(path: &Path, settings: &TagSettings) -> Result<Photograph, FrameError> {
    let decoded = decode::read(path)?;
    let (width, height) = decoded.image.dimensions();
    let tag = Metadata::read(&decoded.jpeg)
        .and_then(|metadata| Tag::from_metadata(&metadata, width, height, settings));
    Ok(Photograph {
        image: decoded.image,
        tag,
    })
}
