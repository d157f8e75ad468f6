//! The journal of undelivered messages, and what an earlier version left of it.

use std::{
    env, fs,
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
/// The old file stays under another name. One that cannot be read does not keep an aircraft on the ground.
pub fn take_over(path: &Path) -> anyhow::Result<()> {
    let beside = path.with_extension("redb");
    let old = [path, &beside].into_iter().find(|p| redb_file::is_redb(p));
    let Some(old) = old else {
        return Ok(());
    };
    let name = |suffix: &str| {
        let mut name = old.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let taken = name(".taken-over");
    // Under its last name first: a start that is cut short does not take it over twice.
    fs::rename(old, &taken).with_context(|| old.display().to_string())?;
    // A process of its own, since reading a damaged one can end it.
    let status = Command::new(env::current_exe().context("cannot tell where this program lies")?)
        .args(["link", TAKE_OVER])
        .arg(&taken)
        .arg("--journal")
        .arg(path)
        .stdout(Stdio::null())
        .status()
        .context("cannot start this program again")?;
    if !status.success() {
        log::error!(
            "journal {}: of an earlier version, and cannot be read ({status}); what waited in it is not sent",
            taken.display()
        );
    }
    Ok(())
}

/// Takes over the messages of the old journal at `old`; the other side of [`take_over`].
pub fn take_over_from(old: &Path, journal: &Journal) -> anyhow::Result<()> {
    let taken = redb_file::take_over(old, journal)?;
    log::warn!("journal {}: {taken} messages taken over", old.display());
    Ok(())
}
