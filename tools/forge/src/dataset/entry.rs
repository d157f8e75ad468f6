//! A file of a dataset, on its own or inside a zip archive.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use tempfile::{Builder, TempPath};
use thiserror::Error;
use zip::ZipArchive;

use crate::raster::{Kind, Raster, RasterError};

/// Largest file taken out of an archive: the largest raster that can be read, uncompressed, and its tables.
const MAX_BYTES: u64 = 5 << 30;

/// An archive, or a file in one, that cannot be used.
#[derive(Debug, Error)]
pub enum EntryError {
    /// The archive or the file in it is damaged or stored in a way that is not understood.
    #[error("{path}: cannot be unpacked ({reason}); fetch the archive again")]
    Damaged {
        /// The archive, or the file as a path below it.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// The file is beyond reason.
    #[error("{0}: unpacks to more than 5 GB, which no image that can be read does; take it out")]
    Size(PathBuf),
    /// There is no room for a copy outside of the archive.
    #[error("{path}: cannot be copied to a temporary file ({reason}); free space or set TMPDIR")]
    Copy {
        /// The file as a path below its archive.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
}

/// An image or label.
#[derive(Clone, PartialEq)]
pub enum Entry {
    /// A file.
    File(PathBuf),
    /// A file in an archive.
    Zipped(Zipped),
}

/// A file in an archive.
#[derive(Clone)]
pub struct Zipped {
    archive: Arc<Archive>,
    index: usize,
    name: String,
}

impl PartialEq for Zipped {
    fn eq(&self, other: &Self) -> bool {
        self.archive.path == other.archive.path && self.index == other.index
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl Entry {
    /// The path by which people know it; below the archive's if it is in one.
    #[must_use]
    pub fn shown(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Zipped(zipped) => zipped.archive.path.join(&zipped.name),
        }
    }

    /// The file on the disk that holds it.
    #[must_use]
    pub fn container(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Zipped(zipped) => &zipped.archive.path,
        }
    }

    /// The entry as a file that can be read at any place, unpacked where it is zipped.
    ///
    /// # Errors
    /// When it cannot be unpacked: damaged, encrypted, too large, no room.
    pub fn local(&self) -> Result<Local, EntryError> {
        match self {
            Self::File(path) => Ok(Local {
                path: path.clone(),
                shown: path.clone(),
                _temporary: None,
            }),
            Self::Zipped(zipped) => zipped.unpack(self.shown()),
        }
    }
}

impl Zipped {
    fn unpack(&self, shown: PathBuf) -> Result<Local, EntryError> {
        let extension = Path::new(&self.name).extension().unwrap_or_default();
        let suffix = format!(".{}", extension.to_string_lossy());
        let copy = |reason| EntryError::Copy {
            path: shown.clone(),
            reason,
        };
        let damaged = |reason: String| EntryError::Damaged {
            path: shown.clone(),
            reason,
        };
        let (mut file, temporary) = Builder::new()
            .prefix("scarp-forge-")
            .suffix(&suffix)
            .tempfile()
            .map_err(copy)?
            .into_parts();
        let mut zip = self.archive.zip.lock();
        let entry = zip
            .by_index(self.index)
            .map_err(|e| damaged(e.to_string()))?;
        // The declared size may lie, so what comes out is counted as well.
        if entry.size() > MAX_BYTES {
            return Err(EntryError::Size(shown));
        }
        let (mut entry, mut left) = (entry.take(MAX_BYTES + 1), MAX_BYTES);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(e) => return Err(damaged(e.to_string())),
            };
            left = match left.checked_sub(count as u64) {
                Some(left) => left,
                None => return Err(EntryError::Size(shown)),
            };
            file.write_all(&buffer[..count]).map_err(copy)?;
        }
        Ok(Local {
            path: temporary.to_path_buf(),
            shown,
            _temporary: Some(temporary),
        })
    }
}

/// A file that can be opened; a temporary one is removed when this is dropped.
pub struct Local {
    path: PathBuf,
    shown: PathBuf,
    _temporary: Option<TempPath>,
}

impl Local {
    /// Opens it as an image or label.
    ///
    /// # Errors
    /// As [`Raster::open`].
    pub fn open(&self, kind: Kind) -> Result<Raster, RasterError> {
        Raster::open_as(&self.path, &self.shown, kind)
    }

    /// Where it can be read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path by which people know it.
    #[must_use]
    pub fn shown(&self) -> &Path {
        &self.shown
    }
}

/// An open zip archive.
pub(super) struct Archive {
    path: PathBuf,
    zip: Mutex<ZipArchive<BufReader<File>>>,
}

impl Archive {
    /// The files of the archive at `path`, by their names in it.
    pub(super) fn list(path: &Path) -> Result<Vec<(String, Entry)>, EntryError> {
        let damaged = |reason: &dyn fmt::Display| EntryError::Damaged {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let file = File::open(path).map_err(|e| damaged(&e))?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(&e))?;
        let names: Vec<_> = (0..zip.len())
            .map(|index| match zip.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                _ => String::new(),
            })
            .collect();
        let archive = Arc::new(Self {
            path: path.to_owned(),
            zip: Mutex::new(zip),
        });
        let entry = |(index, name): (usize, String)| {
            let archive = Arc::clone(&archive);
            let zipped = Zipped {
                archive,
                index,
                name: name.clone(),
            };
            (name, Entry::Zipped(zipped))
        };
        Ok(names.into_iter().enumerate().map(entry).collect())
    }
}
