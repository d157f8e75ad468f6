//! Flights of aircraft that mean well, while others do not.

use std::{
    env, fs,
    time::{Duration, Instant},
};

use quinn::{Connection, ConnectionError};
use scarp_inventory::Run;
use scarp_link::{Envelope, codec};
use uuid::Uuid;

use super::{LONG, SURVEY, Station, fleet::Fleet, frame};

/// Messages that an aircraft delivers in a flight.
const MESSAGES: u64 = 200;

/// Most memory that the station may have held at any time, in MB. It holds about 20 when nobody speaks to it.
const MEMORY_MB: u64 = 120;

/// Flights of aircraft one after the other, each with its own keys, which connects and delivers its messages.
pub struct Flights<'a> {
    fleet: &'a Fleet,
    station: &'a Station,
    alone: Vec<Duration>,
    meanwhile: Vec<Duration>,
    start: Instant,
}

impl<'a> Flights<'a> {
    /// Some that have the station to themselves, after one that warms up.
    pub fn alone(fleet: &'a Fleet, station: &'a Station) -> Self {
        let mut flights = Self {
            fleet,
            station,
            alone: Vec::new(),
            meanwhile: Vec::new(),
            start: Instant::now(),
        };
        let number = if long() { 11 } else { 2 };
        flights.alone = (0..number).map(|number| flights.fly(number)).collect();
        flights.alone.remove(0);
        flights
    }

    /// One after the other for so many seconds, at least two.
    pub fn meanwhile(mut self, seconds: f64) -> Self {
        self.start = Instant::now();
        while self.meanwhile.len() < 2 || self.seconds() < seconds {
            let flight = self.fly(1000 + self.meanwhile.len() as u64);
            self.meanwhile.push(flight);
        }
        self
    }

    fn fly(&self, number: u64) -> Duration {
        let name = format!("flight-{number}");
        // Making its keys is no part of it.
        self.fleet.keys(&name);
        let start = Instant::now();
        let uplink = self.fleet.uplink(&name, self.station.address);
        for first in (0..MESSAGES).step_by(10) {
            let frames = (first..first + 10).map(|sequence| frame_of(&name, sequence));
            uplink.submit(&frames.collect::<Vec<_>>()).unwrap();
        }
        let end = uplink.drain(LONG);
        assert_eq!((end.held.messages, end.confirmed), (0, MESSAGES), "{end:?}");
        start.elapsed()
    }

    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    pub fn number(&self) -> u64 {
        1 + (self.alone.len() + self.meanwhile.len()) as u64
    }

    pub fn report(&mut self, what: &str) {
        let [alone, meanwhile] = [&mut self.alone, &mut self.meanwhile].map(|flights| {
            flights.sort();
            let of =
                |share: f64| flights[((flights.len() - 1) as f64 * share) as usize].as_secs_f64();
            (of(0.5) * 1e3, of(0.95) * 1e3, of(1.0) * 1e3)
        });
        eprintln!(
            "{what}: {} flights of {MESSAGES} messages alone and {} then took (median, 95 %, most) {alone:.0?} and {meanwhile:.0?} ms: {:.2} times",
            self.alone.len(),
            self.meanwhile.len(),
            meanwhile.0 / alone.0
        );
    }
}

/// The station's memory and log stayed small, the latter by what `seconds` and the coming and going of `aircraft` give.
pub fn quiet_and_small(fleet: &Fleet, station: &Station, seconds: f64, aircraft: u64) {
    let memory = station.peak_memory_mb();
    let said = fs::read_to_string(fleet.site.log()).unwrap();
    let lines = said.lines().count() as u64;
    eprintln!("at most {memory} MB held, {lines} lines said");
    assert!(memory < MEMORY_MB, "{memory} MB");
    let most = 4 + seconds as u64 / 10 + 4 * aircraft;
    assert!(lines <= most, "{lines} lines of at most {most}: {said}");
}

pub async fn closed(connection: &Connection) -> ConnectionError {
    tokio::time::timeout(LONG, connection.closed())
        .await
        .unwrap()
}

/// Frame number `sequence` of an aircraft's own survey.
pub fn frame_of(aircraft: &str, sequence: u64) -> Envelope {
    let frame = frame(sequence);
    let survey = Uuid::new_v5(&SURVEY, aircraft.as_bytes());
    Envelope::new(Run::unnamed(survey), frame.body().clone())
}

/// A batch of such frames.
pub fn batch_of(aircraft: &str, sequences: std::ops::Range<u64>) -> Vec<u8> {
    let messages = sequences.map(|sequence| frame_of(aircraft, sequence).encode().unwrap());
    codec::encode_batch(messages.collect())
}

pub fn long() -> bool {
    env::var_os("SCARP_LONG").is_some()
}
