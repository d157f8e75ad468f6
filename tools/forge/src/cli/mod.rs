//! The command line: one file per subcommand.

mod common;
mod compare;
mod dataset;
mod optimise;
mod predict;
mod progress;
mod quantize;
mod release;
mod table;
mod terrain;
mod tiles;
mod validate;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit status:
  0  all went well
  1  stopped by an error, which is printed
  2  the command line is wrong
  3  finished, but some images could not be used, or some of the area has no height; they are listed";

/// Makes datasets, builds quantized models and proves them on labelled images, with the engine that flies; prepares elevation models.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Looks at datasets and makes them
    #[command(subcommand)]
    Dataset(dataset::Command),
    /// Rewrites a network's graph exactly, for less work
    Optimise(optimise::Args),
    /// Makes the 8-bit form of a network
    Quantize(quantize::Args),
    /// Writes where a model sees landslide on one image
    Predict(predict::Args),
    /// Releases a network if it finds as much as the model it was made from
    Release(release::Args),
    /// Prepares an aircraft's elevation model of an area: cut, put together, brought over one vertical datum
    Terrain(terrain::Args),
    /// Scores a model on a labelled dataset, every image whole, and writes report.html, report.json and overlays
    Validate(validate::Args),
    /// Scores several models on the same images and writes compare.html and compare.json
    Compare(compare::Args),
}

/// How a command that ran to its end went.
enum Outcome {
    Success,
    Warnings,
}

/// Runs the command the user gave and turns its outcome into the exit status.
pub fn main() -> ExitCode {
    scarp_infer::process_memory::return_freed_buffers();
    let cli = Cli::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn,tract=error"))
        .format_target(false)
        .format_timestamp(None)
        .init();
    let outcome = match cli.command {
        Command::Dataset(command) => dataset::run(&command),
        Command::Optimise(args) => optimise::run(&args),
        Command::Quantize(args) => quantize::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Terrain(args) => terrain::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Compare(args) => compare::run(&args),
    };
    match outcome {
        Ok(Outcome::Success) => ExitCode::SUCCESS,
        Ok(Outcome::Warnings) => ExitCode::from(3),
        Err(error) => {
            eprintln!("scarp-forge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes one line of JSON to standard output.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string(value)?).context("standard output")
}
