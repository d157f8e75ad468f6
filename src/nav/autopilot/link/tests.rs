//! The link over UDP and a serial line, against a vehicle with a clock of its own.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::LazyLock,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, bounded};
use mavlink::{MavHeader, MavlinkReader, dialects::common as dialect, write_v1_msg};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::Monotonic;
use crate::autopilot::{
    AttitudeOf, AutopilotLink, BootClockDoubt, ComponentState, LinkSettings, PortAddress,
    PortState, Received, Report, Severity,
};
use dialect::{MavAutopilot as A, MavMessage as M};
use scarp_test_support::autopilot::{
    AUTOPILOT, GIMBAL, attitude, frame, gimbal_attitude, heartbeat,
};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time since the first call, and an hour.
pub fn now() -> Monotonic {
    let nanos = START.elapsed().as_nanos() as i64;
    Monotonic::from_nanos(3_600_000_000_000 + nanos)
}

/// A link that listens on a port of the system's choice, what comes of it, and where it listens.
pub fn listening() -> (AutopilotLink, Receiver<Received>, SocketAddr) {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = free.local_addr().unwrap();
    drop(free);
    let (reports, received) = bounded(256);
    let settings = LinkSettings {
        address: PortAddress::UdpIn(place.to_string()),
        system: None,
        attitude: AttitudeOf::Gimbal,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    // Before somebody else is given the port.
    let open = wait_until(|| link.health().port == PortState::Open);
    assert!(open, "{:?}", link.health());
    (link, received, place)
}

/// Until something holds, for five seconds at most.
fn wait_until(mut holds: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// A vehicle that sends attitudes at 50 Hz, each a few milliseconds after it was so, and answers TIMESYNC.
struct FakeVehicle {
    socket: UdpSocket,
    booted: Monotonic,
    rng: StdRng,
    heard: Vec<M>,
}

impl FakeVehicle {
    fn new(to: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(to).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        Self {
            socket,
            booted: now().plus_seconds(-600.0),
            rng: StdRng::seed_from_u64(3),
            heard: Vec::new(),
        }
    }

    fn boot_ns(&self) -> i64 {
        now().nanos() - self.booted.nanos()
    }

    fn send(&self, header: MavHeader, message: &M) {
        // The link may not listen yet.
        let _ = self.socket.send(&frame(header, message));
    }

    fn answer(&mut self) {
        let mut datagram = [0; 600];
        while let Ok(count) = self.socket.recv(&mut datagram) {
            let (header, message) = MavlinkReader::new(&datagram[..count])
                .read_any_message::<M>()
                .unwrap();
            assert_eq!((header.system_id, header.component_id), (1, 191));
            if let M::TIMESYNC(request) = &message {
                assert_eq!((request.tc1, request.target_system), (0, 1));
                let reply = dialect::TIMESYNC_DATA {
                    tc1: self.boot_ns(),
                    ts1: request.ts1,
                    target_system: 1,
                    target_component: 191,
                };
                self.send(AUTOPILOT, &M::TIMESYNC(reply));
            }
            self.heard.push(message);
        }
    }

    /// The yaw is the time since boot in seconds, divided by a thousand: so a report tells when it was made.
    fn fly(&mut self, seconds: f64) {
        for step in 0..(seconds * 50.0) as u32 {
            if step % 25 == 0 {
                self.send(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_ARDUPILOTMEGA));
            }
            let ms = (self.boot_ns() / 1_000_000) as u32;
            let held = self.rng.random_range(0..10);
            std::thread::sleep(Duration::from_millis(held));
            self.send(AUTOPILOT, &attitude(ms, ms as f32 * 1e-6));
            std::thread::sleep(Duration::from_millis(20 - held));
            self.answer();
        }
    }
}

/// Largest error of the attitudes' instants in seconds, their largest sigma and how many there were.
fn instants(vehicle: &FakeVehicle, received: &Receiver<Received>) -> (f64, f64, usize) {
    let (mut error_s, mut sigma_s, mut count) = (0f64, 0f64, 0);
    for received in received.try_iter() {
        if let (Ok(Report::Attitude { boot, .. }), Some(Ok(made))) =
            (received.report, received.instant)
        {
            let truth = vehicle.booted.plus_seconds(boot.nanos() as f64 * 1e-9);
            error_s = error_s.max(made.at.seconds_since(truth).abs());
            sigma_s = sigma_s.max(made.sigma_s);
            count += 1;
        }
    }
    (error_s, sigma_s, count)
}

#[test]
fn a_vehicle_is_found_asked_and_followed_through_its_reboot() {
    let (link, received, place) = listening();
    let mut vehicle = FakeVehicle::new(place);
    vehicle.fly(1.6);
    link.set_state(ComponentState::Active).unwrap();
    let text = "no pose for the frames: GNSS fix lost 12 s ago, check the antenna";
    link.status_text(Severity::Warning, text).unwrap();
    received.try_iter().for_each(drop);
    vehicle.fly(1.4);

    let health = link.health();
    assert!(
        health.synchronised && health.port == PortState::Open,
        "{health:?}"
    );
    assert_eq!((health.lost, health.unreadable, health.foreign), (0, 0, 0));
    assert!(health.age_s(now()).unwrap() < 1.0);
    let (error_s, sigma_s, count) = instants(&vehicle, &received);
    assert!(count > 50, "{count}");
    assert!(error_s < sigma_s && sigma_s < 0.02, "{error_s} {sigma_s}");

    let asked: Vec<u32> = (vehicle.heard.iter())
        .filter_map(|m| match m {
            M::COMMAND_LONG(c) => Some(c.param1 as u32),
            _ => None,
        })
        .collect();
    assert_eq!(asked[..4], [31, 33, 285, 2]);
    let said: String = (vehicle.heard.iter())
        .filter_map(|m| match m {
            M::STATUSTEXT(s) => Some(s.text.to_str().unwrap().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(said, text);
    let states = |state| {
        let is = |m: &&M| matches!(m, M::HEARTBEAT(h) if h.system_status == state);
        vehicle.heard.iter().filter(is).count()
    };
    assert!(states(dialect::MavState::MAV_STATE_BOOT) >= 1);
    assert!(states(dialect::MavState::MAV_STATE_ACTIVE) >= 1);

    let exposed = now().plus_seconds(-20.0);
    let trigger = dialect::CAMERA_TRIGGER_DATA {
        time_usec: ((exposed.nanos() - vehicle.booted.nanos()) / 1000) as u64,
        seq: 9,
    };
    vehicle.send(AUTOPILOT, &M::CAMERA_TRIGGER(trigger));
    let triggered = received
        .iter()
        .find(|r| matches!(r.report, Ok(Report::Trigger { sequence: 9, .. })));
    let instant = triggered.unwrap().instant.unwrap().unwrap();
    assert!(instant.at.seconds_since(exposed).abs() < 0.02);

    vehicle.booted = now().plus_seconds(-4.0);
    received.try_iter().for_each(drop);
    vehicle.fly(0.1);
    let first = received.iter().find_map(|r| r.instant).unwrap();
    assert!(
        matches!(first, Err(BootClockDoubt::Rebooted { .. })),
        "{first:?}"
    );
    vehicle.fly(1.0);
    let (error_s, _, count) = instants(&vehicle, &received);
    assert!(count > 20 && error_s < 0.03, "{count} {error_s}");
}

#[test]
fn what_is_not_the_vehicles_mavlink_2_is_counted_and_not_reported() {
    let (link, received, place) = listening();
    let vehicle = FakeVehicle::new(place);
    assert!(wait_until(|| {
        vehicle.send(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4));
        link.health().vehicle.is_some()
    }));
    let other = MavHeader {
        system_id: 9,
        ..AUTOPILOT
    };
    vehicle.send(other, &attitude(1000, 1.0));
    let mut version_1 = Vec::new();
    write_v1_msg(&mut version_1, AUTOPILOT, &attitude(1000, 1.0)).unwrap();
    let mut broken = frame(AUTOPILOT, &attitude(1000, 1.0));
    broken[12] ^= 4;
    for datagram in [&version_1[..], &broken, &[], &[0xFD; 300], &broken[..9]] {
        vehicle.socket.send(datagram).unwrap();
    }
    let last = M::TIMESYNC(dialect::TIMESYNC_DATA {
        tc1: 1,
        ts1: 1,
        ..Default::default()
    });
    // What is cut waits for its end, and with it what comes before that end.
    let arrived = wait_until(|| {
        vehicle.send(AUTOPILOT, &last);
        received
            .try_iter()
            .any(|r| matches!(r.report, Ok(Report::Timesync { .. })))
    });
    assert!(arrived);
    assert!(
        received
            .try_iter()
            .all(|r| !matches!(r.report, Ok(Report::Attitude { .. })))
    );
    assert!(wait_until(|| link.health().foreign == 1));
    assert_eq!(link.health().mavlink1, 1);
    assert_eq!(link.health().port, PortState::Open);
}

#[test]
fn an_autopilot_that_speaks_mavlink_1_until_it_hears_mavlink_2_is_brought_to_it() {
    let (link, _received, place) = listening();
    let mut vehicle = FakeVehicle::new(place);
    let beat = heartbeat(A::MAV_AUTOPILOT_PX4);
    let mut version_1 = Vec::new();
    write_v1_msg(&mut version_1, AUTOPILOT, &beat).unwrap();
    assert!(wait_until(|| {
        match vehicle.heard.is_empty() {
            true => drop(vehicle.socket.send(&version_1)),
            false => vehicle.send(AUTOPILOT, &beat),
        }
        vehicle.answer();
        link.health().vehicle.is_some()
    }));
    assert!(link.health().mavlink1 > 0);
    assert!(matches!(vehicle.heard[0], M::HEARTBEAT(_)));
}

#[test]
fn before_the_vehicle_speaks_only_the_first_of_mavlink_1_is_answered() {
    let (link, _received, place) = listening();
    let (first, second) = (FakeVehicle::new(place), FakeVehicle::new(place));
    let beat = heartbeat(A::MAV_AUTOPILOT_PX4);
    let mut version_1 = Vec::new();
    write_v1_msg(&mut version_1, AUTOPILOT, &beat).unwrap();
    let mut datagram = [0; 600];
    for (vehicle, counted) in [(&first, 1), (&second, 2)] {
        vehicle.socket.send(&version_1).unwrap();
        assert!(wait_until(|| link.health().mavlink1 == counted));
    }
    assert!(wait_until(|| first.socket.recv(&mut datagram).is_ok()));
    assert_eq!(datagram[0], 0xFD);
    assert!(second.socket.recv(&mut datagram).is_err());
    assert!(wait_until(|| {
        second.send(AUTOPILOT, &beat);
        second.socket.recv(&mut datagram).is_ok()
    }));
}

#[test]
fn a_gimbal_with_an_address_of_its_own_is_heard_and_the_autopilot_still_answered() {
    let (link, received, place) = listening();
    let (vehicle, gimbal) = (FakeVehicle::new(place), FakeVehicle::new(place));
    let mut datagram = [0; 600];
    assert!(wait_until(|| {
        vehicle.send(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4));
        vehicle.socket.recv(&mut datagram).is_ok()
    }));
    assert!(wait_until(|| {
        gimbal.send(GIMBAL, &gimbal_attitude(1000));
        let mut reports = received.try_iter();
        reports.any(|r| matches!(r.report, Ok(Report::Gimbal(_))))
    }));
    while vehicle.socket.recv(&mut datagram).is_ok() {}
    // TIMESYNC goes out ten times a second.
    assert!(wait_until(|| vehicle.socket.recv(&mut datagram).is_ok()));
    assert!(gimbal.socket.recv(&mut datagram).is_err());
    assert_eq!(link.health().foreign, 0);
}

#[test]
fn a_port_that_cannot_be_opened_is_tried_until_it_can() {
    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = holder.local_addr().unwrap();
    let (reports, _received) = bounded(1);
    let settings = LinkSettings {
        address: PortAddress::UdpIn(place.to_string()),
        system: None,
        attitude: AttitudeOf::Gimbal,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    assert!(wait_until(|| matches!(
        link.health().port,
        PortState::Closed { .. }
    )));
    drop(holder);
    assert!(wait_until(|| link.health().port == PortState::Open));
}

#[test]
fn a_connection_that_ends_is_made_again() {
    use std::io::{Read, Write};

    let simulator = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (reports, received) = bounded(64);
    let settings = LinkSettings {
        address: PortAddress::TcpOut(simulator.local_addr().unwrap().to_string()),
        system: Some(1),
        attitude: AttitudeOf::Body,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    for _ in 0..2 {
        let (mut stream, _) = simulator.accept().unwrap();
        let bytes = frame(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_ARDUPILOTMEGA));
        stream.write_all(&bytes).unwrap();
        assert!(received.recv_timeout(Duration::from_secs(5)).is_ok());
        let mut first = [0; 1];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(first, [0xFD]);
    }
    assert_eq!(link.health().lost, 0);
}

#[test]
fn a_receiver_that_is_too_slow_loses_reports_and_they_are_counted() {
    let vehicle = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (reports, received) = bounded(1);
    let settings = LinkSettings {
        address: PortAddress::UdpOut(vehicle.local_addr().unwrap().to_string()),
        system: None,
        attitude: AttitudeOf::Gimbal,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    let mut datagram = [0; 300];
    let (_, from) = vehicle.recv_from(&mut datagram).unwrap();
    let bytes = frame(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4));
    for _ in 0..5 {
        vehicle.send_to(&bytes, from).unwrap();
    }
    assert!(wait_until(|| link.health().lost == 4));
    assert_eq!(received.try_iter().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_serial_line_that_goes_away_is_opened_again() {
    use serialport::{SerialPort, TTYPort};
    use std::{io::Write, os::unix::fs::symlink};

    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("autopilot");
    let plug = || {
        let (far, near) = TTYPort::pair().unwrap();
        let name = near.name().unwrap();
        drop(near);
        let _ = std::fs::remove_file(&device);
        symlink(name, &device).unwrap();
        far
    };
    let mut far = plug();
    let (reports, received) = bounded(64);
    let settings = LinkSettings {
        address: format!("serial:{}:115200", device.display())
            .parse()
            .unwrap(),
        system: None,
        attitude: AttitudeOf::Gimbal,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    let beat = frame(AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4));
    let heard = |far: &mut TTYPort| {
        wait_until(|| {
            let _ = far.write_all(&beat);
            received.try_recv().is_ok()
        })
    };
    assert!(heard(&mut far));
    drop(far);
    assert!(wait_until(|| matches!(
        link.health().port,
        PortState::Closed { .. }
    )));
    let mut far = plug();
    assert!(heard(&mut far));
    let dropped = Instant::now();
    drop(link);
    assert!(dropped.elapsed() < Duration::from_millis(500));
}
