//! `scarp check`: what works and what does not, before take-off.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args as ClapArgs;
use scarp::{
    capture::{Folder, FrameSource, TagSettings},
    config::Board,
    flight::{Gnss, GnssPort, Track},
    infer::{Engine, Model},
    link::{Config, Journal, Uplink},
    nav::{Fix, FixReader, FixSettings, GnssDelay, Monotonic, TrajectorySettings},
};
use serde::Serialize;

use super::{Outcome, graph, replay};

/// Free disk below which a survey should not start: a flight of some hours of messages and logs.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// How long a receiver may take to say something sensible: all speeds are tried, and one fix a second settles in ten.
const GNSS_WAIT: Duration = Duration::from_secs(30);
/// Of a log, as much as holds some minutes.
const LOG_BYTES: u64 = 1 << 20;
/// How long the ground station may take to answer.
const LINK_WAIT: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  scarp check                                              the model, and the disk under scarp-out/
  scarp check --model models/segformer-b0-int8 --graph     which operator runs where, and in what precision
  scarp check --photos photos --gnss /dev/ttyUSB0 --ground 10.0.0.2:4433 --keys keys/drone

What is not named is listed as not checked. Exit status 3 when a check failed.";

#[derive(ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the model: manifest.toml, model.onnx and golden pair
    #[arg(long, value_name = "DIR", default_value = replay::DEFAULT_MODEL)]
    model: PathBuf,
    /// Camera: a video device, or a folder of photographs to replay
    #[arg(long, value_name = "PATH", visible_alias = "photos")]
    camera: Option<PathBuf>,
    /// GNSS receiver: a serial device, whose speed is found out, or an NMEA log
    #[arg(long, value_name = "PATH")]
    gnss: Option<PathBuf>,
    /// Folder in which the flight will write
    #[arg(long, value_name = "DIR", default_value = "scarp-out")]
    out: PathBuf,
    /// Ground station, HOST:PORT
    #[arg(long, value_name = "ADDRESS", requires = "keys")]
    ground: Option<String>,
    /// Folder drone/ that `scarp-ground keys` wrote
    #[arg(long, value_name = "DIR", requires = "ground")]
    keys: Option<PathBuf>,
    /// Board file [default: built in, see boards/workstation.toml]
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

    /// A check of something the user may leave out; `option` says how to name it.
    fn if_named<T>(
        name: &'static str,
        named: Option<T>,
        option: &str,
        check: impl FnOnce(T) -> anyhow::Result<String>,
    ) -> Self {
        match named {
            Some(named) => Self::of(name, check(named)),
            None => Self {
                name,
                state: State::NotChecked,
                detail: format!("name it with {option}"),
            },
        }
    }
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.graph {
        return graph::list(&args.model, args.json);
    }
    let board = replay::board(args.board.as_deref())?;
    let mut checks = model(&args.model, &board);
    checks.push(Check::if_named(
        "camera",
        args.camera.as_deref(),
        "--camera",
        camera,
    ));
    checks.push(Check::if_named(
        "GNSS",
        args.gnss.as_deref(),
        "--gnss",
        gnss,
    ));
    checks.push(Check::of("disk", disk(&args.out)));
    let link_to = args.ground.clone().zip(args.keys.clone());
    checks.push(Check::if_named(
        "link",
        link_to,
        "--ground and --keys",
        |(ground, keys)| link(Config { ground, keys }),
    ));
    for check in &checks {
        let mark = match check.state {
            State::Ok => "ok",
            State::Failed => "FAILED",
            State::NotChecked => "-",
        };
        eprintln!("{mark:>7}  {:<7} {}", check.name, check.detail);
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
        Outcome::Well
    } else {
        Outcome::NotAllWell
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
                Engine::Tract { because, .. } => format!("tract, because {because}"),
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

fn camera(path: &Path) -> anyhow::Result<String> {
    if path.is_dir() {
        let mut folder = Folder::open(path, TagSettings::default())?;
        let count = folder.remaining();
        return match folder.next_frame() {
            Some(Ok(frame)) => {
                let (width, height) = frame.image.dimensions();
                frame
                    .tag
                    .map_err(|e| anyhow::anyhow!("{}: {e}", frame.name))?;
                Ok(format!(
                    "{count} photographs, the first {width}x{height} and tagged"
                ))
            }
            Some(Err(error)) => Err(error.into()),
            None => anyhow::bail!("{}: no frame in it; name another folder", path.display()),
        };
    }
    File::open(path)
        .map_err(|e| anyhow::anyhow!("{}: {e}; is the camera plugged in?", path.display()))?;
    Ok(format!("{} opens", path.display()))
}

/// The first position fix of a receiver or of a log of one.
fn gnss(path: &Path) -> anyhow::Result<String> {
    // Not opened here: that may wait for a carrier.
    let kind = fs::metadata(path)
        .map_err(|e| anyhow::anyhow!("{}: {e}; is the receiver plugged in?", path.display()))?;
    if kind.is_file() {
        return gnss_log(path);
    }
    let gnss = Gnss::start(
        GnssPort {
            device: path.display().to_string(),
            baud_rate: None,
            fix: FixSettings::default(),
            delay: GnssDelay::default(),
        },
        Track::new(TrajectorySettings::default()),
    );
    let started = Instant::now();
    loop {
        let status = gnss.status();
        if let Some(fix) = status.newest {
            let baud_rate = status.baud_rate.unwrap_or(0);
            return Ok(format!("{} at {baud_rate} bit/s", told(&fix.fix)));
        }
        if started.elapsed() > GNSS_WAIT {
            let trouble = status
                .trouble
                .unwrap_or_else(|| "it says nothing".to_owned());
            anyhow::bail!(
                "{}: no position fix within {} s: {trouble}",
                path.display(),
                GNSS_WAIT.as_secs()
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The first position fix of a log, whose instants nobody knows.
fn gnss_log(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = FixReader::new(FixSettings::default());
    let mut trouble = "no NMEA 0183 sentence in it".to_owned();
    // A file without end is no log.
    for byte in BufReader::new(file.take(LOG_BYTES)).bytes() {
        let byte = byte.with_context(|| path.display().to_string())?;
        match reader.push(byte, Monotonic::from_nanos(0)) {
            Some(Ok(fix)) => return Ok(told(&fix)),
            Some(Err(doubt)) => trouble = doubt.to_string(),
            None => {}
        }
    }
    anyhow::bail!("{}: no position fix: {trouble}", path.display())
}

fn told(fix: &Fix) -> String {
    format!(
        "fix at {:.5}, {:.5}, quality {}",
        fix.latitude_deg, fix.longitude_deg, fix.quality
    )
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
    let ground = config.ground.clone();
    let uplink = Uplink::start(
        &config,
        Journal::open(&folder.path().join("check.redb"), 1 << 20)?,
    )?;
    let started = Instant::now();
    loop {
        let status = uplink.status();
        if status.connected {
            return Ok(format!(
                "{ground} answered in {:.0} ms",
                started.elapsed().as_secs_f64() * 1e3
            ));
        }
        if started.elapsed() > LINK_WAIT {
            anyhow::bail!(
                "{ground}: {}; is `scarp-ground serve` running there?",
                status.last_error.as_deref().unwrap_or("no answer")
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
}
