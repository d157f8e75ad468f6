//! `scarp link status`.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use scarp_link::{
    Journal,
    journal::{Held, SetAside},
};
use serde::Serialize;

use crate::cli::{Outcome, journal::not_taken_over, survey_setup, terminal};

/// 2025-01-01 in seconds since 1970: no journal is older. A computer without a battery for its clock starts in 1970.
const FIRST_FLIGHT_UNIX_S: u64 = 1_735_689_600;

/// The JSON object that a command of `scarp link` ends with. Fields may be added, never renamed.
#[derive(Serialize)]
struct Report {
    /// Messages that wait for the ground station.
    waiting: u64,
    /// Their length.
    waiting_bytes: u64,
    /// When the oldest of them was handed to the journal.
    waiting_since_unix_s: Option<u64>,
    set_aside: Vec<Aside>,
    /// Messages that were set aside and had to make room for newer ones.
    discarded: u64,
    /// Why the last of those was set aside.
    discarded_reason: Option<String>,
    /// Why what changes is not on the disk.
    disk_fault: Option<String>,
    /// Messages on the ground that the journal lists still, since it cannot be written, and sends again.
    still_listed: u64,
    /// Damaged journals beside it, what lay there of another file, and a journal of an earlier version that could not be taken over.
    kept: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Aside {
    reason: String,
    messages: u64,
    /// When the first of them was set aside, where that is known.
    since_unix_s: Option<u64>,
}

/// Tells what the journal holds, and whether that is nothing and nothing was lost.
pub fn run(journal: &Journal, json: bool) -> anyhow::Result<Outcome> {
    let (held, since) = (journal.held(), journal.waiting_since()?);
    let reasons = journal.reasons()?;
    // The journal has told of it when it came.
    let fault = journal.disk_fault();
    let still_listed = fault.as_ref().map_or(0, |fault| fault.still_listed);
    match since {
        None if still_listed > 0 => {}
        Some(since) => eprintln!(
            "{} for the ground station ({:.1} KB){}.",
            terminal::messages(held.messages, ("waits", "wait")),
            held.bytes as f64 / 1e3,
            ago(since).map_or_else(String::new, |ago| format!(", the oldest for {ago}"))
        ),
        None => eprintln!("No message waits for the ground station."),
    }
    if let Some(line) = survey_setup::still_listed(still_listed) {
        eprintln!("{line}");
    } else if fault.is_some() && held.messages > 0 {
        eprintln!(
            "Of these, some may be on the ground: the journal cannot be written, so it lists them still and sends them again, which does no \
             harm."
        );
    }
    let discarded_reason = journal.discarded_reason()?;
    print_set_aside(held, &reasons, discarded_reason.as_deref());
    let disk_fault = fault.map(|fault| fault.line);
    let mut kept = journal.damaged();
    for file in &kept {
        eprintln!(
            "{}: a damaged journal; what was readable in it went on in this one, so move it away if nobody is to search it further",
            file.display()
        );
    }
    for file in journal.foreign() {
        eprintln!(
            "{}: changes of another file, which lay beside this one and were not made in it; move it away",
            file.display()
        );
        kept.push(file);
    }
    if let Some(earlier) = not_taken_over(journal.path()) {
        eprintln!(
            "{}: a journal of an earlier version that cannot be read; what waits in it is not sent, so move it away",
            earlier.display()
        );
        kept.push(earlier);
    }
    let delivered = held.messages == 0 && held.set_aside == 0 && held.discarded == 0;
    let well = delivered && disk_fault.is_none() && kept.is_empty();
    if json {
        let report = Report {
            waiting: held.messages,
            waiting_bytes: held.bytes,
            waiting_since_unix_s: since.map(unix_s),
            set_aside: reasons
                .into_iter()
                .map(|aside| Aside {
                    reason: aside.reason,
                    messages: aside.messages,
                    since_unix_s: aside.since.map(unix_s),
                })
                .collect(),
            discarded: held.discarded,
            discarded_reason,
            disk_fault,
            still_listed,
            kept,
        };
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?).context("standard output")?;
    }
    Ok(if well {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// Tells what is set aside, and what had to make room, of which the last was for `discarded_reason`.
pub fn print_set_aside(held: Held, reasons: &[SetAside], discarded_reason: Option<&str>) {
    for SetAside {
        reason,
        messages,
        since,
    } in reasons
    {
        let are = terminal::messages(*messages, ("is set aside", "are set aside"));
        let first = since.and_then(ago);
        let first = first.map_or_else(String::new, |ago| format!(", the first for {ago}"));
        eprintln!("{are}{first}: {reason}");
    }
    if held.discarded > 0 {
        let last =
            discarded_reason.map_or_else(String::new, |reason| format!("; the last: {reason}"));
        eprintln!(
            "{} set aside and discarded to make room for newer ones{last}.",
            terminal::messages(held.discarded, ("was", "were"))
        );
    }
}

/// How long ago, as people say it; nothing of a time by a clock that was not set.
fn ago(time: SystemTime) -> Option<String> {
    if unix_s(time) < FIRST_FLIGHT_UNIX_S {
        return None;
    }
    let since = SystemTime::now().duration_since(time).ok()?;
    Some(indicatif::HumanDuration(Duration::from_secs(since.as_secs())).to_string())
}

fn unix_s(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap_or_default().as_secs()
}
