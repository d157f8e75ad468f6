//! `scarp check`: what works and what does not, before take-off.

mod computer;
mod operator_listing;
mod sensors;
mod verdict;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args as ClapArgs;
use scarp::flight::{Equipment, KeyFault, Positions, positions};
use scarp_config::Board;

use super::{
    Outcome, model_folder,
    survey_setup::{self, StationArgs},
};
use verdict::{Check, verdict};

/// What cannot be checked without the board's word; those of the model that loading makes are not among them.
const OF_THE_BOARD: [&str; 7] = [
    "model",
    "camera",
    "terrain",
    "GNSS",
    "autopilot",
    "disk",
    "link",
];

const EXAMPLES: &str = "\
Examples:
  scarp check                                              only the model, and the disk under scarp-out/
  scarp check --graph                                      which operator runs where, and in what precision
  scarp check --board /etc/scarp/board.toml                all that the board needs to fly
  scarp check --photos photos --gnss /dev/ttyUSB0 --station 10.0.0.2:4433 --keys keys/aircraft/alpha

The last line is GO (exit status 0) or NO GO with the reason (exit status 3). It is GO only with a board file, when all that
the board needs for `scarp fly` was checked and is well: what is not named is listed as not checked, and is no GO; nor is a
camera, folder or log that was checked in place of the board's own.";

#[derive(ClapArgs)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", model_folder::SEARCH))]
pub struct Args {
    /// Folder of the model: manifest.toml, model.onnx and golden pair [default: the board's, else a released one, see below]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Camera: a video device, or a folder of photographs to replay [default: the board's]
    #[arg(long, value_name = "PATH")]
    camera: Option<PathBuf>,
    /// Folder of photographs in place of a camera, the same as --camera DIR
    #[arg(long, value_name = "DIR", conflicts_with = "camera")]
    photos: Option<PathBuf>,
    /// GNSS receiver: a serial device, whose speed is found out, gpsd://HOST:PORT, or an NMEA log [default: the board's]
    #[arg(long, value_name = "PATH")]
    gnss: Option<PathBuf>,
    /// Folder in which the flight will write [default: the board's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    station: StationArgs,
    /// Board file: its sensors, model and ground station are checked [default: built in, see boards/workstation.toml]
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// List the network's operators instead: what runs each, on what numbers, and how many multiplications it takes
    #[arg(long)]
    graph: bool,
    /// Print one JSON object on standard output
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let board = survey_setup::board(args.board.as_deref());
    if args.graph {
        let board = board?;
        let folder = model_folder::find(args.model.as_deref(), &board)?;
        return operator_listing::list(&board, &folder, args.json);
    }
    let (checks, unchecked) = match board {
        Ok(board) => all(args, &board),
        // It names what to check, and how.
        Err(error) => {
            let mut checks = vec![Check::of("board", Err(error))];
            checks.extend(OF_THE_BOARD.map(Check::without_board));
            (checks, Vec::new())
        }
    };
    report(&checks, verdict(&checks, &unchecked), args.json)
}

/// Every check, and what a flight needs besides and was not checked.
fn all(args: &Args, board: &Board) -> (Vec<Check>, Vec<&'static str>) {
    let mut checks = vec![board_file(args, board)];
    match model_folder::find(args.model.as_deref(), board) {
        Ok(folder) => checks.extend(computer::model(&folder, board)),
        Err(error) => checks.push(Check::of("model", Err(error))),
    }
    let device = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let camera = device(&board.camera.device);
    let given = args.camera.as_ref().or(args.photos.as_ref());
    checks.push(checked(
        "camera",
        given.or(camera.as_ref()),
        "--camera or camera.device in a board file",
        |path| sensors::camera(path, board),
    ));
    let (outcome, terrain) = computer::terrain(board, args.board.is_some());
    checks.push(outcome);
    let by_autopilot = matches!(positions(board), Ok(Positions::Autopilot));
    let gnss = device(&board.gnss.device).filter(|_| !by_autopilot);
    checks.push(match args.gnss.as_ref().or(gnss.as_ref()) {
        None if by_autopilot => Check::not_needed("GNSS", "positions are the autopilot's"),
        named => checked(
            "GNSS",
            named,
            "--gnss or gnss.device in a board file",
            |path| sensors::gnss(path, board, terrain.as_ref()),
        ),
    });
    checks.push(checked(
        "autopilot",
        device(&board.autopilot.address),
        "autopilot.address in a board file",
        |_| sensors::autopilot(board, terrain.as_ref()),
    ));
    let out = args.out.as_ref().unwrap_or(&board.paths.out);
    checks.push(Check::of("disk", computer::disk(out)));
    let station = match args.station.config() {
        Some(named) => Ok(Some(named)),
        None => survey_setup::station(board),
    };
    checks.push(match station {
        Err(error) => Check::of("link", Err(error)),
        Ok(None) if args.board.is_some() => {
            Check::not_needed("link", "nothing is sent: link.station is not set")
        }
        Ok(named) => checked("link", named, "--station and --keys", computer::link),
    });
    // Another in its place says nothing of the one that flies.
    let replaced = |other: Option<&PathBuf>, own: Option<&PathBuf>| {
        own.is_some() && other.is_some() && other != own
    };
    let unchecked = [
        (replaced(given, camera.as_ref()), "the board's camera"),
        (
            replaced(args.gnss.as_ref(), gnss.as_ref()),
            "the board's GNSS",
        ),
    ]
    .into_iter()
    .filter_map(|(replaced, name)| replaced.then_some(name))
    .collect();
    (checks, unchecked)
}

/// A check of what was named; `option` says how to name it.
fn checked<T>(
    name: &'static str,
    named: Option<T>,
    option: &str,
    check: impl FnOnce(T) -> anyhow::Result<String>,
) -> Check {
    match named.map(check) {
        None => Check::not_checked(name, option),
        // The check of the board tells of it.
        Some(Err(error)) if error.is::<KeyFault>() => Check::without_board(name),
        Some(result) => Check::of(name, result),
    }
}

fn report(checks: &[Check], verdict: Result<(), String>, as_json: bool) -> anyhow::Result<Outcome> {
    for check in checks {
        eprintln!("{:>7}  {:<9} {}", check.mark(), check.name, check.detail);
    }
    let (go, reason) = (verdict.is_ok(), verdict.err());
    match &reason {
        None => eprintln!("GO"),
        Some(reason) => eprintln!("NO GO: {reason}"),
    }
    if as_json {
        let report = serde_json::json!({ "go": go, "reason": reason, "checks": checks });
        writeln!(io::stdout(), "{report}").context("standard output")?;
    }
    Ok(if go {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// Whether the board file names all that `scarp fly` needs.
fn board_file(args: &Args, board: &Board) -> Check {
    match &args.board {
        None => Check::not_checked("board", "--board"),
        Some(path) => {
            let fit = Equipment::of(board).map(|_| path.display().to_string());
            Check::of("board", fit.map_err(anyhow::Error::from))
        }
    }
}
