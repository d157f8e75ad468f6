//! The autopilot of a live flight: MAVLink 2, without the wire.

use chrono::{DateTime, Utc};
use mavlink::{MavHeader, MessageData, dialects::common as dialect};

use super::{
    companion::CompanionLog,
    message::{Clocks, message},
    sortie::Sortie,
};
use crate::clock::after;

/// How long the autopilot has been up at the start of the flight.
const UP_S: f64 = 100.0;
/// Interval of a message that is not sent.
const OFF: f64 = f64::INFINITY;

/// The autopilot: system 1, component 1, as ArduPilot and PX4 come.
#[derive(Debug, Clone)]
pub struct Vehicle {
    start: DateTime<Utc>,
    streams: [Stream; 6],
    heard: CompanionLog,
}

/// A message that is sent again and again.
#[derive(Debug, Clone, Copy)]
struct Stream {
    message_id: u32,
    interval_s: f64,
    next_s: f64,
    sent: u64,
}

/// What the autopilot has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// ATTITUDE and ATTITUDE_QUATERNION.
    pub attitudes: u64,
    /// GLOBAL_POSITION_INT.
    pub positions: u64,
}

impl Vehicle {
    /// An autopilot that knows the time, and sends what they send by themselves.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        let stream = |message_id, interval_s: f64| Stream {
            message_id,
            interval_s,
            next_s: if interval_s.is_finite() { 0.0 } else { OFF },
            sent: 0,
        };
        Self {
            start,
            streams: [
                stream(dialect::HEARTBEAT_DATA::ID, 1.0),
                stream(dialect::SYSTEM_TIME_DATA::ID, 1.0),
                stream(dialect::ATTITUDE_DATA::ID, 0.02),
                stream(dialect::ATTITUDE_QUATERNION_DATA::ID, OFF),
                stream(dialect::GLOBAL_POSITION_INT_DATA::ID, 0.1),
                stream(dialect::GPS_RAW_INT_DATA::ID, 0.2),
            ],
            heard: CompanionLog::default(),
        }
    }

    /// The sender of its messages.
    #[must_use]
    pub fn header(sequence: u8) -> MavHeader {
        MavHeader {
            system_id: 1,
            component_id: dialect::MavComponent::MAV_COMP_ID_AUTOPILOT1 as u8,
            sequence,
        }
    }

    /// When something is to be sent next, in seconds from the start.
    #[must_use]
    pub fn next_s(&self) -> f64 {
        let times = self.streams.iter().map(|stream| stream.next_s);
        times.fold(f64::INFINITY, f64::min)
    }

    /// The messages to send now.
    pub fn due(&mut self, now_s: f64, sortie: &Sortie) -> Vec<dialect::MavMessage> {
        let motion = sortie.at(now_s);
        let clocks = Clocks {
            boot_s: UP_S + now_s,
            utc: after(self.start, now_s),
        };
        let mut messages = Vec::new();
        for stream in &mut self.streams {
            if stream.next_s > now_s {
                continue;
            }
            // What was missed is not made up for.
            let next_s = stream.next_s + stream.interval_s;
            stream.next_s = match next_s > now_s {
                true => next_s,
                false => now_s + stream.interval_s,
            };
            stream.sent += 1;
            messages.extend(message(stream.message_id, clocks, &motion));
        }
        messages
    }

    /// Takes a message of another component; answers with the reply.
    pub fn accept(
        &mut self,
        header: &MavHeader,
        message: &dialect::MavMessage,
        now_s: f64,
    ) -> Option<dialect::MavMessage> {
        use dialect::MavMessage as M;
        match message {
            M::HEARTBEAT(_) => self.heard.heartbeats += 1,
            M::STATUSTEXT(piece) => self.heard.text(piece),
            M::TIMESYNC(request) if request.tc1 == 0 => {
                self.heard.timesyncs += 1;
                return Some(M::TIMESYNC(dialect::TIMESYNC_DATA {
                    tc1: ((UP_S + now_s) * 1e9) as i64,
                    ts1: request.ts1,
                    target_system: header.system_id as u8,
                    target_component: header.component_id,
                }));
            }
            M::COMMAND_LONG(command) => return Some(self.obey(header, command, now_s)),
            _ => {}
        }
        None
    }

    /// What it has sent.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let sent = |ids: &[u32]| {
            let streams = self.streams.iter().filter(|s| ids.contains(&s.message_id));
            streams.map(|stream| stream.sent).sum()
        };
        Sent {
            attitudes: sent(&[
                dialect::ATTITUDE_DATA::ID,
                dialect::ATTITUDE_QUATERNION_DATA::ID,
            ]),
            positions: sent(&[dialect::GLOBAL_POSITION_INT_DATA::ID]),
        }
    }

    /// What it has heard.
    #[must_use]
    pub fn heard(mut self) -> CompanionLog {
        self.heard.finish();
        self.heard
    }

    fn obey(
        &mut self,
        header: &MavHeader,
        command: &dialect::COMMAND_LONG_DATA,
        now_s: f64,
    ) -> dialect::MavMessage {
        use dialect::MavResult as R;
        let wanted = self
            .streams
            .iter_mut()
            .find(|stream| stream.message_id == command.param1 as u32);
        let result = match (command.command, wanted) {
            (dialect::MavCmd::MAV_CMD_SET_MESSAGE_INTERVAL, Some(stream)) => {
                self.heard.intervals += 1;
                let interval_us = f64::from(command.param2);
                stream.interval_s = match interval_us > 0.0 {
                    true => interval_us * 1e-6,
                    false => OFF,
                };
                stream.next_s = now_s + stream.interval_s;
                R::MAV_RESULT_ACCEPTED
            }
            (dialect::MavCmd::MAV_CMD_SET_MESSAGE_INTERVAL, None) => {
                self.heard.intervals_denied += 1;
                R::MAV_RESULT_DENIED
            }
            _ => R::MAV_RESULT_UNSUPPORTED,
        };
        dialect::MavMessage::COMMAND_ACK(dialect::COMMAND_ACK_DATA {
            command: command.command,
            result,
            target_system: header.system_id as u8,
            target_component: header.component_id,
            ..Default::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sortie::tests::sortie;
    use super::*;

    const SCARP: MavHeader = MavHeader {
        system_id: 1,
        component_id: 191,
        sequence: 0,
    };

    /// Messages of each id in the ten seconds from `from_s`.
    fn ten_seconds(vehicle: &mut Vehicle, from_s: f64) -> [usize; 6] {
        let mut ids = Vec::new();
        for ms in 0..10_000 {
            let due = vehicle.due(from_s + f64::from(ms) * 1e-3, &sortie());
            ids.extend(due.iter().map(mavlink::Message::message_id));
        }
        [0, 2, 30, 31, 33, 24].map(|id| ids.iter().filter(|found| **found == id).count())
    }

    fn set_interval(message_id: u32, interval_us: f32) -> dialect::MavMessage {
        dialect::MavMessage::COMMAND_LONG(dialect::COMMAND_LONG_DATA {
            command: dialect::MavCmd::MAV_CMD_SET_MESSAGE_INTERVAL,
            param1: message_id as f32,
            param2: interval_us,
            target_system: 1,
            target_component: 1,
            ..Default::default()
        })
    }

    #[test]
    fn messages_come_at_their_rates_and_at_others_when_asked() {
        let mut vehicle = Vehicle::new(DateTime::UNIX_EPOCH);
        assert_eq!(ten_seconds(&mut vehicle, 0.0), [10, 10, 500, 0, 100, 50]);
        let result = |answer| match answer {
            Some(dialect::MavMessage::COMMAND_ACK(ack)) => ack.result,
            other => panic!("{other:?}"),
        };
        for (id, interval_us) in [(31, 20_000.0), (30, -1.0), (33, 200_000.0)] {
            let answer = vehicle.accept(&SCARP, &set_interval(id, interval_us), 9.9995);
            assert_eq!(result(answer), dialect::MavResult::MAV_RESULT_ACCEPTED);
        }
        let gimbal = vehicle.accept(&SCARP, &set_interval(285, 50_000.0), 9.9995);
        assert_eq!(result(gimbal), dialect::MavResult::MAV_RESULT_DENIED);
        let [_, _, angles, quaternions, positions, _] = ten_seconds(&mut vehicle, 10.0);
        assert_eq!((angles, quaternions, positions), (0, 499, 49));
        assert_eq!(
            (vehicle.sent().attitudes, vehicle.sent().positions),
            (999, 149)
        );
        let heard = vehicle.heard();
        assert_eq!((heard.intervals, heard.intervals_denied), (3, 1));
    }

    #[test]
    fn a_timesync_request_is_answered_with_the_clock_of_the_attitudes() {
        let mut vehicle = Vehicle::new(DateTime::UNIX_EPOCH);
        let request = dialect::TIMESYNC_DATA {
            ts1: 77,
            ..Default::default()
        };
        let answer = vehicle.accept(&SCARP, &dialect::MavMessage::TIMESYNC(request), 3.5);
        let Some(dialect::MavMessage::TIMESYNC(reply)) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!((reply.ts1, reply.tc1), (77, 103_500_000_000));
        assert_eq!((reply.target_system, reply.target_component), (1, 191));
        let attitude = vehicle.due(3.5, &sortie());
        assert!(
            attitude.iter().any(
                |m| matches!(m, dialect::MavMessage::ATTITUDE(a) if a.time_boot_ms == 103_500)
            )
        );
        // Not the reply to a request of its own.
        let reply = dialect::MavMessage::TIMESYNC(reply);
        assert_eq!(vehicle.accept(&SCARP, &reply, 3.6), None);
    }

    #[test]
    fn after_a_pause_messages_go_on_without_a_burst() {
        let mut vehicle = Vehicle::new(DateTime::UNIX_EPOCH);
        assert_eq!(vehicle.due(0.0, &sortie()).len(), 5);
        assert_eq!(vehicle.due(5.0, &sortie()).len(), 5);
        assert_eq!(vehicle.due(5.001, &sortie()).len(), 0);
        assert!((vehicle.next_s() - 5.02).abs() < 1e-9);
    }
}
