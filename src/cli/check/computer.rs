//! What `scarp check` looks at besides the sensors: model, terrain, disk and link.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use scarp::pipeline::load_model;
use scarp_config::Board;
use scarp_geo::Terrain;
use scarp_link::{Config, Journal, Uplink};

use super::verdict::Check;
use crate::cli::terrain;

/// Free disk below which a survey should not start: a flight of some hours of messages and logs.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// How long the ground station may take to answer.
const LINK_WAIT: Duration = Duration::from_secs(10);

/// Loading runs the golden input, so one call answers for the files and for what the network computes with them.
pub fn model(dir: &Path, board: &Board) -> Vec<Check> {
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

/// The board's elevation model, which is opened but not read through. A board that nobody `named` has no say on it.
pub fn terrain(board: &Board, named: bool) -> (Check, Option<Terrain>) {
    let dem = &board.paths.dem;
    if dem.as_os_str().is_empty() {
        let outcome = if named {
            let why = "flat ground at the height of take-off: paths.dem is not set";
            Check::not_needed("terrain", why)
        } else {
            Check::not_checked("terrain", "paths.dem in a board file")
        };
        return (outcome, None);
    }
    match terrain::of_board(board) {
        Ok(terrain) => (
            Check::of("terrain", Ok(dem.display().to_string())),
            Some(terrain),
        ),
        Err(error) => (Check::of("terrain", Err(error)), None),
    }
}

/// Room on the disk for the folder that a flight will write to. It is not made here, where it would be whoever runs the check that it
/// belongs to: the nearest folder above that is there answers for it.
pub fn disk(out: &Path) -> anyhow::Result<String> {
    let there = out.ancestors().find(|path| path.symlink_metadata().is_ok());
    let folder = there.unwrap_or(Path::new("."));
    let (shown, remedy) = (folder.display(), "choose another with --out");
    anyhow::ensure!(folder.is_dir(), "{shown}: is no folder; {remedy}");
    tempfile::tempfile_in(folder)
        .map_err(|e| anyhow::anyhow!("{shown}: {e}; make it writable or {remedy}"))?;
    let free = fs4::available_space(folder).map_err(|e| anyhow::anyhow!("{shown}: {e}"))?;
    let gib = free as f64 / (1_u64 << 30) as f64;
    anyhow::ensure!(
        free >= MIN_FREE_BYTES,
        "{shown}: {gib:.1} GiB free, a survey needs at least 1; free space or {remedy}"
    );
    Ok(format!("{gib:.1} GiB free for {}", out.display()))
}

/// A handshake with the ground station over an empty journal.
pub fn link(config: Config) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let station = config.station.clone();
    let uplink = Uplink::start(
        &config,
        Journal::open(&folder.path().join("check.sqlite"), 1 << 20)?,
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
