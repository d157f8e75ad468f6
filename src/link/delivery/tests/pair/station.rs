//! The ground station's end, and the radio to it.

use std::time::Duration;

use quinn::{ApplicationClose, ConnectionError, VarInt};
use rand::RngExt;
use uuid::Uuid;

use super::{Happening, Kind, Pair, TROUBLE, Told};
use crate::{close_code::CloseCode, codec::Receipt, connection_fault::Fault};

/// As the transport has it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// So long a batch waits for a busy store before the station says that it cannot store, as `scarp-station` has it.
const STORE_TIMEOUT: Duration = Duration::from_secs(100);

impl Pair {
    pub(super) fn send(&mut self, batch: Vec<Uuid>) {
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
    pub(super) fn keep_waiting(&mut self, connection: u64) {
        let at = self.later();
        self.schedule(at, Happening::AtAircraft(connection, Told::Arrived));
        let cannot = Told::Failed(Fault::Lost(closed(CloseCode::CannotStore)));
        let at = self.later() + STORE_TIMEOUT;
        self.schedule(at, Happening::AtAircraft(connection, cannot));
    }

    pub(super) fn time_out(&mut self, connection: u64) {
        let lost = Told::Failed(Fault::Lost(ConnectionError::TimedOut));
        self.schedule(
            self.now + IDLE_TIMEOUT,
            Happening::AtAircraft(connection, lost),
        );
    }

    pub(super) fn receive(&mut self, connection: u64, batch: &[Uuid], answered: bool) {
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

/// How a connection ends that the station closes.
pub fn closed(code: CloseCode) -> ConnectionError {
    ConnectionError::ApplicationClosed(ApplicationClose {
        error_code: VarInt::from(code),
        reason: "said".into(),
    })
}
