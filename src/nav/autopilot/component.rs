//! Scarp as a component of the aircraft's MAVLink network, without the port.

use mavlink::{MavHeader, Message, MessageData, dialects::common as dialect};

use super::{
    AttitudeOf, BootClock, BootClockDoubt, BootInstant, Filtered, Refused, Report, Severity,
    Vehicle, VehicleFilter,
    decoded_message::Sent,
    gimbal_component::OwnGimbal,
    message_rates::{MessageRates, Wanted},
    status_text::status_texts,
};
use crate::Monotonic;

/// What Scarp says of itself in its heartbeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentState {
    /// Starting up.
    Boot,
    /// Ready.
    Standby,
    /// Searching.
    Active,
    /// Not able to work.
    Critical,
}

/// What came from the autopilot.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// When its last byte reached this computer, or earlier by what the port buffers.
    pub arrived: Monotonic,
    /// What it says, or why that cannot be used.
    pub report: Result<Report, Refused>,
    /// The instant that it is about, where the message has a time since boot.
    pub instant: Option<Result<BootInstant, BootClockDoubt>>,
}

/// What the autopilot sends and is to be sent: a state machine that does no I/O.
#[derive(Debug)]
pub struct Component {
    /// System id of ours before the vehicle's is known.
    system: u8,
    filter: VehicleFilter,
    clock: BootClock,
    /// Where a gimbal's attitude is wanted.
    gimbal: Option<OwnGimbal>,
    rates: MessageRates,
    state: ComponentState,
    heartbeat: Timer,
    timesync: Timer,
    text_id: u16,
    foreign: u64,
}

/// Something that is due again and again.
#[derive(Debug, Default)]
struct Timer(Option<Monotonic>);

const HEARTBEAT_S: f64 = 1.0;
/// Until enough round trips are known, and then.
const TIMESYNC_FIRST_S: f64 = 0.1;
const TIMESYNC_LATER_S: f64 = 1.0;
const COMPONENT_ID: u8 = dialect::MavComponent::MAV_COMP_ID_ONBOARD_COMPUTER as u8;

impl Component {
    /// A component that has heard nothing yet and waits for an autopilot, of the system `wanted` if one is named.
    #[must_use]
    pub fn new(wanted: Option<u8>, attitude: AttitudeOf) -> Self {
        Self {
            // Both autopilots come with system id 1.
            system: wanted.unwrap_or(1),
            filter: VehicleFilter::new(wanted),
            clock: BootClock::default(),
            gimbal: (attitude == AttitudeOf::Gimbal).then(OwnGimbal::default),
            rates: MessageRates::new(attitude),
            state: ComponentState::Boot,
            heartbeat: Timer::default(),
            timesync: Timer::default(),
            text_id: 0,
            foreign: 0,
        }
    }

    /// Takes a message that came at `arrived`; answers with what concerns the caller.
    pub fn receive(
        &mut self,
        header: &MavHeader,
        message: &dialect::MavMessage,
        arrived: Monotonic,
    ) -> Option<Received> {
        let before = self.filter.vehicle();
        let heard = self.filter.accept(header, message, arrived);
        if self.filter.vehicle() != before {
            self.meet(before);
        }
        let report = match heard {
            Filtered::Foreign => {
                self.foreign += 1;
                return None;
            }
            Filtered::Unused => return None,
            Filtered::Refused(refused) => Err(refused),
            Filtered::Report(report) => Ok(report),
        };
        let by_autopilot = self.vehicle()?.component == header.component_id;
        let received = if by_autopilot {
            self.by_autopilot(report, arrived)
        } else {
            self.by_gimbal(header.component_id, report, arrived)?
        };
        self.rates.count(message.message_id());
        if let Some(Err(BootClockDoubt::Rebooted { .. })) = received.instant {
            self.rates.restart();
        }
        Some(received)
    }

    /// Nothing that was known of another vehicle is true of this one.
    fn meet(&mut self, before: Option<Vehicle>) {
        if let (Some(before), Some(vehicle)) = (before, self.vehicle()) {
            log::warn!("autopilot: {vehicle:?} is believed from now on, no longer {before:?}");
        }
        self.clock = BootClock::default();
        self.gimbal = self.gimbal.take().map(|_| OwnGimbal::default());
        self.rates.restart();
        self.timesync = Timer::default();
    }

    fn by_autopilot(&mut self, report: Result<Report, Refused>, arrived: Monotonic) -> Received {
        if let Ok(Report::Timesync { tc1, ts1 }) = report
            && let Err(not_used) = self.clock.reply(tc1, ts1, arrived)
        {
            log::debug!("{not_used}");
        }
        if let (Ok(Report::Gimbal(_)), Some(gimbal)) = (&report, &mut self.gimbal) {
            gimbal.repeat(arrived);
        }
        let instant = match report.as_ref().ok().and_then(Report::boot) {
            Some((boot, Sent::AsMade)) => Some(self.clock.observe(boot, arrived)),
            Some((boot, Sent::AnyTimeAfter)) => Some(self.clock.instant_of(boot)),
            None => None,
        };
        Received {
            arrived,
            report,
            instant,
        }
    }

