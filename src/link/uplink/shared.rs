//! What the uplink's thread and those who submit share.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use crate::{
    delivery::Settlement,
    journal::{DiskFault, Held, Journal, JournalError, SetAside},
};

/// Most reasons that [`LinkStatus`] tells; `scarp link status` tells all.
const MAX_REASONS: usize = 3;

/// How the link does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// Whether the ground station has answered on the present connection.
    pub connected: bool,
    /// What waits in the journal, and how much is set aside there.
    pub held: Held,
    /// Why it is set aside: the most frequent reasons, at most three.
    pub set_aside: Vec<SetAside>,
    /// Messages set aside since the start, whatever the reason.
    pub newly_set_aside: u64,
    /// Messages confirmed since the start.
    pub confirmed: u64,
    /// Messages set aside since the start because the ground station refused or could not take them.
    pub refused: u64,
    /// Messages left out since the start because they say what no message can.
    pub unsendable: u64,
    /// Why messages are in memory only and what changes is not on the disk, if that is so.
    pub disk_fault: Option<DiskFault>,
    /// Messages lost since the start because there was room for them neither on the disk nor in memory.
    pub crowded_out: u64,
    /// Messages lost when the link ended for good, which were in memory only.
    pub lost_from_memory: u64,
    /// Time since the ground station last confirmed a message, `None` before the first.
    pub last_confirmed: Option<Duration>,
    /// Why the link last broke or a message was set aside, in one line.
    pub last_error: Option<String>,
}

impl LinkStatus {
    /// Messages that the ground station has not confirmed and that were not set aside: they wait, or are lost.
    #[must_use]
    pub fn undelivered(&self) -> u64 {
        self.held.messages + self.crowded_out
    }

    /// Messages that are gone for good.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.crowded_out + self.lost_from_memory
    }
}

/// The journal, how its delivery goes, and signals between the threads.
pub struct Shared {
    pub journal: Journal,
    progress: Mutex<Progress>,
    changed: Condvar,
    /// The journal has taken messages.
    pub work: Notify,
    /// The uplink is to end.
    pub stop: Notify,
}

#[derive(Default)]
struct Progress {
    connected: bool,
    confirmed: u64,
    refused: u64,
    unsendable: u64,
    crowded_out: u64,
    lost_from_memory: u64,
    last_confirmed: Option<Instant>,
    last_error: Option<String>,
}

impl Shared {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            progress: Mutex::default(),
            changed: Condvar::new(),
            work: Notify::new(),
            stop: Notify::new(),
        }
    }

    pub fn status(&self) -> LinkStatus {
        let progress = self.progress.lock();
        let held = self.journal.held();
        // The journal counts them; what it cannot tell while its disk fails is told by its own fault.
        let mut set_aside = self.journal.reasons().unwrap_or_default();
        set_aside.truncate(MAX_REASONS);
        LinkStatus {
            connected: progress.connected,
            held,
            set_aside,
            newly_set_aside: self.journal.newly_set_aside(),
            confirmed: progress.confirmed,
            refused: progress.refused,
            unsendable: progress.unsendable,
            disk_fault: self.journal.disk_fault(),
            crowded_out: progress.crowded_out,
            lost_from_memory: progress.lost_from_memory,
            last_confirmed: progress.last_confirmed.map(|at| at.elapsed()),
            last_error: progress.last_error.clone(),
        }
    }

    /// So many messages were not given to the journal, since they say what no message can.
    pub fn left_out(&self, messages: u64) {
        self.progress.lock().unsendable += messages;
    }

    /// There was no room for so many messages.
    pub fn crowded_out(&self, messages: u64) {
        self.progress.lock().crowded_out += messages;
    }

    /// The journal is used no more.
    pub fn finish(&self) {
        self.journal.finish();
        let fault = self.journal.disk_fault();
        self.progress.lock().lost_from_memory = fault.map_or(0, |fault| fault.only_in_memory);
    }

    /// Waits until no message waits, at most `timeout`.
    pub fn wait_until_empty(&self, timeout: Duration) {
        let waiting = |_: &mut Progress| self.journal.held().messages > 0;
        self.changed
            .wait_while_for(&mut self.progress.lock(), waiting, timeout);
    }

    /// The link is up; `warning` tells what is odd about it, if anything is.
    pub fn connected(&self, warning: Option<String>) {
        self.report(|progress| {
            progress.connected = true;
            progress.last_error = warning.or(progress.last_error.take());
        });
    }

    /// The link is down, because of what `line` tells, if anything went wrong.
    pub fn disconnected(&self, line: Option<String>) {
        self.report(|progress| {
            progress.connected = false;
            progress.last_error = line.or(progress.last_error.take());
        });
    }

    /// Removes from the journal what is on the ground, and sets aside what is not to be sent again.
    pub fn settle(&self, settlement: &Settlement) -> Result<(), JournalError> {
        let Settlement {
            confirmed,
            set_aside,
        } = settlement;
        let reasons = set_aside.iter().map(|(n, reason)| (*n, reason.as_str()));
        // Under one lock, so that nobody sees the journal empty and the messages not yet counted.
        self.report(|progress| {
            self.journal.remove(confirmed)?;
            progress.confirmed += confirmed.len() as u64;
            if !confirmed.is_empty() {
                progress.last_confirmed = Some(Instant::now());
            }
            self.journal.set_aside(&reasons.collect::<Vec<_>>())?;
            progress.refused += set_aside.len() as u64;
            if let Some((_, reason)) = set_aside.last() {
                let line = format!(
                    "link: messages set aside: {}, the last: {reason}",
                    set_aside.len()
                );
                log::error!("{line}");
                progress.last_error = Some(line);
            }
            Ok(())
        })
    }

    fn report<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> T {
        let result = change(&mut self.progress.lock());
        self.changed.notify_all();
        result
    }
}
