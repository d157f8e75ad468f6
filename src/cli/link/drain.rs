//! `scarp link drain`: sends what waits, for whoever has landed.

use std::{sync::atomic::Ordering, time::Duration};

use anyhow::Context;
use scarp_link::{Config, Journal, Uplink};

use super::status;
use crate::cli::{Outcome, survey_setup, terminal};

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(250);

/// Sends what waits until all is confirmed or the user interrupts. A ground station that cannot be reached is tried again and again.
pub fn run(journal: Journal, station: Option<Config>, json: bool) -> anyhow::Result<Outcome> {
    let config = station.context(
        "no ground station; name it with --station and --keys, or with --board and its link.station",
    )?;
    let waiting = journal.held().messages;
    if waiting == 0 {
        return status::run(&journal, json);
    }
    let bar = terminal::message_bar(waiting);
    let stop = survey_setup::stop_on_interrupt("the ground station has all that it confirmed")?;
    let uplink = Uplink::start(&config, journal)?;
    loop {
        let status = uplink.drain(STEP);
        bar.set_position(waiting.saturating_sub(status.held.messages));
        if status.held.messages == 0 || stop.load(Ordering::Relaxed) {
            break;
        }
    }
    bar.finish_and_clear();
    let (status, station) = (uplink.status(), &config.station);
    match (status.confirmed, status.last_error) {
        (0, Some(reason)) => eprintln!("Nothing was sent: {reason}"),
        (0, None) => eprintln!("Nothing was sent: {station} has not answered yet."),
        (confirmed, _) => eprintln!(
            "{} on the ground, in the store of {station}.",
            terminal::messages(confirmed, ("is", "are"))
        ),
    }
    status::run(uplink.journal(), json)
}
