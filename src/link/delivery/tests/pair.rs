//! An aircraft and a ground station in memory, under virtual time: batches instead of packets.
//!
//! The aircraft's end is the state machine over a journal that lasts; the radio loses, delays and repeats batches and receipts; both ends
//! restart. What a real uplink tells the machine of a fault, the faults here tell it, too.

mod aircraft;
mod schedule;
mod station;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
    time::{Duration, Instant},
};

use quinn::ConnectionError;
use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};
use uuid::Uuid;

use crate::{
    codec::Receipt,
    connection_fault::Fault,
    delivery::{Delivery, PAUSES},
};
use aircraft::Row;
pub use schedule::{Kind, Schedule};

/// While all goes wrong; afterwards nothing does.
pub const TROUBLE: Duration = Duration::from_secs(600);
/// Long enough for whatever must come to an end after that.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

enum Told {
    Connected,
    Arrived,
    Receipt(Receipt),
    Failed(Fault),
}

enum Happening {
    Submit(usize),
    Damage,
    RestartAircraft,
    RestartStation,
    /// The aircraft looks what is to be done.
    Wake,
    /// Of connection or attempt number so much.
    AtAircraft(u64, Told),
    /// A batch on the connection of this number; `answered` where its connection still stands.
    AtStation {
        connection: u64,
        station_life: u64,
        batch: Vec<Uuid>,
        answered: bool,
    },
}

pub struct Pair {
    schedule: Schedule,
    rng: SmallRng,
    start: Instant,
    now: Instant,
    queue: BinaryHeap<Reverse<(Instant, u64)>>,
    happenings: HashMap<u64, Happening>,
    machine: Delivery,
    /// What waits or is set aside; what is confirmed is gone.
    pub journal: BTreeMap<i64, Row>,
    /// The present connection or attempt at one.
    connection: u64,
    station_life: u64,
    /// As the store has it: by identity, so that what comes again changes nothing.
    pub stored: HashSet<Uuid>,
    pub connects: Vec<Instant>,
    /// When pauses began anew: something was settled, or the aircraft restarted.
    pub fresh_starts: Vec<Instant>,
}

pub fn id(number: i64) -> Uuid {
    Uuid::from_u128(number.cast_unsigned().into())
}

impl Pair {
    pub fn new(schedule: Schedule) -> Self {
        let start = Instant::now();
        let mut pair = Self {
            rng: SmallRng::seed_from_u64(schedule.seed),
            start,
            now: start,
            queue: BinaryHeap::new(),
            happenings: HashMap::new(),
            machine: Delivery::new(PAUSES.with_jitter_seed(schedule.seed), start),
            journal: BTreeMap::new(),
            connection: 0,
            station_life: 0,
            stored: HashSet::new(),
            connects: Vec::new(),
            fresh_starts: Vec::new(),
            schedule: schedule.clone(),
        };
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for (number, (second, _)) in schedule.messages.iter().enumerate() {
            pair.schedule(at(*second), Happening::Submit(number));
        }
        for second in schedule.damages {
            pair.schedule(at(second), Happening::Damage);
        }
        for second in schedule.aircraft_restarts {
            pair.schedule(at(second), Happening::RestartAircraft);
        }
        for second in schedule.station_restarts {
            pair.schedule(at(second), Happening::RestartStation);
        }
        pair.schedule(start, Happening::Wake);
        pair
    }

    /// Plays until all trouble is over and no message waits; seconds from the end of the trouble until the last one left the journal,
    /// less than none where that was before.
    pub fn play(&mut self) -> f64 {
        while let Some(Reverse((at, key))) = self.queue.pop() {
            assert!(at <= self.start + LIMIT, "it never comes to an end");
            self.now = at;
            if let Some(happening) = self.happenings.remove(&key) {
                self.happen(key, happening);
            }
            let over = self.now > self.start + TROUBLE;
            if over && !self.journal.values().any(Row::waits) {
                break;
            }
        }
        let settled = self.fresh_starts.last().copied().unwrap_or(self.start);
        (settled - self.start).as_secs_f64() - TROUBLE.as_secs_f64()
    }

    fn schedule(&mut self, at: Instant, happening: Happening) {
        let key = self.rng.next_u64();
        self.queue.push(Reverse((at, key)));
        self.happenings.insert(key, happening);
    }

    fn within(&self, windows: &[(u64, u64)]) -> Option<Instant> {
        let second = (self.now - self.start).as_secs();
        let mut ends = windows
            .iter()
            .filter(|(from, length)| (*from..from + length).contains(&second));
        ends.next()
            .map(|(from, length)| self.start + Duration::from_secs(from + length))
    }

    /// Whether something sent now comes through.
    fn passes(&mut self) -> bool {
        let trouble = self.now < self.start + TROUBLE;
        let lost = trouble && self.rng.random_ratio(self.schedule.loss, 100);
        !lost && self.within(&self.schedule.outages).is_none()
    }

    fn later(&mut self) -> Instant {
        let least = self.schedule.latency_ms;
        let ms = self.rng.random_range(least..=2 * least);
        self.now + Duration::from_millis(ms)
    }

    fn happen(&mut self, key: u64, happening: Happening) {
        match happening {
            Happening::AtStation {
                connection,
                station_life,
                batch,
                answered,
            } => {
                if station_life == self.station_life {
                    self.receive(connection, &batch, answered);
                }
                return;
            }
            Happening::RestartStation => {
                self.station_life += 1;
                let (at, connection) = (self.later(), self.connection);
                let reset = Told::Failed(Fault::Lost(ConnectionError::Reset));
                self.schedule(at, Happening::AtAircraft(connection, reset));
                return;
            }
            _ => {}
        }
        if let Some(end) = self.within(&self.schedule.stalls) {
            self.queue.push(Reverse((end, key)));
            self.happenings.insert(key, happening);
            return;
        }
        match happening {
            Happening::Submit(number) => {
                self.journal.insert(number as i64, Row::default());
                self.machine.submitted();
            }
            Happening::Damage => {
                if let Some(row) = self.journal.values_mut().find(|row| row.waits()) {
                    row.damage();
                }
            }
            Happening::RestartAircraft => {
                self.connection += 1;
                self.machine = Delivery::new(PAUSES.with_jitter_seed(self.connection), self.now);
                self.fresh_starts.push(self.now);
            }
            Happening::AtAircraft(connection, told) if connection == self.connection => {
                self.hear(told);
            }
            _ => {}
        }
        self.drive();
    }
}
