//! What the store takes when it is large: `cargo bench --package scarp-station --bench store`.
#![allow(
    clippy::print_stdout,
    reason = "a benchmark's table, which nobody pipes to a program that goes away"
)]

use std::{
    env,
    f64::consts::TAU,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use geo::Polygon;
use rusqlite::Connection;
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Filter, Store, StoreError};
use uuid::Uuid;

/// Landslides of a batch; the usual batch of 32 KiB has about as many.
const BATCH: u64 = 32;
/// Commits and queries that are timed on the full store.
const TIMED: u64 = 300;
/// Degrees from one survey to the next, and from one landslide to the next.
const SURVEY_STEP: f64 = 0.5;
const STEP: f64 = 0.002;

#[derive(Parser)]
struct Arguments {
    /// Landslides in the store
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    landslides: u64,
    /// Surveys that they are of
    #[arg(long, value_name = "N", default_value_t = 20)]
    surveys: u64,
    /// Folder to make the store in
    #[arg(long, value_name = "FOLDER", default_value = "/tmp")]
    folder: String,
    /// Reads the store at PATH and prints the most memory held, for the benchmark itself
    #[arg(long, value_name = "PATH", hide = true)]
    read: Option<String>,
}

fn main() -> Result<()> {
    // Cargo adds this one.
    let arguments = Arguments::parse_from(env::args().filter(|argument| argument != "--bench"));
    if let Some(store) = &arguments.read {
        return read(Path::new(store));
    }
    let folder = tempfile::tempdir_in(&arguments.folder).context("--folder")?;
    let path = folder.path().join("survey.gpkg");
    let mut store = Store::open(&path)?;
    let each = arguments.landslides / arguments.surveys;
    ensure!(each >= BATCH, "--landslides: too few for so many surveys");
    let mut commits = Vec::new();
    for survey in 0..arguments.surveys {
        for first in (0..each).step_by(BATCH as usize) {
            let batch: Vec<_> = (first..each.min(first + BATCH))
                .map(|n| landslide(survey, n, 1, LandslideStatus::Active))
                .collect();
            commits.push(commit(&mut store, survey, batch)?);
        }
    }
    let tenth = commits.len() / 10;
    report(
        "commit of 32 landslides, the first tenth",
        &mut commits[..tenth].to_vec(),
    );
    let last = commits.len() - tenth;
    report(
        "commit of 32 landslides, the last tenth",
        &mut commits[last..].to_vec(),
    );

    let mut single = Vec::new();
    let mut frames = Vec::new();
    let mut withdrawn = Vec::new();
    for n in 0..TIMED {
        single.push(commit(
            &mut store,
            0,
            vec![landslide(0, n, 2, LandslideStatus::Active)],
        )?);
        frames.push(commit(&mut store, 0, vec![frame(0, n)])?);
        // The corner of all: the extent is fitted anew each time.
        withdrawn.push(commit(
            &mut store,
            0,
            vec![landslide(0, n, 3, LandslideStatus::Withdrawn)],
        )?);
    }
    report("commit of one landslide's next version", &mut single);
    report("commit of one frame", &mut frames);
    report("commit of one withdrawal", &mut withdrawn);

    let start = Instant::now();
    let mut rests = 0;
    let mut longest = Duration::ZERO;
    loop {
        let rest = Instant::now();
        store.rest()?;
        longest = longest.max(rest.elapsed());
        rests += 1;
        if Connection::open(&path)?.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM landslide_records WHERE site_due)",
            [],
            |row| row.get(0),
        )? {
            break;
        }
    }
    println!(
        "sites of all found in {:.1} s, {rests} times {:.0} ms at most",
        start.elapsed().as_secs_f64(),
        longest.as_secs_f64() * 1e3
    );
    queries(&path, arguments.surveys)?;
    store.close()?;
    let bytes = fs::metadata(&path)?.len();
    println!("{:.1} MB in the file", bytes as f64 / 1e6);
    let status = Command::new(env::current_exe()?)
        .arg("--read")
        .arg(&path)
        .status()?;
    ensure!(status.success(), "the reader failed");
    Ok(())
}

fn commit(store: &mut Store, survey: u64, batch: Vec<Envelope>) -> Result<Duration> {
    let number = batch.len();
    let start = Instant::now();
    let applied = store.apply(&format!("aircraft-{survey}"), batch)?;
    let took = start.elapsed();
    ensure!(applied.new == number, "{applied:?}");
    Ok(took)
}

