//! What the radio link does, measured on the real uplink and the real station: `cargo bench --package scarp-station --bench link`.
//! `README.md` beside this folder says what is measured how, and what came out.

mod case;
mod commits;
mod delay;
mod delays;
mod figures;
mod keys;
mod load;
mod progress;
mod station;
mod survey;

use std::{env, process::ExitCode};

use case::{CASES, Case};
use clap::{Parser, Subcommand, builder::PossibleValuesParser};

/// How long a landslide takes from the aircraft's journal to the station's disk, over links of any quality
#[derive(Parser)]
#[command(name = "link", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only this link; may be given several times
    #[arg(long, value_parser = PossibleValuesParser::new(CASES.map(|case| case.name)))]
    case: Vec<String>,
    /// Runs of each case, with the seeds 1 to N, all at once
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    seeds: u64,
    /// One JSON object in place of the table
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Many aircraft at one station: what is lost, its memory, its commits
    Load(load::Args),
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    // Cargo adds this one.
    let arguments = Arguments::parse_from(env::args().filter(|argument| argument != "--bench"));
    let outcome = match &arguments.command {
        Some(Command::Load(args)) => load::measure(args, arguments.json),
        None => {
            let is_asked = |case: &&Case| {
                arguments.case.is_empty() || arguments.case.iter().any(|name| name == case.name)
            };
            let cases: Vec<&Case> = CASES.iter().filter(is_asked).collect();
            delays::measure(&cases, arguments.seeds, arguments.json)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("link: {e:#}");
            ExitCode::FAILURE
        }
    }
}
