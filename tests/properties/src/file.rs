//! Bytes as a file, for what reads files.

use std::{fs, path::Path, sync::OnceLock, thread};

use tempfile::TempDir;

/// Calls `read` with a file that holds `data`; one for each thread and `name`, written over each time.
pub(crate) fn with(name: &str, data: &[u8], read: impl FnOnce(&Path)) {
    static FOLDER: OnceLock<Option<TempDir>> = OnceLock::new();
    let Some(folder) = FOLDER.get_or_init(|| tempfile::tempdir().ok()) else {
        return;
    };
    let path = folder
        .path()
        .join(format!("{:?}-{name}", thread::current().id()));
    if fs::write(&path, data).is_ok() {
        read(&path);
    }
}

/// A refusal is one line, and names its file.
pub(crate) fn assert_names(error: &impl ToString, path: &Path) {
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(&path.display().to_string()), "{message}");
}
