//! How long a landslide takes from the aircraft's journal to the station's disk, over one link.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use scarp_link::{Config, Journal, Uplink};
use scarp_test_support::relay::{Record, Relay};
use uuid::Uuid;

use crate::{case::Case, commits::Observer, station::Site, survey::Flight};

/// Landslides of a run.
pub const LANDSLIDES: usize = 300;
/// The aircraft is connected for so long before the first landslide.
pub const CONNECTED: Duration = Duration::from_secs(30);
/// A link that brings nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(300);
pub const JOURNAL_BYTES: u64 = 64 << 20;

/// What a run came to.
pub struct Run {
    /// Of each landslide in its order, from the return of `Uplink::submit` to the sight of its commit; none where it never came.
    pub delays: Vec<Option<Duration>>,
    pub blackout: Option<AfterBlackout>,
    /// Mean length of an encoded message.
    pub message_bytes: f64,
    pub relay: Record,
}

/// What a blackout came to.
#[derive(Clone)]
pub struct AfterBlackout {
    /// Delays of those submitted within.
    pub within: Vec<Duration>,
    /// From its end to the first instant at which all that had been submitted was committed.
    pub recovery: Option<Duration>,
}

/// One landslide on its way.
struct Sent {
    submitted: Instant,
    committed: Option<Instant>,
}

/// Flies once over the link. `committed` counts the landslides that have come, for whoever shows it.
pub fn run(case: &Case, seed: u64, committed: &AtomicUsize) -> Result<Run> {
    let site = Site::new(1)?;
    let station = site.serve()?;
    let observer = Observer::start(&station.store)?;
    let relay = Relay::start(station.address, case.conditions, seed)?;
    let config = Config {
        station: relay.address().to_string(),
        keys: site.keys.aircraft[0].clone(),
    };
    let journal = Journal::open(&site.path("journal.sqlite"), JOURNAL_BYTES)?;
    let uplink = Uplink::start(&config, journal)?;
    let mut flight = Flight::new(seed);
    uplink.submit(&[flight.begin()])?;
    wait(&observer, 1, committed);
    ensure!(
        observer.count() == 1,
        "never connected: {:?}",
        uplink.status().last_error
    );
    thread::sleep(CONNECTED);

    let start = Instant::now();
    let dark = case.blackout.as_ref().map(|b| {
        let begin = start + b.after;
        begin..begin + b.length
    });
    if let Some(dark) = &dark {
        relay.black_out(dark.clone());
    }
    let mut submitted: Vec<(Uuid, Instant)> = Vec::new();
    let mut bytes = 0;
    for nth in 0..LANDSLIDES {
        let due = start + Duration::from_secs(1) * u32::try_from(nth)? / case.pace_hz;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let landslide = flight.landslide();
        bytes += landslide.encode()?.len();
        uplink.submit(std::slice::from_ref(&landslide))?;
        submitted.push((landslide.id(), Instant::now()));
        committed.store(observer.count() - 1, Ordering::Relaxed);
    }
    wait(&observer, LANDSLIDES + 1, committed);
    let record = relay.record();
    let seen = observer.finish()?;
    drop(uplink);
    station.stop()?;

    let sent: Vec<Sent> = submitted
        .iter()
        .map(|(id, submitted)| Sent {
            submitted: *submitted,
            committed: seen.get(id).copied(),
        })
        .collect();
    Ok(Run {
        delays: sent.iter().map(Sent::delay).collect(),
        blackout: dark.map(|dark| AfterBlackout {
            within: sent
                .iter()
                .filter(|sent| dark.contains(&sent.submitted))
                .filter_map(Sent::delay)
                .collect(),
            recovery: recovery(&sent, dark.end),
        }),
        message_bytes: bytes as f64 / LANDSLIDES as f64,
        relay: record,
    })
}

impl Sent {
    fn delay(&self) -> Option<Duration> {
        // It may be committed before `submit` returns.
        Some(self.committed?.saturating_duration_since(self.submitted))
    }
}

/// Waits for so many messages, or until none has come for long.
fn wait(observer: &Observer, messages: usize, committed: &AtomicUsize) {
    let mut count = observer.count();
    let mut since = Instant::now();
    while count < messages && since.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
        let now = observer.count();
        if now > count {
            (count, since) = (now, Instant::now());
        }
        committed.store(count.saturating_sub(1), Ordering::Relaxed);
    }
}

/// From `end` to the first instant at which nothing waited.
fn recovery(sent: &[Sent], end: Instant) -> Option<Duration> {
    let commits = sent.iter().filter_map(|sent| sent.committed);
    let nothing_waits = |at: &Instant| {
        sent.iter()
            .all(|sent| sent.submitted > *at || sent.committed.is_some_and(|done| done <= *at))
    };
    std::iter::once(end)
        .chain(commits.filter(|at| *at > end))
        .filter(nothing_waits)
        .min()
        .map(|at| at - end)
}
