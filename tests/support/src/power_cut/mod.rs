//! Computers that lose their power, below SQLite.
//!
//! Once there is a [`Computer`], every database that this process opens below its folder is on its disk, which is memory. When the
//! power goes, every call fails until the computer is started again; then each sector that was not flushed is there, old, or torn,
//! in any order, and each file that was made or deleted without its folder being flushed is there or not.
//!
//! One connection at a time uses a database: locks are not kept.

mod disk;
mod random;
mod vfs;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use disk::Disk;
pub use random::Random;

/// A computer with a disk and a folder on it.
pub struct Computer {
    folder: PathBuf,
    disk: Arc<Mutex<Disk>>,
}

impl Computer {
    /// A new computer, whose faults follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/computer-{number}"));
        let disk = Arc::new(Mutex::new(Disk::new(seed)));
        vfs::add(folder.clone(), Arc::clone(&disk));
        Self { folder, disk }
    }

    /// Its folder, which no other program sees.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets the power go during the change to the disk that comes after so many.
    pub fn lose_power_after(&self, changes: u64) {
        self.disk.lock().lose_power_after(changes);
    }

    /// Whether it runs.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.disk.lock().has_power()
    }

    /// Copies what is on its disk into a folder of this computer.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn copy_to(&self, folder: &Path) -> io::Result<()> {
        let disk = self.disk.lock();
        let mut files = disk.files();
        files.try_for_each(|(path, bytes)| {
            let name = Path::new(path).file_name().unwrap_or_default();
            fs::write(folder.join(name), bytes)
        })
    }

    /// Starts it again, with what its disk has kept. What is still open of before stays dead.
    pub fn start(&self) {
        self.disk.lock().start();
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        vfs::remove(&self.folder);
    }
}
