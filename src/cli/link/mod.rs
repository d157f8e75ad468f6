//! `scarp link`: what waits for the ground station, and bringing it there after landing.

mod discard;
mod drain;
mod status;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args as ClapArgs, Subcommand};
use scarp_config::Board;
use scarp_link::{Journal, JournalError};

use super::{
    Outcome, journal,
    survey_setup::{self, StationArgs},
    terminal,
};

const EXAMPLES: &str = "\
Examples:
  scarp link status --board /etc/scarp/board.toml      what waits, since when, and what was set aside, and why
  scarp link drain --board /etc/scarp/board.toml       send it all, and say when it is on the ground
  scarp link drain --journal old.sqlite --station 10.0.0.2:4433 --keys keys/aircraft/alpha
  scarp link resend --board /etc/scarp/board.toml      let what was set aside wait again
  scarp link discard --board /etc/scarp/board.toml     say what is set aside and would be removed; --yes removes it

Not while a flight or replay uses the journal: that sends what waits itself, and OUT/health.json says how it goes.
At most 10,000 messages and 16 MiB of them stay set aside; the oldest make room for newer ones, and are counted.
A journal that can be read but not written, on a card that is locked for instance, is told of and sent from a copy.
Exit status 3 tells that messages wait still, that some are set aside or had to make room, that a damaged journal or what lay beside this
one is kept, or that the journal cannot be written; 1 that it cannot be read, is in use or is none.";

#[derive(ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what waits for the ground station and what was set aside.
    Status(Where),
    /// Sends what waits until the ground station has confirmed all of it.
    Drain {
        #[command(flatten)]
        from: Where,
        #[command(flatten)]
        station: StationArgs,
    },
    /// Lets all that was set aside wait for the ground station again.
    Resend(Where),
    /// Removes what was set aside, for good.
    Discard {
        #[command(flatten)]
        from: Where,
        /// Remove it; without, it is only said what would be removed
        #[arg(long)]
        yes: bool,
    },
    /// Takes the messages of an earlier version's journal over.
    #[command(name = journal::TAKE_OVER, hide = true)]
    TakeOver {
        old: PathBuf,
        #[command(flatten)]
        into: Where,
    },
}

/// Which journal.
#[derive(ClapArgs)]
struct Where {
    /// Board file: its results' folder, ground station and limits [default: built in, see boards/workstation.toml]
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// Folder for the results, with the journal in it [default: the board's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The journal [default: OUT/journal.sqlite]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// End with one JSON object on standard output; people's output stays on standard error
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Status(from) => {
            let (_, journal) = open(from, Journal::open_to_deliver)?;
            status::run(&journal, from.json)
        }
        Command::Drain { from, station } => {
            let (board, journal) = open(from, Journal::open_to_deliver)?;
            let station = match station.config() {
                Some(named) => Some(named),
                None => survey_setup::station(&board)?,
            };
            drain::run(journal, station, from.json)
        }
        Command::Resend(from) => {
            let (_, journal) = open(from, Journal::open)?;
            let again = terminal::messages(journal.resend()?, ("waits", "wait"));
            eprintln!("{again} again; `scarp link drain` sends what waits.");
            status::run(&journal, from.json)
        }
        Command::Discard { from, yes } => {
            let (_, journal) = open(from, Journal::open)?;
            discard::run(&journal, *yes, from.json)
        }
        Command::TakeOver { old, into } => {
            // However much that is: it waits already.
            let journal = Journal::open(&place(into)?.1, u64::MAX)?;
            journal::take_over_from(old, &journal)?;
            Ok(Outcome::Success)
        }
    }
}

/// The board, and where the journal is.
fn place(from: &Where) -> anyhow::Result<(Board, PathBuf)> {
    let board = survey_setup::board(from.board.as_deref())?;
    let out = from.out.as_ref().unwrap_or(&board.paths.out);
    let path = journal::path(from.journal.as_ref(), out);
    Ok((board, path))
}

/// The journal, which must be there.
fn open(
    from: &Where,
    open: impl FnOnce(&Path, u64) -> Result<Journal, JournalError>,
) -> anyhow::Result<(Board, Journal)> {
    let (board, path) = place(from)?;
    if let Err(error) = journal::take_over(&path) {
        // No reason not to tell of what is in this one; it is told of again in the end.
        log::error!("{error:#}");
    }
    let is_there = path
        .try_exists()
        .with_context(|| format!("{}: cannot be looked for", path.display()))?;
    anyhow::ensure!(
        is_there,
        "{}: there is no such journal; name one with --journal, or the folder of a flight's results with --out",
        path.display()
    );
    let journal = open(&path, board.journal.max_bytes)?;
    Ok((board, journal))
}
