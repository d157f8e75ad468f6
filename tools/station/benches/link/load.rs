//! Many aircraft at once: is anything lost, does the station's memory stay flat, how many commits does it do?

mod outcome;

use std::{
    collections::HashSet,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use rusqlite::{Connection, OpenFlags};
use scarp_link::{Config, Journal, Uplink};
use uuid::Uuid;

use crate::{
    commits::Observer,
    delay::JOURNAL_BYTES,
    progress::Progress,
    station::{Site, Station},
    survey::Flight,
};
use outcome::{MINUTE, Outcome};

/// Changes of an aircraft a second.
const PACE_HZ: u32 = 10;
/// What has not come so long after the last change is lost.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Aircraft that report at once
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    aircraft: u32,
    /// How long they report
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Where the aircraft's journals stand: as a rule not on the station's disk, which would sync for them too
    #[arg(long, value_name = "FOLDER", default_value = "/dev/shm")]
    journals: PathBuf,
}

/// What an aircraft submitted, and when.
struct Flown {
    survey: Uuid,
    submitted: Vec<(Uuid, Instant)>,
    last_error: Option<String>,
}

/// The station's memory and commits, each second.
struct Sample {
    at: Duration,
    memory: u64,
    commits: u32,
}

pub fn measure(args: &Args, is_json: bool) -> Result<()> {
    let site = Site::new(args.aircraft as usize)?;
    let journals = tempfile::tempdir_in(&args.journals)
        .with_context(|| format!("--journals {}", args.journals.display()))?;
    let station = site.serve()?;
    let observer = Observer::start(&station.store)?;
    let commits_before = station.commits()?;
    let lasts = MINUTE * args.minutes;
    let done = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let fly = |nth: u32| {
        let config = Config {
            station: station.address.to_string(),
            keys: site.keys.aircraft[nth as usize].clone(),
        };
        let journal = journals.path().join(format!("{nth}.sqlite"));
        // Not all in the same instant.
        let phase = Duration::from_secs(1) / PACE_HZ * nth / args.aircraft;
        let flown = fly(
            &config,
            &journal,
            u64::from(nth),
            start + phase,
            lasts,
            &stop,
        );
        done.fetch_add(1, Ordering::Relaxed);
        flown
    };
    let (flown, samples) = thread::scope(|scope| -> Result<_> {
        let fly = &fly;
        let aircraft: Vec<_> = (0..args.aircraft)
            .map(|nth| scope.spawn(move || fly(nth)))
            .collect();
        let samples = watch(&station, &observer, commits_before, start, lasts, || {
            done.load(Ordering::Relaxed) == aircraft.len()
        });
        // A station that is gone will not come again.
        stop.store(samples.is_err(), Ordering::Relaxed);
        let flown = aircraft.into_iter().map(thread::ScopedJoinHandle::join);
        let flown = flown.map(|flown| flown.map_err(|_| anyhow!("an aircraft panicked"))?);
        Ok((flown.collect::<Result<Vec<_>>>()?, samples?))
    })?;
    let seen = observer.finish()?;
    let store = station.store.clone();
    let totals = station.stop()?;

    let outcome = Outcome {
        aircraft: args.aircraft,
        pace_hz: PACE_HZ,
        lasts,
        submitted: flown.iter().map(|flown| flown.submitted.len()).sum(),
        differ: differing(&store, &flown)?,
        totals,
        commits_hz: commits_hz(&samples, lasts),
        delays: flown
            .iter()
            .flat_map(|flown| &flown.submitted)
            .filter_map(|(id, at)| {
                let delay = seen.get(id)?.saturating_duration_since(*at);
                Some((at.saturating_duration_since(start), delay))
            })
            .collect(),
        memory: samples.iter().map(|s| (s.at, s.memory)).collect(),
    };
    let mut out = io::stdout().lock();
    if is_json {
        writeln!(out, "{}", outcome.json())?;
    } else {
        writeln!(out, "{}", outcome.table())?;
    }
    let errors: HashSet<_> = flown.iter().filter_map(|f| f.last_error.as_ref()).collect();
    ensure!(
        outcome.differ == 0 && totals.refused == 0 && totals.stored == outcome.submitted as u64,
        "messages are missing; the aircraft say {errors:?}"
    );
    Ok(())
}

/// Commits a second while the aircraft reported.
fn commits_hz(samples: &[Sample], lasts: Duration) -> f64 {
    let last = samples.iter().rfind(|sample| sample.at <= lasts);
    last.map_or(0.0, |last| f64::from(last.commits) / last.at.as_secs_f64())
}

/// Flies one aircraft until it has flown long enough or shall stop, and waits until all of it is confirmed or is given up.
fn fly(
    config: &Config,
    journal: &Path,
    seed: u64,
    start: Instant,
    lasts: Duration,
    stop: &AtomicBool,
) -> Result<Flown> {
    let uplink = Uplink::start(config, Journal::open(journal, JOURNAL_BYTES)?)?;
    let mut flight = Flight::new(seed);
    let mut submitted = Vec::new();
    let mut next = flight.begin();
    for nth in 0.. {
        let due = Duration::from_secs(1) * nth / PACE_HZ;
        if due >= lasts || stop.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep((start + due).saturating_duration_since(Instant::now()));
        uplink.submit(std::slice::from_ref(&next))?;
        submitted.push((next.id(), Instant::now()));
        next = flight.change();
    }
    let patience = match stop.load(Ordering::Relaxed) {
        true => Duration::ZERO,
        false => PATIENCE,
    };
    let end = uplink.drain(patience);
    Ok(Flown {
        survey: flight.survey(),
        submitted,
        last_error: end.last_error,
    })
}

/// Samples the station each second until `done`.
fn watch(
    station: &Station,
    observer: &Observer,
    commits_before: u32,
    start: Instant,
    lasts: Duration,
    done: impl Fn() -> bool,
) -> Result<Vec<Sample>> {
    let mut progress = Progress::new();
    let mut samples = Vec::new();
    while !done() {
        let sample = Sample {
            at: start.elapsed(),
            memory: station.memory()?,
            commits: station.commits()?.wrapping_sub(commits_before),
        };
        progress.show(&format!(
            "{} messages in {} commits, memory {} KiB, about {:.0} s left",
            observer.count(),
            sample.commits,
            sample.memory / 1024,
            lasts.saturating_sub(sample.at).as_secs_f64()
        ));
        samples.push(sample);
        thread::sleep(Duration::from_secs(1));
    }
    progress.clear();
    Ok(samples)
}

/// The number of aircraft of which the store does not hold exactly what they submitted.
fn differing(store: &Path, flown: &[Flown]) -> Result<usize> {
    let db = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = db.prepare("SELECT id FROM messages WHERE survey = ?1")?;
    let mut differ = 0;
    for aircraft in flown {
        let stored = select
            .query_map([aircraft.survey.to_string()], |row| row.get::<_, String>(0))?
            .map(|id| Ok(id?.parse()?))
            .collect::<Result<HashSet<Uuid>>>()?;
        let submitted: HashSet<Uuid> = aircraft.submitted.iter().map(|(id, _)| *id).collect();
        differ += usize::from(stored != submitted);
    }
    Ok(differ)
}
