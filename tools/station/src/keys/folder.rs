//! Where keys lie, and how they get there: whole folders or whole files, never a part.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use scarp_files::{replace_durably, sync_folder};
use scarp_link::tls::{REVOKED_FILE, is_name};

use super::error::KeysError;

/// The ground station's name among those enrolled, and that of its folder.
pub const STATION: &str = "station";

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only.
    Owner,
    /// Everyone.
    All,
}

/// The folders of keys.
#[derive(Debug, Clone)]
pub struct Places {
    keys: PathBuf,
    authority: PathBuf,
}

impl Places {
    /// All keys below `keys`, and those of the authority in `authority`, where it lies elsewhere than in `keys/authority`.
    #[must_use]
    pub fn new(keys: &Path, authority: Option<&Path>) -> Self {
        Self {
            keys: keys.to_owned(),
            authority: authority.map_or_else(|| keys.join("authority"), Path::to_owned),
        }
    }

    /// The authority's folder.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The folder of one end: the ground station, or an aircraft by its name.
    #[must_use]
    pub fn end(&self, name: &str) -> PathBuf {
        if name == STATION {
            self.keys.join(STATION)
        } else {
            self.keys.join("aircraft").join(name)
        }
    }

    /// Puts the list of revoked certificates into the folders of all ends that are here, the ground station's first. Returns whether
    /// that one was.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn put_revoked(&self, list: &[u8]) -> Result<bool, KeysError> {
        let station = self.end(STATION);
        let here = station.is_dir();
        if here {
            replace(&station.join(REVOKED_FILE), list)?;
        }
        let aircraft = self.keys.join("aircraft");
        let entries = match fs::read_dir(&aircraft) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(here),
            entries => entries.map_err(|e| KeysError::read(&aircraft, e))?,
        };
        for entry in entries {
            let entry = entry.map_err(|e| KeysError::read(&aircraft, e))?;
            if entry.file_name().to_str().is_some_and(is_name) && entry.path().is_dir() {
                replace(&entry.path().join(REVOKED_FILE), list)?;
            }
        }
        Ok(here)
    }
}

/// Puts a public file into its place, whole and durably.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), KeysError> {
    let write = |file: &mut dyn Write| file.write_all(contents);
    replace_durably(path, write, |e| e).map_err(|e| KeysError::write(path, e))
}

/// Makes the folder `path` with these files, and those above it. It appears whole, or not at all.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn make(path: &Path, files: &[(&str, &[u8], Readers)]) -> Result<(), KeysError> {
    if path.exists() {
        return Err(KeysError::Exists {
            path: path.display().to_string(),
            remedy: "give another folder",
        });
    }
    let part = beside(path, "part");
    let written = || -> io::Result<()> {
        remove(&part)?;
        make_folder(&part)?;
        for (name, contents, readers) in files {
            write_new(&part.join(name), contents, *readers)?;
        }
        sync_folder(&part)?;
        fs::rename(&part, path)?;
        sync_folder(path.parent().unwrap_or(path))
    };
    written().map_err(|e| KeysError::write(path, e))
}

/// As [`make`], but a folder that is there gives way to it.
///
/// # Errors
/// When it cannot be written; what was there is then still there, or beside its place under the name `.NAME.old`.
pub fn make_anew(path: &Path, files: &[(&str, &[u8], Readers)]) -> Result<(), KeysError> {
    let old = beside(path, "old");
    if path.exists() {
        remove(&old)
            .and_then(|()| fs::rename(path, &old))
            .map_err(|e| KeysError::write(path, e))?;
    }
    make(path, files)?;
    remove(&old).map_err(|e| KeysError::write(&old, e))
}

/// Not a name that an aircraft can have.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{ending}"))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Never over a file that is there, and a private one never readable by others, not even for a moment.
fn write_new(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}
