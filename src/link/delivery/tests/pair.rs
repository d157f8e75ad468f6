//! An aircraft and a ground station in memory, under virtual time: batches instead of packets.
//!
//! The aircraft's end is the state machine over a journal that lasts; the radio loses, delays and repeats batches and receipts; both ends
//! restart. What a real uplink tells the machine of a fault, the faults here tell it, too.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
    time::{Duration, Instant},
};

use quinn::{ApplicationClose, ConnectionError, VarInt};
use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};
use uuid::Uuid;

use crate::{
    close_code::CloseCode,
    codec::Receipt,
    connection_fault::Fault,
    delivery::{Delivery, PAUSES, Settlement, Step},
};

/// As the transport has it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// So long a batch waits for a busy store before the station says that it cannot store, as `scarp-station` has it.
const STORE_TIMEOUT: Duration = Duration::from_secs(100);
/// While all goes wrong; afterwards nothing does.
pub const TROUBLE: Duration = Duration::from_secs(600);
/// Long enough for whatever must come to an end after that.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

/// What a message is to the ground station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    /// Refused by name.
    Refused,
    /// Whatever batch holds it, the station closes the connection as with a batch that cannot be taken.
    Malformed,
    /// No receipt comes for a batch that holds it.
    Unanswered,
    /// The receipt for a batch that holds it names none.
    NoneNamed,
    /// It is left out of the receipt for its batch.
    LeftOut,
    /// The stream of a batch that holds it is broken off.
    BrokenOff,
}

/// What goes wrong, and when, in seconds from the start.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub seed: u64,
    /// When each message is submitted, and what it is.
    pub messages: Vec<(u64, Kind)>,
    /// The share of connections, batches and receipts that are lost, in percent.
    pub loss: u32,
    /// One way, milliseconds.
    pub latency_ms: u64,
    /// From when, and for how long, nothing passes.
    pub outages: Vec<(u64, u64)>,
    /// From when, and for how long, the station cannot store.
    pub full: Vec<(u64, u64)>,
    /// From when, and for how long, the station's store takes nothing and says so only when the batch has waited long.
    pub busy: Vec<(u64, u64)>,
    /// From when, and for how long, the journal's disk fails.
    pub disk_faults: Vec<(u64, u64)>,
    pub aircraft_restarts: Vec<u64>,
    pub station_restarts: Vec<u64>,
    /// When the oldest message that waits is damaged on the disk.
    pub damages: Vec<u64>,
    /// From when, and for how long, the aircraft's thread gets no time.
    pub stalls: Vec<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Aside {
    No,
    Damaged,
    BySettlement(String),
}

#[derive(Debug)]
pub struct Row {
    damaged: bool,
    aside: Aside,
}

