//! The photographs of a folder and of those in it.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use walkdir::{DirEntry, WalkDir};

use super::tiff_file;

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
    /// Nothing in the folder, or in those in it, has the name of a photograph.
    #[error(
        "folder {path} holds no photographs; give one with .jpg, .jpeg, .tif or .tiff files in it or in its folders"
    )]
    NoImages {
        /// The folder.
        path: String,
    },
    /// All that might be photographs are maps.
    #[error(
        "folder {path} holds no photographs, but {maps} maps (GeoTIFF), which are not searched; give the photographs that they were made of"
    )]
    OnlyMaps {
        /// The folder.
        path: String,
        /// How many maps.
        maps: usize,
    },
}

/// What a flight leaves in the folder of its results, whose small pictures are no photographs to search.
const RESULTS: &str = "footprints.geojson";

/// The files with the name of a photograph, in the order of their paths. Folders are walked through, links followed; each folder once, by
/// whatever ways it is reached. What begins with a dot is a dropping of file managers, and GeoTIFFs are maps.
///
/// # Errors
/// When a folder cannot be listed or there is no photograph.
pub(super) fn find(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let read = |path: &Path, reason| FolderError::Read {
        path: path.display().to_string(),
        reason,
    };
    let mut walked = HashSet::new();
    let (mut files, mut maps) = (Vec::new(), 0_usize);
    let mut walk = WalkDir::new(dir)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            // A link to a folder around it has been walked through already.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => match error.path() {
                // What a name leads to that cannot be told is reported when it is opened: a broken link was meant to be a photograph.
                Some(path) if error.depth() > 0 && is_photograph_name(path.file_name()) => {
                    files.push(path.to_owned());
                    continue;
                }
                // Another broken link is nothing.
                Some(path) if path.is_symlink() && error.depth() > 0 => continue,
                path => {
                    let path = path.unwrap_or(dir).to_owned();
                    let reason = error
                        .into_io_error()
                        .unwrap_or_else(|| io::ErrorKind::Other.into());
                    return Err(read(&path, reason));
                }
            },
        };
        if entry.file_type().is_dir() {
            let again = !walked.insert(fs::canonicalize(entry.path()).unwrap_or_default());
            if again
                || (entry.depth() > 0 && (is_hidden(&entry) || entry.path().join(RESULTS).exists()))
            {
                walk.skip_current_dir();
            }
        } else if is_photograph_name(Some(entry.file_name())) && entry.depth() > 0 {
            if is_tiff_name(entry.path()) && tiff_file::is_map(entry.path()) {
                maps += 1;
            } else {
                files.push(entry.into_path());
            }
        }
    }
    if !dir.is_dir() {
        return Err(read(dir, io::ErrorKind::NotADirectory.into()));
    }
    if files.is_empty() {
        let path = dir.display().to_string();
        return Err(match maps {
            0 => FolderError::NoImages { path },
            maps => FolderError::OnlyMaps { path, maps },
        });
    }
    files.sort();
    Ok(files)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// By name: files that merely carry it are reported when they are opened.
fn is_photograph_name(name: Option<&OsStr>) -> bool {
    let Some(name) = name.map(Path::new) else {
        return false;
    };
    let hidden = name.to_string_lossy().starts_with('.');
    let extension = name.extension().unwrap_or_default().to_string_lossy();
    let extension = extension.to_ascii_lowercase();
    !hidden && ["jpg", "jpeg", "tif", "tiff"].contains(&extension.as_str())
}

fn is_tiff_name(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("tif") || extension.eq_ignore_ascii_case("tiff")
}
