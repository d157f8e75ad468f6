//! Plays a flight's sensors in real time.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::Context;
use chrono::{DateTime, TimeDelta};
use serde::Serialize;

use super::{
    companion::CompanionLog,
    gnss::Receiver,
    sortie::Sortie,
    vehicle::{Sent, Vehicle},
    wire::{Radio, Serial},
};
use crate::clock::{after, rfc3339};

/// What was sent and heard.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Played {
    /// From start to end.
    pub seconds: f64,
    /// Epochs of the GNSS receiver.
    pub fixes: u32,
    /// Bytes of them that the line did not take.
    pub nmea_bytes_lost: u64,
    /// Messages of the autopilot.
    #[serde(flatten)]
    pub sent: Sent,
    /// When the aircraft reached its height, by its GNSS receiver.
    pub from_utc: String,
    /// Where it did: latitude and longitude.
    pub from_deg: (f64, f64),
    /// Where it left it.
    pub to_deg: (f64, f64),
    /// What Scarp said.
    pub scarp: CompanionLog,
}

/// How the GNSS receiver is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gnss {
    /// From the instant of a fix to its first byte.
    pub delay_s: f64,
    /// Of the geoid above the ellipsoid.
    pub separation_m: f64,
}

/// Flies until [`Sortie::duration_s`]; once `land` is raised, the aircraft comes down from where it is.
///
/// # Errors
/// When this computer's clock cannot be true.
pub fn play(
    mut sortie: Sortie,
    gnss: Gnss,
    mut serial: Option<Serial>,
    mut radio: Option<Radio>,
    land: &AtomicBool,
) -> anyhow::Result<Played> {
    let since_1970 = SystemTime::UNIX_EPOCH
        .elapsed()
        .context("the clock shows a time before 1970; set it")?;
    // Receivers measure at whole tenths of a second.
    let utc =
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(since_1970.as_millis() as i64 / 100 * 100);
    let started = Instant::now();
    let now_s = || started.elapsed().as_secs_f64();
    let mut receiver = Receiver::new(utc, gnss.delay_s, gnss.separation_m);
    let mut vehicle = Vehicle::new(utc);
    let mut landing = false;
    while now_s() < sortie.duration_s() {
        if !landing && land.load(Ordering::Relaxed) {
            landing = true;
            sortie.land(now_s());
        }
        let mut next_s = sortie.duration_s();
        if let Some(serial) = &mut serial {
            while receiver.next_s() <= now_s() {
                serial.send(receiver.sentences(&sortie).as_bytes());
            }
            next_s = next_s.min(receiver.next_s());
        }
        if let Some(radio) = &mut radio {
            for message in vehicle.due(now_s(), &sortie) {
                radio.send(&message);
            }
            while let Some(messages) = radio.receive() {
                for (header, message) in messages {
                    if let Some(reply) = vehicle.accept(&header, &message, now_s()) {
                        radio.send(&reply);
                    }
                }
            }
            next_s = next_s.min(vehicle.next_s());
        }
        let pause = Duration::from_secs_f64((next_s - now_s()).max(0.0));
        match &radio {
            Some(radio) => radio.wait(pause),
            None => thread::sleep(pause),
        }
    }
    let place = |time_s| {
        let motion = sortie.at(time_s);
        (motion.latitude_deg, motion.longitude_deg)
    };
    Ok(Played {
        seconds: now_s(),
        fixes: receiver.epochs(),
        nmea_bytes_lost: serial.map_or(0, |serial| serial.lost()),
        sent: vehicle.sent(),
        from_utc: rfc3339(after(utc, sortie.on_line_s())),
        from_deg: place(sortie.on_line_s()),
        to_deg: place(sortie.on_line_s() + sortie.seconds),
        scarp: vehicle.heard(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mavlink::{MavHeader, MavlinkReader, dialects::common as dialect, write_v2_msg};
    use std::{
        io::{BufRead, BufReader},
        net::UdpSocket,
        os::unix::net::UnixListener,
    };

    fn hop() -> Sortie {
        Sortie {
            home_deg: (31.2, 103.6),
            home_height_m: 1000.0,
            agl_m: 1.0,
            speed_m_s: 15.0,
            heading_deg: 90.0,
            legs: None,
            wait_s: 0.5,
            seconds: 1.0,
        }
    }

    const GNSS: Gnss = Gnss {
        delay_s: 0.2,
        separation_m: -42.0,
    };

    #[test]
    fn sentences_come_late_through_a_socket_and_datagrams_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ttyS1");
        let listener = UnixListener::bind(&path).unwrap();
        let scarp = UdpSocket::bind("127.0.0.1:0").unwrap();
        scarp
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let address = format!("udpout:{}", scarp.local_addr().unwrap());
        let flight = thread::spawn(move || {
            let serial = Serial::open(&path, 115_200).unwrap();
            let radio = Radio::open(&address).unwrap();
            play(
                hop(),
                GNSS,
                Some(serial),
                Some(radio),
                &AtomicBool::new(false),
            )
            .unwrap()
        });

        let mut datagram = [0; 300];
        let mut next = || {
            let (count, from) = scarp.recv_from(&mut datagram).unwrap();
            let mut reader = MavlinkReader::new(&datagram[..count]);
            (
                reader.read_any_message::<dialect::MavMessage>().unwrap().1,
                from,
            )
        };
        let (beat, from) = next();
        assert!(
            matches!(beat, dialect::MavMessage::HEARTBEAT(_)),
            "{beat:?}"
        );
        let request = dialect::MavMessage::TIMESYNC(dialect::TIMESYNC_DATA {
            ts1: 5,
            ..Default::default()
        });
        let mut frame = Vec::new();
        write_v2_msg(&mut frame, MavHeader::default(), &request).unwrap();
        scarp.send_to(&frame, from).unwrap();
        let answered = (0..20).any(
            |_| matches!(next().0, dialect::MavMessage::TIMESYNC(t) if t.ts1 == 5 && t.tc1 > 0),
        );
        assert!(answered);

        let lines = BufReader::new(listener.accept().unwrap().0).lines();
        let sentences = lines.map_while(Result::ok).count();
        let played = flight.join().unwrap();
        // Of 6.9 s, the first 0.2 s without sentences.
        assert!((60..=68).contains(&played.fixes), "{played:?}");
        assert_eq!(sentences, 3 * played.fixes as usize);
        assert!((200..=346).contains(&played.sent.attitudes), "{played:?}");
        assert_eq!((played.nmea_bytes_lost, played.scarp.timesyncs), (0, 1));
        assert!(played.to_deg.1 > played.from_deg.1);
    }

    #[test]
    fn told_to_land_a_long_flight_ends_within_seconds() {
        let long = Sortie {
            wait_s: 0.0,
            seconds: 3600.0,
            ..hop()
        };
        let played = play(long, GNSS, None, None, &AtomicBool::new(true)).unwrap();
        assert!(played.seconds < 6.0, "{played:?}");
        assert_eq!(played.to_deg, played.from_deg);
    }

    #[test]
    fn a_line_that_nobody_reads_does_not_hold_the_flight_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ttyS1");
        let listener = UnixListener::bind(&path).unwrap();
        let mut serial = Serial::open(&path, 115_200).unwrap();
        for _ in 0..100 {
            serial.send(&[b'\n'; 10_000]);
        }
        assert!(serial.lost() > 0);
        drop(listener);
    }

    #[test]
    fn what_cannot_be_opened_is_named_with_what_to_give_instead() {
        let nmea = Serial::open(std::path::Path::new("/dev/ttyNone"), 9600);
        let said = format!("{:#}", nmea.err().unwrap());
        assert!(said.contains("/dev/ttyNone") && said.contains("give a serial device"));
        for address in [
            "127.0.0.1:14550",
            "udpout:127.0.0.1",
            "serial:/dev/ttyS0:9600",
        ] {
            let said = format!("{:#}", Radio::open(address).err().unwrap());
            assert!(said.contains(address) && said.contains("write udpout:HOST:PORT"));
        }
    }
}
