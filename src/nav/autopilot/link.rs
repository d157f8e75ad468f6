//! The link to the autopilot, as the rest of Scarp sees it.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Sender, bounded};
use parking_lot::Mutex;
use thiserror::Error;

use super::{
    ComponentState, LinkHealth, LinkSettings, Received, Severity,
    worker::{Order, Worker},
};
use crate::Monotonic;

/// Why a line for the pilot was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotSent {
    /// Too many are waiting.
    #[error("{ORDERS} messages for the autopilot wait already; check the link to it")]
    Busy,
    /// The link's thread is gone.
    #[error("the link to the autopilot has ended; restart it")]
    Ended,
}

/// Orders that may wait.
const ORDERS: usize = 16;
/// A link to an autopilot, on a thread of its own, until dropped.
#[derive(Debug)]
pub struct AutopilotLink {
    orders: Sender<Order>,
    health: Arc<Mutex<LinkHealth>>,
    /// Dropped to end the thread.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl AutopilotLink {
    /// Starts the thread. The port is opened, and opened again whenever it is lost, by the thread.
    ///
    /// `reports` should be a bounded channel: what does not fit is counted and lost. `now` tells the time.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        settings: LinkSettings,
        reports: Sender<Received>,
        now: fn() -> Monotonic,
    ) -> io::Result<Self> {
        let (orders, taken) = bounded(ORDERS);
        let (alive, ended) = bounded(0);
        let health = Arc::new(Mutex::new(LinkHealth::default()));
        let mut worker = Worker::new(settings, now, taken, ended, reports, Arc::clone(&health));
        let thread = thread::Builder::new()
            .name("autopilot".to_owned())
            .spawn(move || worker.run())?;
        Ok(Self {
            orders,
            health,
            alive: Some(alive),
            thread: Some(thread),
        })
    }

    /// Shows the pilot a line on the ground station (STATUSTEXT). At most 400 bytes of it go out; 50 fit one message.
    ///
    /// # Errors
    /// When it cannot be queued.
    pub fn status_text(&self, severity: Severity, text: &str) -> Result<(), NotSent> {
        self.order(Order::Say(severity, text.to_owned()))
    }

    /// Changes what Scarp's heartbeats say.
    ///
    /// # Errors
    /// When it cannot be queued.
    pub fn set_state(&self, state: ComponentState) -> Result<(), NotSent> {
        self.order(Order::Be(state))
    }

    /// How the link is.
    #[must_use]
    pub fn health(&self) -> LinkHealth {
        self.health.lock().clone()
    }

    fn order(&self, order: Order) -> Result<(), NotSent> {
        self.orders.try_send(order).map_err(|e| match e.is_full() {
            true => NotSent::Busy,
            false => NotSent::Ended,
        })
    }
}

impl Drop for AutopilotLink {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread of the link to the autopilot panicked");
        }
    }
}

#[cfg(test)]
mod tests;
