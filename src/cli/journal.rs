//! The journal of undelivered messages, and what an earlier version left of it.

use std::{
    env, fs, panic,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;
use scarp_link::{Journal, journal::redb_file};

/// The name of the journal in the folder for results.
const NAME: &str = "journal.sqlite";
/// The command that [`take_over`] starts.
pub const TAKE_OVER: &str = "take-over";

/// The journal's file: the one named, or the one among the results.
pub fn path(named: Option<&PathBuf>, out: &Path) -> PathBuf {
    named.cloned().unwrap_or_else(|| out.join(NAME))
}

/// Brings what waits in a journal of an earlier version into the one at `path`, once: `path` itself, or `journal.redb` beside it.
/// The old file stays under another name, or where it is when that fails; it does not keep an aircraft on the ground.
pub fn take_over(path: &Path) -> anyhow::Result<()> {
    let old = earlier(path);
    if redb_file::is_redb(path) {
        anyhow::ensure!(
            !old.exists(),
            "{}: is a journal of an earlier version; {} is one too, so move one of them away",
            path.display(),
            old.display()
        );
        fs::rename(path, &old).with_context(|| path.display().to_string())?;
    }
    if !old.exists() {
        return Ok(());
    }
    // A process of its own, since reading a damaged one can end it.
    let status = Command::new(env::current_exe().context("cannot tell where this program lies")?)
        .args(["link", TAKE_OVER])
        .arg(&old)
        .arg("--journal")
        .arg(path)
        .stdout(Stdio::null())
        .status()
        .context("cannot start this program again")?;
    if status.success() {
        fs::rename(&old, free_name(&old)).with_context(|| old.display().to_string())
    } else {
        log::error!(
            "journal {}: of an earlier version, and not taken over ({status}); what waits in it is not sent, and the next start tries \
             again",
            old.display()
        );
        Ok(())
    }
}

/// Where the journal of an earlier version is that belongs to the one at `path`.
fn earlier(path: &Path) -> PathBuf {
    let is_old_name = path.extension().is_some_and(|e| e == "redb");
    path.with_extension(if is_old_name { "old.redb" } else { "redb" })
}

/// The journal of an earlier version that could not be taken over into the one at `path`, if there is one.
pub fn not_taken_over(path: &Path) -> Option<PathBuf> {
    Some(earlier(path)).filter(|old| old.exists())
}

/// A name for what was taken over that no earlier one has.
fn free_name(old: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let mut name = old.as_os_str().to_owned();
        name.push(format!(".taken-over-{number}"));
        let name = PathBuf::from(name);
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}

/// Takes over the messages of the old journal at `old`; the other side of [`take_over`]. A second time changes nothing on the ground,
/// where each message is stored once.
pub fn take_over_from(old: &Path, journal: &Journal) -> anyhow::Result<()> {
    // What redb says of a damaged file when it panics is nothing for people; the exit status tells.
    panic::set_hook(Box::new(|_| {}));
    let taken = redb_file::take_over(old, journal)?;
    log::warn!(
        "journal {}: messages taken over: {}, and as set aside: {}",
        old.display(),
        taken.waiting,
        taken.set_aside
    );
    Ok(())
}
