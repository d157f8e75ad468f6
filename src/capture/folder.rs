//! A folder of geotagged photographs as a source of frames.

use std::{collections::HashSet, fs, path::Path, vec};

use thiserror::Error;

use super::{
    Frame, FrameError, LeftOut, Photograph, Reading, Surveyed, TagSettings, decode, survey,
};

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

/// The JPEG files of one folder in the order of their names, subfolders left out. The metadata of all are in memory, and one picture
/// at a time.
#[derive(Debug)]
pub struct Folder {
    photographs: vec::IntoIter<Surveyed>,
    /// Photographs taken so far, good or not.
    taken: usize,
    /// The first photograph of each exposure of which a picture was whole, by its place in the folder.
    whole: HashSet<usize>,
    next: u64,
}

impl Folder {
    /// Lists the folder and reads the photographs' metadata; the pictures are decoded one by one later. `first` is the number of the
    /// first frame.
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
            photographs: survey::survey(files, &settings).into_iter(),
            taken: 0,
            whole: HashSet::new(),
            next: first,
        })
    }

    /// The photographs not yet decoded, in their order.
    #[must_use]
    pub fn photographs(&self) -> &[Surveyed] {
        self.photographs.as_slice()
    }

    /// The number of frames not yet taken.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.photographs.len()
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
        let photograph = self.photographs.next()?;
        let (sequence, this, name) = (self.next, self.taken, photograph.name());
        self.next += 1;
        self.taken += 1;
        let mut decoded = decode(&photograph.path, photograph.reading);
        if let Ok(good) = &mut decoded {
            let same = photograph.same_exposure;
            let again = !self
                .whole
                .insert(same.as_ref().map_or(this, |(first, _)| *first));
            if let Some((_, other)) = same.filter(|_| again) {
                good.tag = Err(LeftOut::SameExposure { other }.into());
            }
        }
        Some(Frame {
            sequence,
            name,
            photograph: decoded,
        })
    }
}

fn decode(path: &Path, reading: Result<Reading, FrameError>) -> Result<Photograph, FrameError> {
    let reading = reading?;
    let image = decode::read(path)?;
    if image.dimensions() != reading.size {
        return Err(FrameError::Damaged {
            path: path.display().to_string(),
            reason: "its size changed while it was read".to_owned(),
        });
    }
    Ok(Photograph {
        image,
        tag: reading.tag(),
    })
}
