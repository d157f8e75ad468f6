//! The command line: one file for each command.

mod coverage;
mod export;
mod keys;
mod repair;
mod serve;
mod snapshot;
mod status;
mod surveys;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use uuid::Uuid;

const EXIT_CODES: &str = "Exit status: 0 all well; 1 the command failed, and one line on standard error says why and \
    what to do; 2 wrong arguments.\nStandard output carries results for programs, standard error is for people \
    (RUST_LOG=warn makes it quiet).";

/// Ground station of a Scarp survey: receives landslides from drones and keeps them in a GeoPackage.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes, renews and revokes the keys of the ground station and its aircraft
    #[command(after_help = format!("{}\n\n{EXIT_CODES}", keys::LEARN))]
    Keys(keys::Args),
    /// Receives until Ctrl-C, and stores what drones report
    #[command(after_help = EXIT_CODES)]
    Serve(serve::Args),
    /// Lists the surveys of a store; it may be in use
    #[command(after_help = EXIT_CODES)]
    Surveys(surveys::Args),
    /// Writes the landslides that stand, or what was searched, as GeoJSON (RFC 7946); the store may be in use
    #[command(after_help = EXIT_CODES)]
    Export(export::Args),
    /// Tells how much was searched, and what of a planned area was not; the store may be in use
    #[command(after_help = EXIT_CODES)]
    Coverage(coverage::Args),
    /// Writes a whole copy of a store to one file, to hand on; the store may be in use
    #[command(after_help = EXIT_CODES)]
    Snapshot(snapshot::Args),
    /// Tells what a store holds of each survey, and whether its file is whole; it may be in use
    #[command(after_help = EXIT_CODES)]
    Status(status::Args),
    /// Saves what is whole of a damaged store to a new one
    #[command(after_help = EXIT_CODES)]
    Repair(repair::Args),
}

/// Runs the command the user gave and turns its outcome into the exit status.
pub fn main() -> ExitCode {
    env_logger::Builder::from_env(
        env_logger::Env::default().default_filter_or("scarp_station=info"),
    )
    .format_target(false)
    .init();
    let outcome = match Arguments::parse().command {
        Command::Keys(args) => keys::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Surveys(args) => surveys::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Snapshot(args) => snapshot::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Repair(args) => repair::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("scarp-station: {}", scarp_link::plain(&format!("{e:#}")));
            ExitCode::FAILURE
        }
    }
}

/// The identity of a survey on the command line.
fn survey(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text)
        .map_err(|_| "not a UUID; `scarp-station surveys --store FILE` lists those of a store")
}
