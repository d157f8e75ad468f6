//! Files that are replaced whole or not at all.
//!
//! What is written goes to a temporary file beside its place, `NAME.XXXXXX.part`, which then takes the name: a reader finds the
//! old file or the new one, never a part. The temporary file is removed when it cannot be completed; one is left behind only
//! where the program is killed just then, until [`clear_parts`] takes it away.

#[cfg(feature = "toml")]
mod toml_reason;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{
        self, BufWriter,
        ErrorKind::{InvalidInput, IsADirectory, PermissionDenied},
        Write,
    },
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

#[cfg(feature = "toml")]
pub use toml_reason::toml_reason;

/// How the name of a temporary file ends.
const SUFFIX: &str = ".part";
/// Letters by chance in the name of a temporary file, between that of its file and [`SUFFIX`].
const RANDOM: usize = 6;

/// Puts `contents` into the place of the file at `path`. What is there and is no plain file, such as a pipe or a device, is
/// written to as it is. After a loss of power either file may be there.
///
/// # Errors
/// When the file cannot be written; what was at `path` before is then untouched.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let write = |file: &mut dyn Write| file.write_all(contents);
    put(path, false, write, |error| error)
}

/// As [`replace`], for what `write` writes, and the new file outlasts a loss of power from the return on: it and, where that can be
/// done, its folder are flushed to the disk. Returns what `write` returns.
///
/// # Errors
/// That of `write`, or of the system as `failed` tells it; what was at `path` before is then untouched, unless only its folder
/// cannot be flushed.
pub fn replace_durably<T, E>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<T, E> {
    put(path, true, write, failed)
}

/// Removes the temporary files that writers of `path` which were killed have left beside it. For before the first write, where no
/// other program writes to `path`; what cannot be removed stays.
pub fn clear_parts(path: &Path) {
    let Some(name) = path.file_name().map(OsStr::as_encoded_bytes) else {
        return;
    };
    let is_part = |found: &OsStr| {
        let between = found.as_encoded_bytes().strip_prefix(name);
        let between = between.and_then(|rest| rest.strip_prefix(b"."));
        let between = between.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        between.is_some_and(|random| random.len() == RANDOM && !random.contains(&b'.'))
    };
    for entry in fs::read_dir(folder(path)).into_iter().flatten().flatten() {
        if is_part(&entry.file_name()) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

/// `folder`, or the current one where it has no name.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

fn put<T, E>(
    path: &Path,
    durable: bool,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<T, E> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let open = File::options().write(true).open(path);
        return buffered(&mut open.map_err(&failed)?, write, &failed);
    }
    let folder = folder(path);
    let mut part = beside(path, folder).map_err(&failed)?;
    let written = buffered(part.as_file_mut(), write, &failed)?;
    if durable {
        part.as_file().sync_all().map_err(&failed)?;
    }
    part.persist(path).map_err(|error| failed(error.error))?;
    if durable {
        sync_folder(folder).map_err(&failed)?;
    }
    Ok(written)
}

/// A new file of a name like that of `path`, for whoever the system says and not, as tempfile's are, for its owner only.
fn beside(path: &Path, folder: &Path) -> io::Result<NamedTempFile<File>> {
    let mut prefix = path.file_name().ok_or(IsADirectory)?.to_owned();
    prefix.push(".");
    Builder::new()
        .prefix(&prefix)
        .rand_bytes(RANDOM)
        .suffix(SUFFIX)
        .make_in(folder, |part| File::create_new(part))
}

fn buffered<T, E>(
    file: &mut File,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<T, E> {
    let mut buffer = BufWriter::new(file);
    let written = write(&mut buffer)?;
    buffer.flush().map_err(failed)?;
    Ok(written)
}

/// Flushes the names in a folder to the disk, where that can be done: what was made, renamed or removed there outlasts a loss of power
/// from then on. An empty path is the current folder, as that of a file's name alone.
///
/// # Errors
/// When the disk fails, or there is no such folder.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows opens no folders as files, and keeps names in a journal of its own.
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(or_here(folder)).and_then(|folder| folder.sync_all()) {
        // A folder that may be written to but not read, and a file system that flushes none: the file is in its place all the same.
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput) => Ok(()),
        flushed => flushed,
    }
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    fn durably(path: &Path, contents: &[u8]) -> io::Result<()> {
        replace_durably(path, |file| file.write_all(contents), |error| error)
    }

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_else_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("landslides.geojson");
        for (number, write) in [replace, durably, replace].into_iter().enumerate() {
            let contents = vec![b'x'; number];
            write(&path, &contents).unwrap();
            assert_eq!(fs::read(&path).unwrap(), contents);
            assert_eq!(names(folder.path()), ["landslides.geojson"]);
        }
    }

    #[test]
    fn a_folder_is_flushed_by_its_name_or_as_the_current_one_and_a_missing_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        sync_folder(folder.path()).unwrap();
        sync_folder(Path::new("")).unwrap();
        assert!(sync_folder(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_no_part_and_says_what_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none").join("a.json");
        let error = replace(&missing, b"x").unwrap_err();
        assert_eq!(error.to_string(), "No such file or directory (os error 2)");
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(durably(&taken, b"x").is_err());
        assert!(replace(Path::new("/"), b"x").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn what_ends_in_an_error_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace(&path, b"old").unwrap();
        let error = replace_durably(
            &path,
            |file| {
                file.write_all(b"half").unwrap();
                Err::<(), _>("the rest cannot be read".to_owned())
            },
            |error| error.to_string(),
        );
        assert_eq!(error.unwrap_err(), "the rest cannot be read");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_program_that_ends_while_it_writes_leaves_the_old_file_and_its_part_can_be_cleared() {
        const PATH: &str = "SCARP_FILES_TEST_PATH";
        if let Some(path) = env::var_os(PATH) {
            let half = |file: &mut dyn Write| -> io::Result<()> {
                file.write_all(b"half")?;
                file.flush()?;
                // As when it is killed, nothing is cleared up.
                process::exit(9)
            };
            replace_durably(Path::new(&path), half, |error| error).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace(&path, b"old").unwrap();
        let program = process::Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "tests::a_program_that_ends_while_it_writes_leaves_the_old_file_and_its_part_can_be_cleared",
            ])
            .env(PATH, &path)
            .output()
            .unwrap();
        assert_eq!(program.status.code(), Some(9), "{program:?}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let part = |name: &&String| name.starts_with("a.json.") && name.ends_with(".part");
        assert_eq!(names(folder.path()).iter().filter(part).count(), 1);
        let others = ["a.json.part", "b.json.abcdef.part", "a.json.x.part"];
        for other in others {
            fs::write(folder.path().join(other), b"").unwrap();
        }
        clear_parts(&path);
        let mut left = others.to_vec();
        left.push("a.json");
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_may_not_be_read_still_takes_a_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let may = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
        may(0o300).unwrap();
        let written = durably(&folder.path().join("a.json"), b"x");
        may(0o700).unwrap();
        written.unwrap();
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_readable_for_whom_the_system_says_and_a_device_stays_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("a"), folder.path().join("b"));
        replace(&ours, b"x").unwrap();
        fs::write(&usual, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
        durably(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