    /// What a gimbal tells itself, where that counts.
    fn by_gimbal(
        &mut self,
        component: u8,
        report: Result<Report, Refused>,
        arrived: Monotonic,
    ) -> Option<Received> {
        let before = self.gimbal.as_ref().and_then(OwnGimbal::component);
        if !self.gimbal.as_mut().is_some_and(|g| g.admits(component)) {
            self.foreign += 1;
            return None;
        }
        if before != Some(component) {
            // It has not been asked yet, and by itself it speaks too rarely.
            self.rates.restart();
        }
        let gimbal = self.gimbal.as_mut()?;
        let boot = report.as_ref().ok().and_then(Report::boot);
        // Also while it does not count, so that its clock is known when it does.
        let instant = boot.map(|(boot, _)| gimbal.observe(boot, arrived));
        (!gimbal.is_repeated(arrived)).then_some(Received {
            arrived,
            report,
            instant,
        })
    }

    /// The messages to send now.
    pub fn due(&mut self, now: Monotonic) -> Vec<dialect::MavMessage> {
        let mut messages = Vec::new();
        if self.heartbeat.is_due(now, HEARTBEAT_S) {
            messages.push(dialect::MavMessage::HEARTBEAT(self.our_heartbeat()));
        }
        let Some(vehicle) = self.filter.vehicle() else {
            return messages;
        };
        for wanted in self.rates.due(now) {
            messages.push(set_interval(wanted, vehicle.system, vehicle.component));
            // By itself it tells its attitude five times a second, which is too rarely to place a frame.
            if wanted.message_id == dialect::GIMBAL_DEVICE_ATTITUDE_STATUS_DATA::ID
                && let Some(gimbal) = self.gimbal.as_ref().and_then(OwnGimbal::component)
            {
                messages.push(set_interval(wanted, vehicle.system, gimbal));
            }
        }
        let interval_s = match self.clock.is_synchronised() {
            true => TIMESYNC_LATER_S,
            false => TIMESYNC_FIRST_S,
        };
        if self.timesync.is_due(now, interval_s) {
            messages.push(dialect::MavMessage::TIMESYNC(dialect::TIMESYNC_DATA {
                tc1: 0,
                ts1: self.clock.request(now),
                target_system: vehicle.system,
                target_component: vehicle.component,
            }));
        }
        messages
    }

    /// The messages that show the pilot a line.
    pub fn say(&mut self, severity: Severity, text: &str) -> Vec<dialect::MavMessage> {
        self.text_id = self.text_id.checked_add(1).unwrap_or(1);
        status_texts(severity, text, self.text_id)
            .into_iter()
            .map(dialect::MavMessage::STATUSTEXT)
            .collect()
    }

    /// The sender of our messages: a component of the vehicle's own system. The sequence is the port's to count.
    #[must_use]
    pub fn header(&self, sequence: u8) -> MavHeader {
        MavHeader {
            system_id: u32::from(self.vehicle().map_or(self.system, |v| v.system)),
            component_id: COMPONENT_ID,
            sequence,
        }
    }

    /// Asks for all messages again, after the port was opened.
    pub fn connected(&mut self) {
        self.rates.restart();
    }

    /// Changes what the heartbeats say.
    pub const fn set_state(&mut self, state: ComponentState) {
        self.state = state;
    }

    /// The autopilot, once its heartbeat has come.
    #[must_use]
    pub fn vehicle(&self) -> Option<Vehicle> {
        self.filter.vehicle()
    }

    /// The autopilot's clock, for the instants of exposures.
    #[must_use]
    pub const fn clock(&self) -> &BootClock {
        &self.clock
    }

    /// Messages of others so far.
    #[must_use]
    pub const fn foreign(&self) -> u64 {
        self.foreign
    }

    fn our_heartbeat(&self) -> dialect::HEARTBEAT_DATA {
        use dialect::MavState as S;
        dialect::HEARTBEAT_DATA {
            custom_mode: 0,
            mavtype: dialect::MavType::MAV_TYPE_ONBOARD_CONTROLLER,
            autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_INVALID,
            base_mode: dialect::MavModeFlag::empty(),
            system_status: match self.state {
                ComponentState::Boot => S::MAV_STATE_BOOT,
                ComponentState::Standby => S::MAV_STATE_STANDBY,
                ComponentState::Active => S::MAV_STATE_ACTIVE,
                ComponentState::Critical => S::MAV_STATE_CRITICAL,
            },
            mavlink_version: dialect::MINOR_MAVLINK_VERSION,
        }
    }
}

fn set_interval(wanted: Wanted, system: u8, component: u8) -> dialect::MavMessage {
    dialect::MavMessage::COMMAND_LONG(dialect::COMMAND_LONG_DATA {
        command: dialect::MavCmd::MAV_CMD_SET_MESSAGE_INTERVAL,
        param1: wanted.message_id as f32,
        param2: wanted.interval_us,
        target_system: system,
        target_component: component,
        ..Default::default()
    })
}

impl Timer {
    fn is_due(&mut self, now: Monotonic, interval_s: f64) -> bool {
        let due = self
            .0
            .is_none_or(|last| now.seconds_since(last) >= interval_s);
        if due {
            self.0 = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests;
