//! The aircraft's end: the state machine over a journal that lasts.

use rand::RngExt;

use super::{Happening, Pair, TROUBLE, Told, id, station::closed};
use crate::{
    close_code::CloseCode,
    connection_fault::Fault,
    delivery::{Settlement, Step},
};

#[derive(Debug, Clone, Default, PartialEq)]
enum Aside {
    #[default]
    No,
    Damaged,
    BySettlement(String),
}

/// A message of the journal; at first it waits.
#[derive(Debug, Default)]
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

    pub fn waits(&self) -> bool {
        self.aside == Aside::No
    }

    pub fn damage(&mut self) {
        self.damaged = true;
    }
}

impl Pair {
    pub(super) fn hear(&mut self, told: Told) {
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

    pub(super) fn end(&mut self, fault: &Fault) {
        self.connection += 1;
        let settlement = self.machine.ended(fault.end(), self.now);
        self.settle(&settlement);
    }

    /// Whether the journal could do it.
    pub(super) fn settle(&mut self, settlement: &Settlement) -> bool {
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
    pub(super) fn drive(&mut self) {
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

    pub(super) fn connect(&mut self) {
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

    pub(super) fn take(&mut self, most: usize) {
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
}
