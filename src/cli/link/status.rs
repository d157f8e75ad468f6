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

use crate::cli::{Outcome, journal::not_taken_over, terminal};

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
    /// Why what changes is not on the disk.
    disk_fault: Option<String>,
    /// Damaged journals beside it, what lay there of another file, and a journal of an earlier version that could not be taken over.
    kept: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Aside {
    reason: String,
    messages: u64,
    since_unix_s: u64,
}

/// Tells what the journal holds, and whether that is nothing and nothing was lost.
pub fn run(journal: &Journal, json: bool) -> anyhow::Result<Outcome> {
    let (held, since) = (journal.held(), journal.waiting_since()?);
    let reasons = journal.reasons()?;
    match since {
        Some(since) => eprintln!(
            "{} for the ground station ({:.1} KB), the oldest for {}.",
            terminal::messages(held.messages, ("waits", "wait")),
            held.bytes as f64 / 1e3,
            ago(since)
        ),
        None => eprintln!("No message waits for the ground station."),
    }
    print_set_aside(held, &reasons);
    // The journal has told of it when it came.
    let disk_fault = journal.disk_fault().map(|fault| fault.line);
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
                    since_unix_s: unix_s(aside.since),
                })
                .collect(),
            discarded: held.discarded,
            disk_fault,
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

/// Tells what is set aside, and what had to make room.
pub fn print_set_aside(held: Held, reasons: &[SetAside]) {
    for SetAside {
        reason,
        messages,
        since,
    } in reasons
    {
        eprintln!(
            "{}, the first for {}: {reason}",
            terminal::messages(*messages, ("is set aside", "are set aside")),
            ago(*since)
        );
    }
    if held.discarded > 0 {
        eprintln!(
            "{} set aside and discarded to make room for newer ones.",
            terminal::messages(held.discarded, ("was", "were"))
        );
    }
}

/// How long ago, as people say it.
fn ago(time: SystemTime) -> String {
    let since = SystemTime::now().duration_since(time).unwrap_or_default();
    indicatif::HumanDuration(Duration::from_secs(since.as_secs())).to_string()
}

fn unix_s(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap_or_default().as_secs()
}