/// A window of 30 landslides, with the index and without.
fn queries(path: &Path, surveys: u64) -> Result<()> {
    let db = Connection::open(path)?;
    let with = "SELECT count(*), sum(length(geom)) FROM landslides WHERE fid IN (SELECT id FROM rtree_landslides_geom
        WHERE minx <= ?1 + 0.01 AND maxx >= ?1 AND miny <= ?2 + 0.01 AND maxy >= ?2)";
    // A program that knows no index decodes each geometry; this only looks at two numbers of each row.
    let without = "SELECT count(*), sum(length(geom)) FROM landslides
        WHERE longitude BETWEEN ?1 AND ?1 + 0.01 AND latitude BETWEEN ?2 AND ?2 + 0.01";
    for (what, sql, times) in [("with the index", with, TIMED), ("without it", without, 20)] {
        let mut select = db.prepare(sql)?;
        let mut took = Vec::new();
        let mut found = 0;
        for n in 0..times {
            let west = (n % surveys) as f64 * SURVEY_STEP + 0.02;
            let start = Instant::now();
            found += select.query_row([west, 46.02], |row| row.get::<_, i64>(0))?;
            took.push(start.elapsed());
        }
        report(
            &format!(
                "window of {:.0} landslides, {what}",
                found as f64 / times as f64
            ),
            &mut took,
        );
    }
    Ok(())
}

fn read(path: &Path) -> Result<()> {
    let store = Store::open_to_read(path)?;
    let before = most_memory_kb()?;
    let start = Instant::now();
    let mut number = 0_u64;
    store.landslides(&Filter::default(), |_| {
        number += 1;
        Ok::<_, StoreError>(())
    })?;
    println!(
        "{number} landslides read for an export in {:.1} s; most memory held {:.1} MB, before {:.1} MB",
        start.elapsed().as_secs_f64(),
        most_memory_kb()? as f64 / 1e3,
        before as f64 / 1e3
    );
    Ok(())
}

fn most_memory_kb() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.context("VmHWM")?.parse()?)
}

fn report(what: &str, took: &mut [Duration]) {
    took.sort();
    let of = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: median {:.2} ms, 99 % {:.2} ms, most {:.2} ms",
        of(0.5),
        of(0.99),
        of(1.0)
    );
}

fn run(survey: u64) -> Run {
    Run {
        survey: Uuid::from_u128(0x5ca2_0000 + u128::from(survey)),
        id: Uuid::from_u128(0x5ca2_1000 + u128::from(survey)),
    }
}

/// Landslide number `n` of a survey, in rows of 70: an outline of 60 corners.
fn landslide(survey: u64, n: u64, version: u32, status: LandslideStatus) -> Envelope {
    let west = survey as f64 * SURVEY_STEP + (n % 70) as f64 * STEP;
    let south = 46.0 + (n / 70) as f64 * STEP;
    let corner = |k: u32| {
        let angle = f64::from(k) / 60.0 * TAU;
        let radius = 0.0004 * (1.0 + 0.2 * (5.0 * angle).sin());
        (west + radius * angle.cos(), south + radius * angle.sin())
    };
    let slide = Landslide {
        id: Uuid::new_v5(&run(survey).id, &n.to_be_bytes()),
        version,
        status,
        outline: Polygon::new((0..60).map(corner).collect::<Vec<_>>().into(), Vec::new()),
        area_m2: 3_616.035_600_803_77 + f64::from(version),
        cut_off: n.is_multiple_of(20),
        confidence: 0.82,
        ce90_m: 2.5,
        observations: 4,
        first_seen: None,
        last_seen: None,
    };
    Envelope::new(run(survey), Body::Landslide(slide))
}

fn frame(survey: u64, n: u64) -> Envelope {
    let Body::Landslide(at) = landslide(survey, n, 1, LandslideStatus::Active)
        .body()
        .clone()
    else {
        unreachable!("a landslide was made");
    };
    let report = FrameReport {
        sequence: n,
        name: format!("SCARP_{n:04}.JPG"),
        time: None,
        placement: Ok(FrameFootprint {
            footprint: at.outline,
            gsd_m: 0.031,
        }),
    };
    Envelope::new(run(survey), Body::Frame(report))
}
