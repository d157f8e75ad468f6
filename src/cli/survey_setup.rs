//! What a replay and a flight have in common: the board, the link, the end.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use scarp::{flight::is_host_and_port, pipeline::Flight};
use scarp_config::Board;
use scarp_link::{
    Body, Config, Envelope, Journal, JournalError, LinkError, LinkStatus, Survey, Uplink,
};

use super::terminal;

/// How long the end of a flight waits for the ground station before it leaves the rest to the journal.
const DRAIN: Duration = Duration::from_secs(20);

/// The ground station.
#[derive(clap::Args)]
pub struct StationArgs {
    /// Ground station to send to, HOST:PORT
    #[arg(long, value_name = "ADDRESS", requires = "keys", value_parser = host_and_port)]
    station: Option<String>,
    /// Folder aircraft/NAME/ that `scarp-station keys enrol` made
    #[arg(long, value_name = "DIR", requires = "station")]
    keys: Option<PathBuf>,
    /// What `--station` was called.
    #[arg(long, hide = true, value_parser = renamed_to_station)]
    ground: Option<String>,
}

impl StationArgs {
    /// How the ground station is reached, if the command line tells.
    pub fn config(&self) -> Option<Config> {
        let (station, keys) = self.station.clone().zip(self.keys.clone())?;
        Some(Config { station, keys })
    }
}

fn renamed_to_station(_: &str) -> Result<String, &'static str> {
    Err("it is called --station now")
}

/// The ground station, and what waits for it.
#[derive(clap::Args)]
pub struct LinkArgs {
    #[command(flatten)]
    pub station: StationArgs,
    /// Undelivered messages are kept here [default: OUT/journal.sqlite]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

/// Makes the folder for what is found, and those above it.
pub fn make_folder(out: &Path) -> anyhow::Result<()> {
    let shown = out.display();
    anyhow::ensure!(
        out.is_dir() || !out.exists(),
        "{shown}: is no folder; choose another with --out"
    );
    fs::create_dir_all(out).map_err(|e| anyhow::anyhow!("{shown}: {e}; choose another with --out"))
}

/// The board file named, or the built-in one.
pub fn board(path: Option<&Path>) -> anyhow::Result<Board> {
    Ok(match path {
        Some(path) => Board::load(path)?,
        None => Board::workstation()?,
    })
}

/// An address as it was given, if it names a host and a port.
fn host_and_port(text: &str) -> Result<String, &'static str> {
    if is_host_and_port(text) {
        Ok(text.to_owned())
    } else {
        Err("write HOST:PORT, for instance 192.168.1.10:4433")
    }
}

/// The board's ground station, if it names one.
///
/// # Errors
/// When its address lacks a host or a port.
pub fn station(board: &Board) -> anyhow::Result<Option<Config>> {
    let link = &board.link;
    if link.station.is_empty() {
        return Ok(None);
    }
    let station = host_and_port(&link.station)
        .map_err(|remedy| anyhow::anyhow!("board file {}: link.station: {remedy}", board.file))?;
    let keys = link.keys.clone();
    Ok(Some(Config { station, keys }))
}

/// The link to the ground station; `None` when no station was named.
pub fn uplink(
    station: Option<Config>,
    journal: impl FnOnce() -> Result<Journal, JournalError>,
) -> anyhow::Result<Option<Arc<Uplink>>> {
    let Some(config) = station else {
        return Ok(None);
    };
    Ok(Some(Arc::new(Uplink::start(&config, journal()?)?)))
}

/// Tells the ground station that a run over the survey begins.
pub fn announce(uplink: &Uplink, flight: &Flight) -> anyhow::Result<()> {
    let manifest = flight.model.manifest();
    let announced = uplink.submit(&[Envelope::new(
        flight.run,
        Body::Survey(Survey {
            software: concat!("scarp ", env!("CARGO_PKG_VERSION")).to_owned(),
            model_name: manifest.name.clone(),
            model_version: manifest.version.clone(),
        }),
    )]);
    match announced {
        // Its messages are only sent while something flies.
        Err(LinkError::Journal(full @ JournalError::Full { .. })) => log::error!("{full}"),
        announced => announced?,
    }
    Ok(())
}

