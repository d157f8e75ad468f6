//! Where an open store lies. A file that is deleted or moved stays open and takes whatever is written, which nobody finds
//! afterwards; so the files at the store's paths are compared with those that were opened.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::error::Cause;

/// What SQLite keeps beside a database while it is open: what was committed last, and an index of that. Without the first it is
/// lost, and without the second another program takes the first for left over.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The write-ahead log of the store at `path`, where it has one.
pub fn log_beside(path: &Path) -> PathBuf {
    let target = target(path).unwrap_or_else(|_| path.to_owned());
    with_suffix(&target, BESIDE[0])
}

/// The files of an open store, as they were when it was opened. Of a store that is only read, none.
#[derive(Debug, Default)]
pub struct Place {
    files: Vec<(PathBuf, Option<FileId>)>,
}

/// What has happened to a store's files.
#[derive(Debug)]
pub struct Moved {
    /// In words that follow the store's name.
    pub(super) what: String,
    /// Whether it is the store's file itself, rather than one beside it.
    pub(super) itself: bool,
}

impl Place {
    /// The files of the store at `path`, which `db` has open.
    pub fn of(path: &Path, db: &Connection) -> Result<Self, Cause> {
        let file = std::path::absolute(path).map_err(Cause::System)?;
        let target = target(path).map_err(Cause::System)?;
        let beside = BESIDE.map(|suffix| with_suffix(&target, suffix));
        let files = [file].into_iter().chain(beside);
        let known = |file: PathBuf| Ok((identity(&file)?, file));
        let known = files.map(|file| known(file).map(|(id, file)| (file, id)));
        let place = Self {
            files: known.collect::<io::Result<_>>().map_err(Cause::System)?,
        };
        if has_moved(db) {
            return Err(Cause::Missing);
        }
        Ok(place)
    }

    /// What has happened to the files, if they are not the same any more.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn moved(&self) -> io::Result<Option<Moved>> {
        for (number, (path, known)) in self.files.iter().enumerate() {
            let found = identity(path)?;
            if found == *known {
                continue;
            }
            let itself = number == 0;
            let name = path.file_name().unwrap_or_default().display();
            let whose = if itself {
                String::new()
            } else {
                format!("its file {name} ")
            };
            let happened = match found {
                None => "was deleted or moved away",
                Some(_) => "was replaced by another",
            };
            let what = format!("{whose}{happened}");
            return Ok(Some(Moved { what, itself }));
        }
        Ok(None)
    }

    /// The files beside the store's own that are still the ones that were opened.
    pub fn own_beside(&self) -> impl Iterator<Item = &Path> {
        let beside = self.files.iter().skip(1);
        let own = beside.filter(|(path, known)| identity(path).is_ok_and(|found| found == *known));
        own.filter(|(_, known)| known.is_some())
            .map(|(path, _)| path.as_path())
    }
}

/// The file that a store's path stands for. SQLite follows links, and keeps what it keeps beside a file beside that.
///
/// # Errors
/// When the path is none.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    let file = std::path::absolute(path)?;
    // A link to a file that is still to be made.
    let to_be_made = || fs::read_link(&file).map(|to| file.with_file_name("").join(to));
    Ok(fs::canonicalize(&file)
        .or_else(|_| to_be_made())
        .unwrap_or(file))
}

/// Whether the open `file` is the one at `path`.
///
/// # Errors
/// When the system does not say.
pub fn is_at(file: &fs::File, path: &Path) -> io::Result<bool> {
    Ok(identity(path)? == Some(id(&file.metadata()?)))
}

/// What tells a file from every other that exists at the same time.
#[cfg(unix)]
type FileId = (u64, u64);

/// Windows neither deletes nor replaces a file that is open, so here it is enough that it is there.
#[cfg(not(unix))]
type FileId = ();

/// The file at `path`, links followed; none where there is none.
fn identity(path: &Path) -> io::Result<Option<FileId>> {
    // Not opened: SQLite's locks on a file end when anything in the same process closes it.
    match fs::metadata(path) {
        Ok(found) => Ok(Some(id(&found))),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

#[cfg(unix)]
fn id(found: &fs::Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn id(_: &fs::Metadata) -> FileId {}

/// Whether the file at a database's path is no longer the one that is open; it may have been taken away before its identity was read.
#[cfg(unix)]
fn has_moved(db: &Connection) -> bool {
    let mut moved = 0;
    let asked = db.file_control(c"main".into(), rusqlite::FileControl::HasMoved(&mut moved));
    asked.is_ok() && moved != 0
}

#[cfg(not(unix))]
fn has_moved(_: &Connection) -> bool {
    false
}

/// The name of `path` with this behind it.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
