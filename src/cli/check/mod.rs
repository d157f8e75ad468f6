//! `scarp check`: what works and what does not, before take-off.

mod operator_listing;
mod sensors;
mod verdict;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args as ClapArgs;
use scarp::{
    flight::{Equipment, KeyFault, Positions, positions},
    pipeline::load_model,
};
use scarp_config::Board;
use scarp_geo::Terrain;
use scarp_link::{Config, Journal, Uplink};

use super::{
    Outcome, model_folder,
    survey_setup::{self, StationArgs},
};
use verdict::{Check, verdict};

/// Free disk below which a survey should not start: a flight of some hours of messages and logs.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// How long the ground station may take to answer.
const LINK_WAIT: Duration = Duration::from_secs(10);

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
  scarp check --photos photos --gnss /dev/ttyUSB0 --station 10.0.0.2:4433 --keys keys/drone

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
        Ok(folder) => checks.extend(model(&folder, board)),
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
    let (outcome, terrain) = terrain(args, board);
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
    checks.push(Check::of("disk", disk(out)));
    let station = match args.station.config() {
        Some(named) => Ok(Some(named)),
        None => survey_setup::station(board),
    };
    checks.push(match station {
        Err(error) => Check::of("link", Err(error)),
        Ok(None) if args.board.is_some() => {
            Check::not_needed("link", "nothing is sent: link.station is not set")
        }
        Ok(named) => checked("link", named, "--station and --keys", link),
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

/// Loading runs the golden input, so one call answers for the files and for what the network computes with them.
fn model(dir: &Path, board: &Board) -> Vec<Check> {
    let started = Instant::now();
    match load_model(board, dir) {
        Ok(model) => {
            let manifest = model.manifest();
            let loaded = format!(
                "{}: {} {} at {} m per pixel, loaded in {:.1} s, {} workers",
                dir.display(),
                manifest.name,
                manifest.version,
                manifest.input.gsd_m,
                started.elapsed().as_secs_f64(),
                board.inference.worker_count()
            );
            let mut engine = model.engine().name().to_owned();
            for declined in model.declined() {
                let reason = format!(
                    ", because {} declines: {}",
                    declined.engine, declined.reason
                );
                engine.push_str(&reason);
            }
            let golden = format!(
                "mean difference {:.5}, at most {:.5}",
                model.golden_error(),
                manifest.golden.max_mean_abs_error
            );
            vec![
                Check::of("model", Ok(loaded)),
                Check::of("engine", Ok(engine)),
                Check::of("golden", Ok(golden)),
            ]
        }
        Err(error) => vec![Check::of("model", Err(error.into()))],
    }
}

/// The board's elevation model, which is opened but not read through.
fn terrain(args: &Args, board: &Board) -> (Check, Option<Terrain>) {
    let dem = &board.paths.dem;
    if dem.as_os_str().is_empty() {
        let outcome = match args.board {
            Some(_) => Check::not_needed(
                "terrain",
                "flat ground at the height of take-off: paths.dem is not set",
            ),
            None => Check::not_checked("terrain", "paths.dem in a board file"),
        };
        return (outcome, None);
    }
    match survey_setup::board_terrain(board) {
        Ok(terrain) => (
            Check::of("terrain", Ok(dem.display().to_string())),
            Some(terrain),
        ),
        Err(error) => (Check::of("terrain", Err(error)), None),
    }
}

fn disk(out: &Path) -> anyhow::Result<String> {
    survey_setup::make_folder(out)?;
    tempfile::tempfile_in(out).map_err(|e| {
        anyhow::anyhow!(
            "{}: {e}; make it writable or choose another with --out",
            out.display()
        )
    })?;
    let free = fs4::available_space(out).map_err(|e| anyhow::anyhow!("{}: {e}", out.display()))?;
    let gib = free as f64 / (1_u64 << 30) as f64;
    anyhow::ensure!(
        free >= MIN_FREE_BYTES,
        "{}: {gib:.1} GiB free, a survey needs at least 1; free space or choose another with --out",
        out.display()
    );
    Ok(format!("{gib:.1} GiB free in {}", out.display()))
}

/// A handshake with the ground station over an empty journal.
fn link(config: Config) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let station = config.station.clone();
    let uplink = Uplink::start(
        &config,
        Journal::open(&folder.path().join("check.redb"), 1 << 20)?,
    )?;
    let started = Instant::now();
    loop {
        let status = uplink.status();
        if status.connected {
            return Ok(format!(
                "{station} answered in {:.0} ms",
                started.elapsed().as_secs_f64() * 1e3
            ));
        }
        if started.elapsed() > LINK_WAIT {
            // What the link says names the station and what to do.
            anyhow::bail!(match status.last_error {
                Some(error) => error.trim_start_matches("link: ").to_owned(),
                None => format!("{station}: no answer; is `scarp-station serve` running there?"),
            });
        }
        thread::sleep(Duration::from_millis(20));
    }
}
