//! The uplink's thread: does what the delivery's state machine says, and tells it what came of it.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use quinn::ConnectionError;

use super::{
    line::{Event, Line},
    shared::Shared,
};
use crate::{
    connection_fault::Fault,
    delivery::{Delivery, PAUSES, Step},
    fault_log::FaultLog,
    tls::IDLE_TIMEOUT_MS,
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
    /// What an address answered to the present attempt to connect.
    answer: Option<Fault>,
    /// Since when nothing comes from a ground station that had answered.
    silent_since: Option<SystemTime>,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, station: String, trust: Arc<Trust>) -> Self {
        Self {
            shared,
            line: Line::new(station.clone(), trust),
            station,
            delivery: Delivery::new(PAUSES, Instant::now()),
            faults: FaultLog::default(),
            answer: None,
            silent_since: None,
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
                    self.answer = None;
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
            Event::AddressFailed(fault) => {
                if self
                    .answer
                    .as_ref()
                    .is_none_or(|answer| !answer.is_answer())
                {
                    self.answer = Some(fault);
                }
            }
            Event::Connected(session) => {
                log::info!("link: connected to {}", session.address());
                let warning = session.warning().map(str::to_owned);
                if let Some(line) = &warning
                    && let Some(line) = self.faults.met(line, Instant::now())
                {
                    log::warn!("{line}");
                }
                self.line.hold(session);
                self.silent_since = None;
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
            Event::NoneLeft => return Err(self.answer.take().unwrap_or(Fault::NoAnswer)),
            Event::Failed(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Ends the connection or the attempt at one, whose fault this is.
    async fn end(&mut self, fault: Fault) {
        let fault = self.line.cause(fault).await;
        let fault = self.in_context(fault);
        self.line.hang_up();
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

    /// The fault, told by what is known beside it: silence of one address is nothing where another has answered, and silence of a
    /// ground station that had answered means that it is out of reach.
    fn in_context(&mut self, fault: Fault) -> Fault {
        match fault {
            Fault::Lost(ConnectionError::TimedOut) => {
                let idle = Duration::from_millis(IDLE_TIMEOUT_MS.into());
                let now = SystemTime::now();
                let since = now.checked_sub(idle).unwrap_or(now);
                self.silent_since = Some(since);
                Fault::OutOfReach(since)
            }
            Fault::NoAnswer => match (self.answer.take(), self.silent_since) {
                (Some(answer), _) if answer.is_answer() => answer,
                (_, Some(since)) => Fault::OutOfReach(since),
                _ => Fault::NoAnswer,
            },
            fault => fault,
        }
    }
}
