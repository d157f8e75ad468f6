//! The link to the autopilot, as the rest of Scarp sees it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Sender, bounded};
use thiserror::Error;

use super::{
    AttitudeOf, ComponentState, PortAddress, Received, Severity, Vehicle,
    worker::{Order, Worker},
};
use crate::nav::Monotonic;

/// How the autopilot is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// The port.
    pub address: PortAddress,
    /// System id of the vehicle; otherwise the first autopilot heard is believed.
    pub system: Option<u8>,
    /// Whose attitude is wanted.
    pub attitude: AttitudeOf,
}

/// How the link is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkHealth {
    /// The port.
    pub port: PortState,
    /// The autopilot, once its heartbeat has come.
    pub vehicle: Option<Vehicle>,
    /// When the newest message of the vehicle that concerns Scarp came.
    pub newest: Option<Monotonic>,
    /// Whether the autopilot's clock is known by TIMESYNC, to a millisecond or so.
    pub synchronised: bool,
    /// MAVLink 2 frames with a good checksum.
    pub frames: u64,
    /// Those of others than the vehicle.
    pub foreign: u64,
    /// Those whose content the standard does not know.
    pub unreadable: u64,
    /// MAVLink 1 frames, which are not used. An autopilot that speaks it until it hears MAVLink 2 (PX4 with `MAV_PROTO_VER` 0)
    /// is answered and changes over; if they go on, set its port to MAVLink 2 (ArduPilot `SERIALn_PROTOCOL` 2, PX4
    /// `MAV_PROTO_VER` 2).
    pub mavlink1: u64,
    /// Reports lost because their receiver was too slow.
    pub lost: u64,
    /// Messages that could not be sent.
    pub unsent: u64,
}

impl LinkHealth {
    /// Why the vehicle is not heard; nothing once it is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match &self.port {
            PortState::Closed { why } => Some(why.clone()),
            _ if self.vehicle.is_some() => None,
            _ if self.mavlink1 > 0 => {
                Some("it speaks MAVLink 1; set its port to MAVLink 2".to_owned())
            }
            _ => Some("no heartbeat; check cable, speed and the port's protocol".to_owned()),
        }
    }
}

/// How the port is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PortState {
    /// Not opened yet.
    #[default]
    Opening,
    /// Open.
    Open,
    /// Closed, and to be opened again soon.
    Closed {
        /// What happened.
        why: String,
    },
}

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
        self.health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
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

impl LinkHealth {
    /// Seconds since the newest message of the vehicle; `None` before the first.
    #[must_use]
    pub fn age_s(&self, now: Monotonic) -> Option<f64> {
        self.newest.map(|newest| now.seconds_since(newest))
    }
}