/// Waits a while for the ground station to confirm everything, and ends the link.
pub fn finish(uplink: &Uplink) -> LinkStatus {
    uplink.finish(DRAIN)
}

/// Whether all that waited is on the ground and the journal knows it, and nothing was set aside since the start.
pub fn all_delivered(link: Option<&LinkStatus>) -> bool {
    link.is_none_or(|status| {
        let left = status.undelivered() + status.lost();
        let refused = status.newly_set_aside + status.unsendable;
        left == 0 && refused == 0 && status.disk_fault.is_none()
    })
}

/// Why the journal is not written, if it is not.
pub fn disk_fault(link: Option<&LinkStatus>) -> Option<&str> {
    Some(link?.disk_fault.as_ref()?.line.as_str())
}

/// Says what cannot be sent, what is set aside and what waits in the journal, if anything does.
pub fn print_undelivered(link: Option<&LinkStatus>) {
    if let Some(status) = link.filter(|status| status.unsendable > 0) {
        eprintln!(
            "Messages that cannot be sent: {}; the log says which and why. Please report it.",
            status.unsendable
        );
    }
    if let Some(status) = link.filter(|status| status.newly_set_aside > 0) {
        eprintln!(
            "Messages set aside in the journal and not sent: {}; `scarp link status` says why.",
            status.newly_set_aside
        );
    }
    let earlier = |status: &LinkStatus| {
        let earlier = status.held.set_aside + status.held.discarded;
        earlier.saturating_sub(status.newly_set_aside)
    };
    if let Some(earlier @ 1..) = link.map(earlier) {
        eprintln!(
            "Messages set aside before this start: {earlier}; `scarp link status` says why, `resend` tries them again, `discard` removes them."
        );
    }
    if let Some(status) = link {
        for line in left(status) {
            eprintln!("{line}");
        }
    }
}

/// What becomes of the messages that are not on the ground, of a link that has ended, and of those that the journal cannot forget.
fn left(status: &LinkStatus) -> Vec<String> {
    let reason = status.last_error.as_deref().unwrap_or("no answer in time");
    let mut lines = Vec::new();
    if status.crowded_out > 0 {
        let are = terminal::messages(status.crowded_out, ("is", "are"));
        lines.push(format!(
            "{are} lost: there was room neither in the journal nor in memory while the ground station confirmed nothing ({reason})."
        ));
    }
    let fault = status.disk_fault.as_ref();
    if let Some(fault) = fault {
        let line = &fault.line;
        lines.push(match status.lost_from_memory {
            0 => format!("The journal is not written, by which no message is lost: {line}."),
            lost => format!(
                "{} lost: not confirmed by the ground station ({reason}), and in memory only: {line}.",
                terminal::messages(lost, ("is", "are"))
            ),
        });
        lines.extend(still_listed(fault.still_listed));
    }
    let waiting = fault.map_or(status.held.messages, |fault| fault.waiting_on_disk);
    if waiting > 0 {
        let wait = terminal::messages(waiting, ("waits", "wait"));
        lines.push(format!(
            "{wait} in the journal for the ground station ({reason}); `scarp link drain` sends what waits."
        ));
    }
    lines
}

/// Says that so many messages are on the ground and the journal does not know it, if any are.
pub fn still_listed(messages: u64) -> Option<String> {
    let are = match messages {
        0 => return None,
        1 => "1 message that is on the ground: it is sent again".to_owned(),
        _ => format!("{messages} messages that are on the ground: they are sent again"),
    };
    Some(format!(
        "The journal still lists {are}, which does no harm, since the ground station stores each once."
    ))
}

/// A flag that the first interrupt raises; the second ends the program at once, and the journal keeps what it holds.
///
/// `meanwhile` is what is not lost by it.
pub fn stop_on_interrupt(meanwhile: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        eprintln!("\nStopping: {meanwhile}. Interrupt again to stop at once.");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
