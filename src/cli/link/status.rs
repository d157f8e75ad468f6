//! `scarp link status`.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use scarp_link::{Journal, journal::SetAside};
use serde::Serialize;

use crate::cli::Outcome;

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
}

#[derive(Serialize)]
struct Aside {
    reason: String,
    messages: u64,
    since_unix_s: u64,
}

/// Tells what the journal holds, and whether that is nothing.
pub fn run(journal: &Journal, json: bool) -> anyhow::Result<Outcome> {
    let (held, since) = (journal.held(), journal.waiting_since()?);
    let reasons = journal.reasons()?;
    match since {
        Some(since) => eprintln!(
            "{} messages ({:.1} KB) wait for the ground station, the oldest for {}.",
            held.messages,
            held.bytes as f64 / 1e3,
            ago(since)
        ),
        None => eprintln!("No message waits for the ground station."),
    }
    for SetAside {
        reason,
        messages,
        since,
    } in &reasons
    {
        eprintln!(
            "{messages} messages are set aside, the first for {}: {reason}",
            ago(*since)
        );
    }
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
        };
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?).context("standard output")?;
    }
    let delivered = held.messages == 0 && held.set_aside == 0;
    Ok(if delivered {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
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
