//! Aircraft and station as processes that are killed at any moment, in turn or at once.
//!
//! 10 kills; `SCARP_KILLS` says how many instead.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use common::{LONG, Site, frame, query};
use scarp_link::{Config, Journal, Uplink};
use scarp_test_support::power_cut::Random;

/// A process that submits frame after frame, from the number where the one before it may have ended.
struct Aircraft {
    process: Child,
    submitted: Arc<AtomicU64>,
}

impl Aircraft {
    fn fly(site: &Site, station: SocketAddr, submitted: &Arc<AtomicU64>) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "an_aircraft", "--ignored", "--nocapture"])
            .env("SCARP_TEST_SITE", site.dir.path())
            .env("SCARP_TEST_STATION", station.to_string())
            .env(
                "SCARP_TEST_FIRST",
                submitted.load(Ordering::SeqCst).to_string(),
            )
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let submitted = Arc::clone(submitted);
        let count = Arc::clone(&submitted);
        thread::spawn(move || {
            let numbers = lines.map_while(Result::ok);
            for line in numbers {
                // Said after the call returned: from there on the message is safe.
                if let Some(next) = line.strip_prefix("submitted ") {
                    count.fetch_max(next.parse().unwrap(), Ordering::SeqCst);
                }
            }
        });
        Self { process, submitted }
    }

    fn kill(mut self) -> u64 {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.submitted.load(Ordering::SeqCst)
    }
}

#[test]
fn whichever_side_is_killed_the_station_has_in_the_end_what_the_aircraft_had_each_once() {
    let named = env::var("SCARP_KILLS").ok();
    let kills = named.map_or(10, |kills| kills.parse::<u64>().unwrap());
    let site = Site::new();
    let submitted = Arc::new(AtomicU64::new(0));
    let mut random = Random::new(kills);
    let mut station = site.serve(0);
    let address = station.address;
    let mut aircraft = Aircraft::fly(&site, address, &submitted);
    for _ in 0..kills {
        thread::sleep(Duration::from_millis(random.below(300)));
        if random.chance(50) {
            station.kill();
            station = site.serve(address.port());
        } else {
            aircraft.kill();
            aircraft = Aircraft::fly(&site, address, &submitted);
        }
    }
    let submitted = aircraft.kill();
    let end = site.uplink(address).drain(LONG * 5);
    assert_eq!((end.held.messages, end.held.set_aside), (0, 0), "{end:?}");
    station.stop();
    let number = |sql: &str| query(&site.store(), sql) as u64;
    let stored = number("SELECT count(*) FROM footprints");
    println!("{kills} kills, {submitted} frames submitted, {stored} stored");
    assert!(
        submitted > 0 && stored >= submitted,
        "{stored} of {submitted}"
    );
    let known =
        format!("SELECT count(DISTINCT sequence) FROM footprints WHERE sequence < {submitted}");
    assert_eq!(number(&known), submitted);
    assert_eq!(
        number("SELECT count(DISTINCT sequence) FROM footprints"),
        stored
    );
    assert_eq!(number("SELECT count(*) FROM messages"), stored);
}

#[test]
#[ignore = "the aircraft that another test starts as a process and kills"]
fn an_aircraft() {
    let site = env::var("SCARP_TEST_SITE").unwrap();
    let config = Config {
        station: env::var("SCARP_TEST_STATION").unwrap(),
        keys: Path::new(&site).join("keys/aircraft/drone"),
    };
    let journal = Journal::open(&Path::new(&site).join("journal.sqlite"), 64 << 20).unwrap();
    let uplink = Uplink::start(&config, journal).unwrap();
    let first: u64 = env::var("SCARP_TEST_FIRST").unwrap().parse().unwrap();
    for sequence in first.. {
        uplink.submit(&[frame(sequence)]).unwrap();
        println!("\nsubmitted {}", sequence + 1);
    }
}
