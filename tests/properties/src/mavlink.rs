//! Bytes of a port to the autopilot's reports, and a text to the port's address.

use mavlink::{
    MavHeader, MavlinkReader, MavlinkVersion, Message, dialects::common::MavMessage,
    error::MessageReadError,
};

use scarp_geo::{HeightAboveTakeoff, Rotation};
use scarp_nav::{
    Monotonic, Trajectory, TrajectorySettings,
    autopilot::{
        AttitudeOf, Component, GimbalAttitude, GimbalHeading, PortAddress, Received, Report,
    },
};

/// Between two messages.
const MESSAGE_NS: i64 = 20_000_000;
/// Bytes of a MAVLink 2 frame before its payload, and after it.
const HEAD: usize = 10;
const TAIL: usize = 2;
const SIGNATURE: usize = 13;

/// Reads `data` as the port's thread does, and once more without looking at checksums: changed frames seldom get past them.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        address(text);
    }

    let mut flight = Flight::new();
    let mut reader = MavlinkReader::new(data);
    loop {
        match reader.read_any_raw_message::<MavMessage>() {
            Ok(frame) if frame.version() == MavlinkVersion::V2 => flight.take(
                MavHeader {
                    system_id: frame.system_id(),
                    component_id: frame.component_id(),
                    sequence: frame.sequence(),
                },
                frame.message_id(),
                frame.payload(),
            ),
            Ok(_) | Err(MessageReadError::Parse(_)) => {}
            Err(MessageReadError::Io(_)) => break,
        }
    }

    let mut flight = Flight::new();
    let mut rest = data;
    while let Some(start) = rest.iter().position(|byte| *byte == 0xFD) {
        rest = &rest[start..];
        let &[
            _,
            length,
            flags,
            _,
            sequence,
            system,
            component,
            id0,
            id1,
            id2,
            ..,
        ] = rest
        else {
            break;
        };
        let payload = &rest[HEAD..rest.len().min(HEAD + usize::from(length))];
        flight.take(
            MavHeader {
                system_id: u32::from(system),
                component_id: component,
                sequence,
            },
            u32::from_le_bytes([id0, id1, id2, 0]),
            payload,
        );
        let signature = if flags & 1 == 1 { SIGNATURE } else { 0 };
        rest = rest
            .get(HEAD + usize::from(length) + TAIL + signature..)
            .unwrap_or_default();
    }
}

/// An address is written as one that is read as the same.
fn address(text: &str) {
    match text.parse::<PortAddress>() {
        Ok(address) => assert_eq!(address.to_string().parse(), Ok(address)),
        Err(unknown) => assert_eq!(unknown.to_string().lines().count(), 1, "{unknown}"),
    }
}

/// What comes of the messages of one flight.
struct Flight {
    component: Component,
    headings: GimbalHeading,
    trajectory: Trajectory,
    now: Monotonic,
}

impl Flight {
    fn new() -> Self {
        Self {
            component: Component::new(None, AttitudeOf::Gimbal),
            headings: GimbalHeading::default(),
            trajectory: Trajectory::new(TrajectorySettings::default()),
            now: Monotonic::from_nanos(0),
        }
    }

    /// As the port's thread takes a frame.
    fn take(&mut self, header: MavHeader, id: u32, payload: &[u8]) {
        self.now = Monotonic::from_nanos(self.now.nanos() + MESSAGE_NS);
        let Ok(message) = MavMessage::parse(MavlinkVersion::V2, id, payload) else {
            return;
        };
        match Report::of(&message) {
            Ok(Some(report)) => assert_true(&report),
            Ok(None) => {}
            Err(refused) => assert_eq!(refused.to_string().lines().count(), 1, "{refused}"),
        }
        if let Some(received) = self.component.receive(&header, &message, self.now) {
            self.fly(received);
        }
        self.component.due(self.now);
    }

    fn fly(&mut self, received: Received) {
        let Some(Ok(instant)) = received.instant else {
            return;
        };
        assert!(
            instant.sigma_s.is_finite() && instant.sigma_s > 0.0,
            "{instant:?}"
        );
        match received.report {
            Ok(Report::Attitude { body, .. }) => {
                let _ = self
                    .trajectory
                    .push_attitude(instant.at, body.as_platform());
                self.headings.body(instant.at, body);
            }
            Ok(Report::Gimbal(gimbal)) => {
                self.headings.gimbal(instant.at, gimbal);
                while let Some((_, attitude)) = self.headings.ready() {
                    assert!(
                        attitude.is_err() || attitude.is_ok_and(is_unit),
                        "{gimbal:?}"
                    );
                }
            }
            Ok(Report::Position(position)) => {
                let height = HeightAboveTakeoff::new(position.above_home.metres());
                let _ = self.trajectory.push_height(instant.at, height);
            }
            _ => {}
        }
    }
}

fn is_unit<From, To>(turned: Rotation<From, To>) -> bool {
    (turned.quaternion().norm() - 1.0).abs() < 1e-6
}

/// Whatever came, no report may be one that cannot be true.
fn assert_true(report: &Report) {
    match report {
        Report::Attitude { body, .. } => {
            assert!(is_unit(*body), "{report:?}");
        }
        Report::Gimbal(gimbal) => {
            let turned = match gimbal.attitude {
                GimbalAttitude::Earth(attitude) => attitude,
                GimbalAttitude::Vehicle(attitude) => Rotation::from_heading_deg(123.0) * attitude,
            };
            assert!(is_unit(turned), "{report:?}");
        }
        Report::Position(position) => {
            assert!(position.place.is_on_earth(), "{report:?}");
            let heading = position.heading_deg.unwrap_or_default();
            assert!((0.0..=360.0).contains(&heading), "{report:?}");
        }
        Report::Captured(captured) => {
            if let Some((place, _)) = captured.place {
                assert!(place.is_on_earth(), "{report:?}");
            }
        }
        _ => {}
    }
}
