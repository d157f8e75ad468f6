//! Against a receiver on a pseudo-terminal, whose other end sees at which speed it is listened to.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::Instant,
};

use scarp_nav::{NoPose, Sensor, TrajectorySettings};
use scarp_test_support::{nmea::Epoch, receiver::Receiver};

use super::*;

/// A receiver that flies north at 15 m/s and sends GGA and RMC at 10 Hz, each epoch at its time.
struct Flying {
    receiver: Receiver,
    epochs: i64,
}

impl Flying {
    /// Plugged in as `device`.
    fn plugged_in(device: &Path) -> Self {
        Self {
            receiver: Receiver::plug_in(device),
            epochs: 0,
        }
    }

    /// Sends the epochs that are due `started` ago, unreadable where the speed is not `speed`.
    fn send(&mut self, started: Instant, speed: Option<u32>) {
        let due = (started.elapsed().as_secs_f64() * 10.0) as i64;
        if self.epochs < due {
            self.epochs = due;
            let bytes = sentences(due).into_bytes();
            match speed {
                Some(speed) => self.receiver.send_at(speed, &bytes),
                None => self.receiver.send(&bytes),
            }
        }
    }
}

fn sentences(epoch: i64) -> String {
    let epoch = Epoch {
        utc_ms: 1_777_636_800_000 + 100 * epoch,
        // 15 m/s are 0.00081 minutes of latitude in a tenth of a second.
        latitude_deg: 31.5 + epoch as f64 * 0.000_809_935 / 60.0,
        longitude_deg: 103.6,
        altitude_m: 1500.0,
        geoid_separation_m: -38.0,
        quality: 1,
        speed_m_s: 15.0,
        course_deg: 0.0,
        sigma_m: [1.0; 3],
        leap_second: false,
    };
    [epoch.gga(), epoch.rmc()].concat()
}

fn started(device: PathBuf) -> (Gnss, Track) {
    started_with(device, None)
}

fn started_with(device: PathBuf, pps: Option<String>) -> (Gnss, Track) {
    let track = Track::new(TrajectorySettings::default());
    let port = GnssPort {
        device: device.display().to_string(),
        baud_rate: None,
        fix: FixSettings::default(),
        delay: GnssDelay {
            seconds: 0.0,
            sigma_s: 0.01,
        },
        pps,
    };
    (Gnss::start(port, track.clone()), track)
}

/// Lets the receiver send until `done`, at most 15 s.
fn until(receiver: &mut Flying, began: Instant, speed: Option<u32>, done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(15);
    while !done() {
        assert!(Instant::now() < limit, "not in time");
        receiver.send(began, speed);
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_receiver_is_understood_at_whatever_speed_it_talks() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("gnss");
    let mut receiver = Flying::plugged_in(&device);
    let (gnss, _track) = started(device);
    until(&mut receiver, Instant::now(), Some(38_400), || {
        gnss.status().fixes >= 5
    });
    let status = gnss.status();
    assert_eq!(status.baud_rate, Some(38_400));
    assert_eq!((status.opened, status.fault), (2, None));
    let fix = status.newest.unwrap().fix;
    assert!((fix.place.longitude_deg() - 103.6).abs() < 1e-9, "{fix:?}");
}

#[test]
fn a_pulse_that_is_not_there_is_told_and_leaves_the_fixes_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("gnss");
    let mut receiver = Flying::plugged_in(&device);
    let pps = folder.path().join("pps0").display().to_string();
    let (gnss, _track) = started_with(device, Some(pps));
    until(&mut receiver, Instant::now(), None, || {
        gnss.status().fixes >= 5
    });
    let status = gnss.status();
    assert_eq!((status.pulses, status.time_by_pulse), (0, false));
    assert_eq!(status.pulse_doubt, Some(PulseDoubt::Missing));
    assert_eq!(status.fault, None);
}

#[test]
fn a_receiver_unplugged_and_plugged_in_again_goes_on_and_nothing_is_placed_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("gnss");
    let mut receiver = Flying::plugged_in(&device);
    let (gnss, track) = started(device.clone());
    let began = Instant::now();
    until(&mut receiver, began, None, || gnss.status().fixes >= 5);
    let last = gnss.status().newest.unwrap().at;

    drop(receiver);
    let limit = Instant::now() + Duration::from_secs(2);
    while gnss.status().fault.is_none() {
        assert!(Instant::now() < limit, "not told in time");
        thread::sleep(Duration::from_millis(10));
    }
    let line = gnss.status().fault.unwrap();
    assert!(line.contains("gnss") && line.lines().count() == 1, "{line}");
    thread::sleep(Duration::from_millis(700));

    let mut receiver = Flying::plugged_in(&device);
    until(&mut receiver, began, None, || gnss.status().fixes >= 10);
    assert!(gnss.status().opened >= 2);
    for step in -4..=12 {
        let at = last.plus_seconds(0.05 * f64::from(step));
        track
            .push_attitude(at, scarp_geo::Rotation::identity())
            .unwrap();
    }
    let pose = |seconds: f64| track.pose_at(last.plus_seconds(seconds));
    assert!(pose(-0.05).is_ok());
    assert!(
        matches!(
            pose(0.4),
            Err(NoPose::Gap {
                sensor: Sensor::Gnss,
                ..
            })
        ),
        "{:?}",
        pose(0.4)
    );
}

#[test]
fn a_receiver_behind_gpsd_is_asked_for_its_sentences_and_understood() {
    let gpsd = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gpsd.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (mut client, _) = gpsd.accept().unwrap();
        let banner =
            "{\"class\":\"VERSION\",\"release\":\"3.22\",\"proto_major\":3,\"proto_minor\":14}\r\n";
        client.write_all(banner.as_bytes()).unwrap();
        let mut asked = String::new();
        BufReader::new(client.try_clone().unwrap())
            .read_line(&mut asked)
            .unwrap();
        for epoch in 0..40 {
            thread::sleep(Duration::from_millis(100));
            if client.write_all(sentences(epoch).as_bytes()).is_err() {
                break;
            }
        }
        asked
    });
    let (gnss, _track) = started(PathBuf::from(format!("gpsd://{address}")));
    let limit = Instant::now() + Duration::from_secs(15);
    while gnss.status().fixes < 5 {
        assert!(Instant::now() < limit, "{:?}", gnss.status());
        thread::sleep(Duration::from_millis(10));
    }
    drop(gnss);
    let asked = serving.join().unwrap();
    assert_eq!(asked.trim(), r#"?WATCH={"enable":true,"nmea":true};"#);
}
