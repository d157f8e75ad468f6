//! The thread that reads from the autopilot's port and writes to it.

use std::{io, sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use mavlink::{
    MAVLinkMessageRaw, MavHeader, MavlinkReader, MavlinkVersion, Message,
    dialects::common::MavMessage,
    error::{MessageReadError, MessageWriteError},
    write_v2_msg,
};
use parking_lot::Mutex;

use super::{
    Component, ComponentState, LinkHealth, LinkSettings, PortAddress, PortState, Received,
    Severity,
    port::{Port, is_pause},
};
use crate::Monotonic;

/// Longest pause before the port is opened again.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Pauses before it is opened again: the first, doubled each time up to the longest.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times();

/// What the thread is told to do.
pub(super) enum Order {
    Say(Severity, String),
    Be(ComponentState),
}

/// The thread of an [`super::AutopilotLink`].
pub(super) struct Worker {
    component: Component,
    address: PortAddress,
    orders: Receiver<Order>,
    ended: Receiver<()>,
    reports: Sender<Received>,
    now: fn() -> Monotonic,
    sequence: u8,
    health: LinkHealth,
    shown: Arc<Mutex<LinkHealth>>,
}

impl Worker {
    pub fn new(
        settings: LinkSettings,
        now: fn() -> Monotonic,
        orders: Receiver<Order>,
        ended: Receiver<()>,
        reports: Sender<Received>,
        shown: Arc<Mutex<LinkHealth>>,
    ) -> Self {
        Self {
            component: Component::new(settings.system, settings.attitude),
            address: settings.address,
            orders,
            ended,
            reports,
            now,
            sequence: 0,
            health: LinkHealth::default(),
            shown,
        }
    }

    /// Opens the port and serves it, again and again, until the link is ended.
    pub fn run(&mut self) {
        let mut pauses = PAUSES.build();
        loop {
            let frames = self.health.frames;
            let why = match Port::open(&self.address, self.now) {
                Ok(port) => {
                    log::info!("autopilot: {} is open", self.address);
                    match self.serve(port) {
                        Ok(()) => return,
                        Err(why) => why,
                    }
                }
                Err(why) => why,
            };
            log::warn!("autopilot: {}: {why}; trying again", self.address);
            self.show(PortState::Closed {
                why: why.to_string(),
            });
            if self.health.frames > frames {
                pauses = PAUSES.build();
            }
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            if self.ended.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    /// Until the link is ended; the error is the port's.
    fn serve(&mut self, port: Port) -> io::Result<()> {
        let mut reader = MavlinkReader::new(port);
        self.component.connected();
        while self.ended.try_recv() != Err(TryRecvError::Disconnected) {
            self.show(PortState::Open);
            self.send_due(reader.get_mut())?;
            match reader.read_any_raw_message::<MavMessage>() {
                Ok(frame) => self.take(&frame, reader.get_mut()),
                Err(MessageReadError::Io(e)) if is_pause(&e) => {}
                Err(MessageReadError::Io(e)) => return Err(e),
                Err(MessageReadError::Parse(_)) => self.health.unreadable += 1,
            }
        }
        Ok(())
    }

    fn take(&mut self, frame: &MAVLinkMessageRaw, port: &mut Port) {
        if frame.version() == MavlinkVersion::V1 {
            self.health.mavlink1 += 1;
            port.mavlink1_spoke();
            return;
        }
        self.health.frames += 1;
        let parsed = MavMessage::parse(MavlinkVersion::V2, frame.message_id(), frame.payload());
        let Ok(message) = parsed else {
            self.health.unreadable += 1;
            return;
        };
        let header = MavHeader {
            system_id: frame.system_id(),
            component_id: frame.component_id(),
            sequence: frame.sequence(),
        };
        let arrived = port.arrived();
        let Some(received) = self.component.receive(&header, &message, arrived) else {
            return;
        };
        // A gimbal may have an address of its own.
        let vehicle = self.component.vehicle();
        if vehicle.is_some_and(|v| v.component == header.component_id) {
            port.vehicle_spoke();
        }
        self.health.newest = Some(arrived);
        if self.reports.try_send(received).is_err() {
            self.health.lost += 1;
        }
    }

    fn send_due(&mut self, port: &mut Port) -> io::Result<()> {
        if !port.has_peer() {
            return Ok(());
        }
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Be(state) => self.component.set_state(state),
                Order::Say(severity, text) => {
                    for message in self.component.say(severity, &text) {
                        self.send(port, &message)?;
                    }
                }
            }
        }
        for message in self.component.due((self.now)()) {
            self.send(port, &message)?;
        }
        Ok(())
    }

    fn send(&mut self, port: &mut Port, message: &MavMessage) -> io::Result<()> {
        let header = self.component.header(self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        match write_v2_msg(port, header, message) {
            Ok(_) => Ok(()),
            Err(MessageWriteError::Io(e)) if !is_pause(&e) => Err(e),
            Err(_) => {
                self.health.unsent += 1;
                Ok(())
            }
        }
    }

    fn show(&mut self, port: PortState) {
        self.health.port = port;
        self.health.vehicle = self.component.vehicle();
        self.health.synchronised = self.component.clock().is_synchronised();
        self.health.foreign = self.component.foreign();
        self.shown.lock().clone_from(&self.health);
    }
}
