//! What is done where a store's files were deleted, moved or replaced while it was in use.
//!
//! Nothing more is confirmed: it would be stored where nobody finds it. What was confirmed before is still to be read as long as the
//! files are open, and nowhere else, so it is saved before they are closed. No file that is there is written over: one that took
//! the store's place may be as dear.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Store, StoreError,
    error::{Cause, Kept},
    place::Moved,
};

impl Store {
    /// What has happened to the store's files, if those at its paths are no longer the ones that it was opened with: only what is
    /// stored there lasts.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn moved(&self) -> Result<Option<Moved>, StoreError> {
        let moved = self.place.moved();
        moved.map_err(|e| self.failed(Cause::System(e)))
    }

    /// Gives the store up once all that it holds is saved: in its own file where that is still there, else in a new one beside it.
    /// Returns what has happened and where it is saved.
    #[must_use]
    pub fn rescue(self, moved: Moved) -> StoreError {
        // Into the store's file, wherever it is now. What lies beside it is empty then, which matters where another file has taken
        // its place: SQLite would add to that what it finds beside it.
        let written = self.checkpoint();
        let kept = if !moved.itself && matches!(written, Ok(true)) {
            Kept::InPlace
        } else {
            self.save()
        };
        self.failed(Cause::Lost(moved.what, kept))
    }

    /// Writes what was committed into the store's own file; whether nobody kept it from doing so.
    pub(super) fn checkpoint(&self) -> Result<bool, Cause> {
        let busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// Writes all that the store holds to a new file beside its place.
    fn save(&self) -> Kept {
        let Some(file) = free_name(&self.path) else {
            return Kept::Not("no name is free beside it".to_owned());
        };
        let named = file.display().to_string();
        // SQLite takes some names without a folder for others than files.
        let place = std::path::absolute(&file).unwrap_or(file);
        let Some(place) = place.to_str() else {
            return Kept::Not(format!("{named} is no name in UTF-8"));
        };
        match self.connection.execute("VACUUM INTO ?1", [place]) {
            Ok(_) => {
                // What SQLite flushes is the file; its name need not outlast a loss of power yet.
                let folder = Path::new(place).parent();
                folder.map(scarp_files::sync_folder).transpose().ok();
                for own in self.place.own_beside() {
                    fs::remove_file(own).ok();
                }
                Kept::Saved(named)
            }
            Err(e) => {
                fs::remove_file(place).ok();
                Kept::Not(self.failed(e.into()).into_reason())
            }
        }
    }
}

/// A name beside `path` that no file has: `survey-rescued-1.gpkg` for `survey.gpkg`.
fn free_name(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?;
    (1..1000).find_map(|number| {
        let mut name = stem.to_owned();
        name.push(format!("-rescued-{number}"));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        let name = path.with_file_name(name);
        fs::symlink_metadata(&name).is_err().then_some(name)
    })
}
