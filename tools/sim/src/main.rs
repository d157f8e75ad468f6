//! `scarp-sim`: surveys and training data of a simulated country.

mod cli;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Simulated landslide surveys and training data, all drawn from a seed.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Seeds under 100000 are for training, those from 900000 on are never trained on: use the latter to judge a model.

Examples:
  scarp-sim survey --seed 900001 --out survey      fly a survey: frames, logs, elevation, truth
  scarp replay survey/frames --dem survey/dem.tif  and search it
  scarp-sim tiles --seed 1 --count 700 --out data  training tiles"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fly a simulated survey: JPEG frames with EXIF and DJI XMP, NMEA and attitude logs, elevation model, truth
    Survey(cli::survey::Args),
    /// Write training tiles of 1024 x 1024 pixels with labels, in the layout of GDCLD
    Tiles(cli::dataset::TilesArgs),
    /// Write whole georeferenced test scenes of varied size with labels, in the layout of GDCLD
    Scenes(cli::dataset::ScenesArgs),
    /// Play an aircraft's GNSS receiver (NMEA 0183) and autopilot (MAVLink 2) in real time
    Sensors(cli::sensors::Args),
    /// Fly a survey through the real firmware and ground station, and compare with the truth
    Demo(cli::demo::Args),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Survey(args) => cli::survey::run(&args),
        Command::Tiles(args) => cli::dataset::tiles(&args),
        Command::Scenes(args) => cli::dataset::scenes(&args),
        Command::Sensors(args) => cli::sensors::run(&args),
        Command::Demo(args) => cli::demo::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scarp-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}