impl Row {
    /// Why it is set aside.
    pub fn reason(&self) -> Option<&str> {
        match &self.aside {
            Aside::No => None,
            Aside::Damaged => Some("damaged"),
            Aside::BySettlement(reason) => Some(reason),
        }
    }

    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

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
            if over && self.journal.values().all(|row| row.aside != Aside::No) {
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
                let row = Row {
                    damaged: false,
                    aside: Aside::No,
                };
                self.journal.insert(number as i64, row);
                self.machine.submitted();
            }
            Happening::Damage => {
                if let Some(row) = self.journal.values_mut().find(|row| row.aside == Aside::No) {
                    row.damaged = true;
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

    fn hear(&mut self, told: Told) {
        match told {
            Told::Connected => self.machine.connected(self.now),
            Told::Arrived => self.machine.arrived(self.now),
            Told::Receipt(receipt) => match self.machine.receipt(&receipt) {
                Ok(settlement) if self.settle(&settlement) => {
                    self.machine.settled();
                    self.fresh_starts.push(self.now);
                }
                Ok(_) => self.end(&Fault::NoAnswer),
                Err(none_named) => self.end(&none_named.into()),
            },
            Told::Failed(fault) => self.end(&fault),
        }
    }

    fn end(&mut self, fault: &Fault) {
        self.connection += 1;
        let settlement = self.machine.ended(fault.end(), self.now);
        self.settle(&settlement);
    }

    /// Whether the journal could do it.
    fn settle(&mut self, settlement: &Settlement) -> bool {
        if self.within(&self.schedule.disk_faults).is_some() {
            return false;
        }
        for number in &settlement.confirmed {
            self.journal.remove(number);
        }
        for (number, reason) in &settlement.set_aside {
            if let Some(row) = self.journal.get_mut(number) {
                row.aside = Aside::BySettlement(reason.clone());
            }
        }
        true
    }

    /// Does what the machine wants until it wants to wait.
    fn drive(&mut self) {
        for _ in 0..10 {
            match self.machine.poll(self.now) {
                Step::Connect => self.connect(),
                Step::Take(most) => self.take(most),
                Step::GiveUp(overdue) => self.end(&overdue.into()),
                Step::Wait(until) => {
                    if let Some(until) = until {
                        self.schedule(until, Happening::Wake);
                    }
                    return;
                }
            }
        }
        panic!("a busy loop");
    }

    fn connect(&mut self) {
        self.connects.push(self.now);
        self.connection += 1;
        let there = self.passes() && self.passes();
        if there {
            let (at, connection) = (self.later(), self.connection);
            let told = if self.now < self.start + TROUBLE && self.rng.random_ratio(1, 20) {
                Told::Failed(Fault::Refused(closed(CloseCode::GaveWay)))
            } else {
                Told::Connected
            };
            self.schedule(at, Happening::AtAircraft(connection, told));
        }
    }

    fn take(&mut self, most: usize) {
        if self.within(&self.schedule.disk_faults).is_some() {
            return self.end(&Fault::NoAnswer);
        }
        for row in self.journal.values_mut() {
            if row.damaged && row.aside == Aside::No {
                row.aside = Aside::Damaged;
            }
        }
        let waiting = self
            .journal
            .iter()
            .filter(|(_, row)| row.aside == Aside::No);
        let batch: Vec<_> = waiting.take(most).map(|(n, _)| (*n, id(*n))).collect();
        self.machine.took(batch.clone(), self.now);
        if !batch.is_empty() {
            self.send(batch.into_iter().map(|(_, id)| id).collect());
        }
    }

    fn send(&mut self, batch: Vec<Uuid>) {
        let (connection, station_life) = (self.connection, self.station_life);
        let arrive = |pair: &mut Self, at, answered| {
            let batch = batch.clone();
            let arrival = Happening::AtStation {
                connection,
                station_life,
                batch,
                answered,
            };
            pair.schedule(at, arrival);
        };
        let passes = self.passes();
        if passes {
            let at = self.later();
            arrive(self, at, true);
        } else {
            self.time_out(connection);
        }
        // Late, or again: when the aircraft is long on another connection.
        if self.now < self.start + TROUBLE && self.rng.random_ratio(1, 5) {
            let at = self.now + Duration::from_secs(self.rng.random_range(0..60));
            arrive(self, at, false);
        }
    }

    /// The batch has arrived, and the station says long after that it cannot store.
    fn keep_waiting(&mut self, connection: u64) {
        let at = self.later();
        self.schedule(at, Happening::AtAircraft(connection, Told::Arrived));
        let cannot = Told::Failed(Fault::Lost(closed(CloseCode::CannotStore)));
        let at = self.later() + STORE_TIMEOUT;
        self.schedule(at, Happening::AtAircraft(connection, cannot));
    }

    fn time_out(&mut self, connection: u64) {
        let lost = Told::Failed(Fault::Lost(ConnectionError::TimedOut));
        self.schedule(
            self.now + IDLE_TIMEOUT,
            Happening::AtAircraft(connection, lost),
        );
    }

    fn receive(&mut self, connection: u64, batch: &[Uuid], answered: bool) {
        let kind = |id: &Uuid| self.schedule.messages[id.as_u128() as usize].1;
        let spoilt = batch
            .iter()
            .map(kind)
            .find(|kind| !matches!(kind, Kind::Good | Kind::Refused | Kind::LeftOut));
        let full = self.within(&self.schedule.full).is_some();
        let busy = self.within(&self.schedule.busy).is_some();
        let mut receipt = Receipt::default();
        if !full && spoilt.is_none() {
            for id in batch {
                match kind(id) {
                    Kind::Refused => receipt.refused.push((*id, "refused".to_owned())),
                    Kind::LeftOut => {}
                    _ => receipt.stored.push(*id),
                }
            }
        }
        if !busy || self.rng.random_ratio(1, 2) {
            // Of a busy store, perhaps after all.
            self.stored.extend(&receipt.stored);
        }
        if !answered {
            return;
        }
        if busy {
            self.keep_waiting(connection);
            return;
        }
        let told = match (full, spoilt) {
            (true, _) => Told::Failed(Fault::Lost(closed(CloseCode::CannotStore))),
            (_, Some(Kind::Malformed)) => Told::Failed(Fault::Lost(closed(CloseCode::BadBatch))),
            (_, Some(Kind::BrokenOff)) => Told::Failed(Fault::Stream("reset".to_owned())),
            (_, Some(Kind::Unanswered)) => Told::Arrived,
            (_, _) => Told::Receipt(receipt),
        };
        if self.passes() {
            let at = self.later();
            if !matches!(told, Told::Arrived) && self.rng.random_ratio(1, 2) {
                self.schedule(at, Happening::AtAircraft(connection, Told::Arrived));
            }
            self.schedule(at, Happening::AtAircraft(connection, told));
        } else {
            self.time_out(connection);
        }
    }
}

fn closed(code: CloseCode) -> ConnectionError {
    ConnectionError::ApplicationClosed(ApplicationClose {
        error_code: VarInt::from(code),
        reason: "said".into(),
    })
}
