//! The command line: `check`, `fly`, `photos`, `replay` and `link`, and what they share.

mod check;
mod fly;
mod journal;
mod link;
mod model_folder;
mod photos;
mod reading;
mod replay;
mod replay_run;
mod replay_source;
mod survey_setup;
mod terminal;
mod terrain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit status:
  0  all went well
  1  stopped by an error, which is printed
  2  the command line is wrong
  3  finished, but not all is well: frames that were not searched (untagged, corrupt, dropped),
     messages not yet delivered (they wait in the journal) or just set aside, or a check that is NO GO";

/// Finds fresh landslides from a drone, in flight.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Flies a folder of geotagged photographs through the whole pipeline.
    Replay(replay::Args),
    /// Flies a survey with the aircraft's own sensors, from power-on to landing.
    Fly(fly::Args),
    /// Lists what is understood of photographs, from which tags, and what is missing.
    Photos(photos::Args),
    /// Says what works and what does not before take-off.
    Check(check::Args),
    /// Says what waits for the ground station, and sends it after landing.
    Link(link::Args),
}

/// How a command that ran to its end went.
enum Outcome {
    Success,
    Warnings,
}

/// Runs the command the user gave and turns its outcome into the exit status.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    scarp_infer::process_memory::return_freed_buffers();
    // What a sensor says while it is waited for stands in the line of its check.
    let level = match cli.command {
        Command::Check(_) => "error",
        Command::Replay(_) | Command::Photos(_) | Command::Fly(_) | Command::Link(_) => {
            "warn,tract=error"
        }
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level))
        .format_target(false)
        .format_timestamp(None)
        .init();
    let outcome = match cli.command {
        Command::Replay(args) => replay::run(&args),
        Command::Photos(args) => photos::run(&args),
        Command::Fly(args) => fly::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Link(args) => link::run(&args),
    };
    match outcome {
        Ok(Outcome::Success) => ExitCode::SUCCESS,
        Ok(Outcome::Warnings) => ExitCode::from(3),
        Err(error) => {
            eprintln!("scarp: {}", scarp_link::plain(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
