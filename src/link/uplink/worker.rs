//! The uplink's thread: does what the delivery's state machine says, and tells it what came of it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::{
    line::{Event, Line},
    reachability::Reachability,
    shared::Shared,
};
use crate::{
    connection_fault::Fault,
    delivery::{Delivery, PAUSES, Step},
    fault_log::FaultLog,
    trust::Trust,
};

/// Bytes of one batch: small, so that a slow link confirms often and a broken one repeats little.
const BATCH_BYTES: usize = 32 << 10;

/// Drives the delivery.
pub struct Worker {
    shared: Arc<Shared>,
    station: String,
    line: Line,
    delivery: Delivery,
    faults: FaultLog,
    /// What is odd about a ground station that is connected to all the same.
    warnings: FaultLog,
    reachability: Reachability,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, station: String, trust: Arc<Trust>) -> Self {
        Self {
            shared,
            line: Line::new(station.clone(), trust),
            station,
            delivery: Delivery::new(PAUSES, Instant::now()),
            faults: FaultLog::default(),
            warnings: FaultLog::default(),
            reachability: Reachability::default(),
        }
    }

    /// Delivers until it is told to stop.
    pub async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            () = shared.stop.notified() => {}
            () = self.deliver() => {}
        }
        shared.disconnected(None);
        self.line.leave().await;
    }

    async fn deliver(&mut self) {
        loop {
            let done = match self.delivery.poll(Instant::now()) {
                Step::Connect => {
                    self.reachability.attempt();
                    self.line.connect();
                    Ok(())
                }
                Step::Take(messages) => self.send(messages),
                Step::GiveUp(overdue) => Err(overdue.into()),
                Step::Wait(until) => self.wait(until).await,
            };
            if let Err(fault) = done {
                self.end(fault).await;
            }
        }
    }

    /// Sends what waits longest in the journal, at most `messages`.
    fn send(&mut self, messages: usize) -> Result<(), Fault> {
        let entries = self.shared.journal.pending(messages, BATCH_BYTES)?;
        let batch = entries.iter().map(|entry| (entry.number, entry.id));
        self.delivery.took(batch.collect(), Instant::now());
        if !entries.is_empty() {
            let messages = entries.into_iter().map(|entry| entry.message);
            self.line.exchange(messages.collect());
        }
        Ok(())
    }

    /// Waits until something happens, and tells the delivery of it.
    async fn wait(&mut self, until: Option<Instant>) -> Result<(), Fault> {
        let time = async {
            match until {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            biased;
            event = self.line.event() => event,
            () = self.shared.work.notified() => {
                self.delivery.submitted();
                return Ok(());
            }
            () = time => return Ok(()),
        };
        match event {
            Event::LookedUp => self.delivery.looked_up(Instant::now()),
            Event::ShookHands => self.reachability.shook_hands(),
            Event::AddressFailed(fault) => self.reachability.address_failed(fault),
            Event::Connected(session) => {
                log::info!("link: connected to {}", session.address());
                let warning = session.warning().map(str::to_owned);
                if let Some(line) = &warning
                    && let Some(line) = self.warnings.met(line, Instant::now())
                {
                    log::warn!("{line}");
                }
                self.line.hold(session);
                self.reachability.connected();
                self.delivery.connected(Instant::now());
                self.shared.connected(warning);
            }
            Event::Arrived => self.delivery.arrived(Instant::now()),
            Event::Receipt(receipt) => {
                let settlement = self.delivery.receipt(&receipt)?;
                self.shared.settle(&settlement)?;
                self.delivery.settled();
                self.faults = FaultLog::default();
            }
            Event::NoneLeft => return Err(self.reachability.none_left()),
            Event::Failed(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Ends the connection or the attempt at one, whose fault this is.
    async fn end(&mut self, fault: Fault) {
        let fault = self.line.cause(fault).await;
        let fault = self.reachability.judge(fault, SystemTime::now());
        self.line.hang_up(&fault);
        let settlement = self.delivery.ended(fault.end(), Instant::now());
        let line = fault.describe(&self.station);
        if let Some(line) = self.faults.met(&line, Instant::now()) {
            log::warn!("{line}");
        }
        self.shared.disconnected(Some(line));
        if let Err(error) = self.shared.settle(&settlement) {
            log::error!("{error}");
        }
    }
}
