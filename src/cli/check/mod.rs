//! `scarp check`: what works and what does not, before take-off.

mod operator_listing;
mod sensors;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args as ClapArgs;
use scarp::flight::{Positions, positions};
use scarp_config::Board;
use scarp_geo::Terrain;
use scarp_infer::{Engine, Model};
use scarp_link::{Config, Journal, Uplink};
use serde::Serialize;

use super::{
    Outcome, model_folder,
    survey_setup::{self, StationArgs},
};

/// Free disk below which a survey should not start: a flight of some hours of messages and logs.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// How long the ground station may take to answer.
const LINK_WAIT: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  scarp check                                              the model, and the disk under scarp-out/
  scarp check --model models/segformer-b0-int8 --graph     which operator runs where, and in what precision
  scarp check --board /etc/scarp/board.toml                every sensor that the board names
  scarp check --photos photos --gnss /dev/ttyUSB0 --station 10.0.0.2:4433 --keys keys/drone

What is not named is listed as not checked. Exit status 3 when a check failed.";

#[derive(ClapArgs)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", model_folder::SEARCH))]
pub struct Args {
    /// Folder of the model: manifest.toml, model.onnx and golden pair [default: the board's, else a released one, see below]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Camera: a video device, or a folder of photographs to replay [default: the board's]
    #[arg(long, value_name = "PATH", visible_alias = "photos")]
    camera: Option<PathBuf>,
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

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Failed,
    NotChecked,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
}

impl Check {
    fn of(name: &'static str, result: anyhow::Result<String>) -> Self {
        match result {
            Ok(detail) => Self {
                name,
                state: State::Ok,
                detail,
            },
            Err(error) => Self {
                name,
                state: State::Failed,
                detail: format!("{error:#}"),
            },
        }
    }

    /// Of something that the user has left out; `option` says how to name it.
    fn unnamed(name: &'static str, option: &str) -> Self {
        Self {
            name,
            state: State::NotChecked,
            detail: format!("name it with {option}"),
        }
    }

    /// A check of something the user may leave out; `option` says how to name it.
    fn if_named<T>(
        name: &'static str,
        named: Option<T>,
        option: &str,
        check: impl FnOnce(T) -> anyhow::Result<String>,
    ) -> Self {
        match named {
            Some(named) => Self::of(name, check(named)),
            None => Self::unnamed(name, option),
        }
    }
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.graph {
        return operator_listing::list(
            &model_folder::find(
                args.model.as_deref(),
                &survey_setup::board(args.board.as_deref())?,
            )?,
            args.json,
        );
    }
    let board = survey_setup::board(args.board.as_deref())?;
    let mut checks = model(&model_folder::find(args.model.as_deref(), &board)?, &board);
    let device = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let camera = args.camera.clone().or_else(|| device(&board.camera.device));
    checks.push(Check::if_named("camera", camera, "--camera", |path| {
        sensors::camera(&path, &board)
    }));
    let (outcome, terrain) = terrain(&board);
    checks.push(outcome);
    let gnss = args.gnss.clone().or_else(|| {
        // The autopilot's own is checked with it.
        let named = device(&board.gnss.device);
        named.filter(|_| !matches!(positions(&board), Ok(Positions::Autopilot)))
    });
    checks.push(Check::if_named("GNSS", gnss, "--gnss", |path| {
        sensors::gnss(&path, &board, terrain.as_ref())
    }));
    let autopilot = device(&board.autopilot.address);
    checks.push(Check::if_named(
        "autopilot",
        autopilot,
        "autopilot.address in a board file",
        |_| sensors::autopilot(&board, terrain.as_ref()),
    ));
    let out = args.out.as_ref().unwrap_or(&board.paths.out);
    checks.push(Check::of("disk", disk(out)));
    let from_arguments = args.station.config();
    let station = from_arguments.or_else(|| survey_setup::station(&board));
    checks.push(Check::if_named(
        "link",
        station,
        "--station and --keys",
        link,
    ));
    for check in &checks {
        let mark = match check.state {
            State::Ok => "ok",
            State::Failed => "FAILED",
            State::NotChecked => "-",
        };
        eprintln!("{mark:>7}  {:<9} {}", check.name, check.detail);
    }
    let go = checks.iter().all(|check| check.state != State::Failed);
    if args.json {
        writeln!(
            io::stdout(),
            "{}",
            serde_json::json!({ "go": go, "checks": checks })
        )
        .context("standard output")?;
    }
    Ok(if go {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// Loading runs the golden input, so one call answers for the files and for what the network computes with them.
fn model(dir: &Path, board: &Board) -> Vec<Check> {
    let started = Instant::now();
    match Model::load(dir) {
        Ok(model) => {
            let manifest = model.manifest();
            let loaded = format!(
                "{} {} at {} m per pixel, loaded in {:.1} s, {} workers",
                manifest.name,
                manifest.version,
                manifest.input.gsd_m,
                started.elapsed().as_secs_f64(),
                board.inference.worker_count()
            );
            let engine = match model.engine() {
                Engine::Fused(_) => "fused int8 operators".to_owned(),
                Engine::Tract {
                    fallback_reason, ..
                } => format!("tract, because {fallback_reason}"),
            };
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
fn terrain(board: &Board) -> (Check, Option<Terrain>) {
    let dem = &board.paths.dem;
    if dem.as_os_str().is_empty() {
        return (Check::unnamed("terrain", "paths.dem in a board file"), None);
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
    fs::create_dir_all(out)
        .map_err(|e| anyhow::anyhow!("{}: {e}; choose another with --out", out.display()))?;
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
            anyhow::bail!(
                "{station}: {}; is `scarp-station serve` running there?",
                status.last_error.as_deref().unwrap_or("no answer")
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
}
