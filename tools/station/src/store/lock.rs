//! Who writes a store: one process at a time. Two would each notice of the other only that it is slow, and count, rescue and close what
//! the other has open.
//!
//! The lock is the system's, on a file beside the store, so that it ends with the process however that ends. On the store's own file it
//! would get in the way of SQLite's.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    error::Cause,
    place::{is_at, target, with_suffix},
};

/// The right to write a store. It ends when this is dropped.
#[derive(Debug)]
pub struct WriteLock {
    path: PathBuf,
    file: File,
}

impl WriteLock {
    /// Takes the right to write the store at `path`.
    ///
    /// # Errors
    /// When another process has it, or the file beside the store cannot be made or locked.
    pub fn of(path: &Path) -> Result<Self, Cause> {
        let path = with_suffix(&target(path).map_err(Cause::System)?, "-lock");
        let unlockable = |e| Cause::Unlockable(path.clone(), e);
        loop {
            let file = open(&path).map_err(unlockable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Cause::InUse),
                Err(TryLockError::Error(e)) => return Err(unlockable(e)),
            }
            // Whoever had it may have removed the file between the two steps.
            if is_at(&file, &path).map_err(unlockable)? {
                return Ok(Self { path, file });
            }
        }
    }
}

/// While it is locked, so that nobody takes a file for the lock that is gone a moment later; and not another's, of a store whose folder took
/// the place of this one's.
impl Drop for WriteLock {
    fn drop(&mut self) {
        if is_at(&self.file, &self.path).unwrap_or(false) {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    match options.clone().write(true).create(true).open(path) {
        // What another user's process left that was killed. To be locked it need only be read.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied && path.is_file() => {
            options.open(path)
        }
        opened => opened,
    }
}
