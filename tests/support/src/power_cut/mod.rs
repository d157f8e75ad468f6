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
    env, fs, io,
    path::{Path, PathBuf},
    process,
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
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn new(seed: u64) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // There is one for what is no database, such as a file that is locked.
        let folder = env::temp_dir().join(format!("computer-{}-{number}", process::id()));
        fs::create_dir(&folder)?;
        let disk = Arc::new(Mutex::new(Disk::new(seed)));
        vfs::add(folder.clone(), Arc::clone(&disk));
        Ok(Self { folder, disk })
    }

    /// Its folder, in which no other program sees the databases.
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
        fs::remove_dir_all(&self.folder).ok();
    }
}
