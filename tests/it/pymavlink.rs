//! The link against a vehicle that speaks by pymavlink, the standard's own Python implementation.
//!
//! Needs the Python environment target/pymavlink, which tools/test makes.

use std::{
    net::UdpSocket,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nalgebra::{UnitQuaternion, Vector3};
use serde_json::Value;

use scarp_nav::{
    FixQuality,
    autopilot::{
        AttitudeOf, Autopilot, AutopilotLink, GimbalAttitude, LinkSettings, PortAddress, PortState,
        Report, Severity,
    },
};

use scarp::flight::now;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pymavlink/bin/python");
const HOW: &str = "target/pymavlink must be a Python environment with pymavlink 2.4.50 and numpy; `tools/test rust` makes it";

fn fly(port: u16) -> Child {
    Command::new(PYTHON)
        .args([
            "-c",
            include_str!("../support/pymavlink_vehicle.py"),
            &port.to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect(HOW)
}

/// Ends the vehicle; what it heard from the link.
fn land(mut vehicle: Child) -> Vec<Value> {
    drop(vehicle.stdin.take());
    let output = vehicle.wait_with_output().unwrap();
    assert!(output.status.success(), "{HOW}");
    let heard = String::from_utf8(output.stdout).unwrap();
    heard
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_vehicle_by_pymavlink_and_the_link_understand_each_other() {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = free.local_addr().unwrap();
    drop(free);
    let (reports, received) = crossbeam_channel::bounded(256);
    let settings = LinkSettings {
        address: PortAddress::UdpIn(place.to_string()),
        system: None,
        attitude: AttitudeOf::Gimbal,
    };
    let link = AutopilotLink::start(settings, reports, now).unwrap();
    // Before somebody else is given the port.
    while link.health().port != PortState::Open {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut vehicle = fly(place.port());
    let until = Instant::now() + Duration::from_secs(20);
    while !link.health().synchronised && Instant::now() < until {
        assert!(vehicle.try_wait().unwrap().is_none(), "{HOW}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = "no pose for the frames: GNSS fix lost 12 s ago; check the antenna";
    link.status_text(Severity::Warning, text).unwrap();
    received.try_iter().for_each(drop);
    std::thread::sleep(Duration::from_millis(1500));
    let reports: Vec<_> = received.try_iter().collect();
    let health = link.health();
    let heard = land(vehicle);

    assert!(health.synchronised, "{health:?}");
    assert_eq!(health.vehicle.unwrap().autopilot, Autopilot::Px4);
    assert_eq!(
        (health.unreadable, health.unsent, health.mavlink1),
        (0, 0, 0)
    );
    assert!(health.age_s(now()).is_some());
    let [roll, pitch, yaw] = [10f64, -20.0, 130.0].map(f64::to_radians);
    let truth = UnitQuaternion::from_euler_angles(roll, pitch, yaw);
    let (mut attitudes, mut positions, mut receivers, mut gimbals, mut dates) = (0, 0, 0, 0, 0);
    for received in reports {
        if let Some(made) = received.instant {
            let age_s = received.arrived.seconds_since(made.unwrap().at);
            assert!((-0.01..1.0).contains(&age_s), "{age_s}");
        }
        match received.report.unwrap() {
            Report::Attitude { body, .. } => {
                attitudes += 1;
                assert!(body.quaternion().angle_to(&truth) < 1e-5);
            }
            Report::Position(position) => {
                positions += 1;
                assert!((position.place.latitude_deg() - 27.8).abs() < 1e-9);
                assert!((position.altitude.metres() - 2400.5).abs() < 1e-9);
                assert_eq!(position.heading_deg, Some(130.0));
            }
            Report::Gnss(gnss) => {
                receivers += 1;
                assert_eq!(gnss.quality, Some(FixQuality::RtkFloat));
                assert_eq!((gnss.satellites, gnss.hdop), (Some(17), None));
                assert!((gnss.sigma.unwrap().up_m - 0.7).abs() < 1e-9);
                assert!((gnss.geoid_separation_m.unwrap() + 29.5).abs() < 1e-9);
            }
            Report::Gimbal(gimbal) => {
                gimbals += 1;
                let GimbalAttitude::Vehicle(attitude) = gimbal.attitude else {
                    panic!("{gimbal:?}")
                };
                let looks = attitude.rotate(&Vector3::x());
                assert!((looks - Vector3::z()).norm() < 1e-6);
            }
            Report::SystemTime { boot, unix_us } => {
                dates += 1;
                let since_us = (boot.nanos() / 1_000_000 * 1000) as u64;
                assert_eq!(unix_us, 1_790_000_000_000_000 + since_us);
            }
            _ => {}
        }
    }
    assert!(attitudes > 50 && positions > 25 && receivers > 25 && gimbals > 25 && dates > 0);

    let of = |kind: &str| -> Vec<&Value> {
        let kind = Value::from(kind);
        heard
            .iter()
            .filter(|m| m["mavpackettype"] == kind)
            .collect()
    };
    assert!(
        heard
            .iter()
            .all(|m| m["from"] == serde_json::json!([1, 191]))
    );
    let heartbeat = of("HEARTBEAT")[0];
    assert_eq!(
        (&heartbeat["type"], &heartbeat["autopilot"]),
        (&18.into(), &8.into())
    );
    let asked: Vec<f64> = of("COMMAND_LONG")
        .iter()
        .map(|m| m["param1"].as_f64().unwrap())
        .collect();
    assert_eq!(asked[..4], [31.0, 33.0, 285.0, 2.0]);
    assert_eq!(of("COMMAND_LONG")[0]["command"], 511);
    let texts = of("STATUSTEXT");
    let said: String = texts.iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(said, text);
    assert!(texts[0]["id"] != 0 && texts[0]["id"] == texts[1]["id"]);
    assert_eq!(
        (&texts[0]["chunk_seq"], &texts[1]["chunk_seq"]),
        (&0.into(), &1.into())
    );
    assert_eq!(texts[0]["severity"], 4);
}
