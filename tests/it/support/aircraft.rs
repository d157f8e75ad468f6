//! An aircraft that flies north at 15 m/s, level, 100 m above ground, whose sensors speak as real ones do: a receiver on a
//! pseudo-terminal, an autopilot by UDP.

use std::{
    fs,
    io::Write,
    net::UdpSocket,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mavlink::{MavHeader, MavlinkReader, dialects::common as dialect, write_v2_msg};
use scarp::flight::now;
use scarp_nav::Monotonic;
use serialport::{SerialPort, TTYPort};

pub const SPEED_M_S: f64 = 15.0;
pub const AGL_M: f64 = 100.0;
pub const LATITUDE_DEG: f64 = 31.0;
pub const LONGITUDE_DEG: f64 = 103.6;
/// Between the instant of a fix and its first byte, as a receiver computes.
pub const GNSS_DELAY_S: f64 = 0.2;
/// Seconds from 1970 to the start, UTC: 2026-05-01 12:00:00.
const START_UNIX_S: f64 = 1_777_636_800.0;

/// What is switched on, and what goes wrong.
pub struct Switches {
    pub armed: AtomicBool,
    /// The receiver's cable.
    pub gnss_plugged: AtomicBool,
    pub gnss_jumped: AtomicBool,
    /// One fix a second instead of ten.
    pub gnss_slow: AtomicBool,
    pub attitude: AtomicBool,
    /// The autopilot's own receiver has a fix.
    pub autopilot_fix: AtomicBool,
    pub camera: AtomicBool,
    pub camera_frozen: AtomicBool,
}

/// The aircraft; on the ground there is nothing to move, so it flies from the start.
#[derive(Clone)]
pub struct Aircraft {
    start: Monotonic,
    pub switches: Arc<Switches>,
    /// Lines for the pilot.
    pub said: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

/// Metres in a degree of latitude and longitude at the start (WGS84 radii of curvature).
pub fn metres_per_degree() -> (f64, f64) {
    let (a, e2) = (6_378_137.0_f64, 0.006_694_379_990_14_f64);
    let (sin, cos) = LATITUDE_DEG.to_radians().sin_cos();
    let w2 = 1.0 - e2 * sin * sin;
    let (meridian, normal) = (a * (1.0 - e2) / w2.powf(1.5), a / w2.sqrt());
    let degree = std::f64::consts::PI / 180.0;
    (meridian * degree, normal * cos * degree)
}

impl Aircraft {
    pub fn new() -> Self {
        let switches = Switches {
            armed: AtomicBool::new(false),
            gnss_plugged: AtomicBool::new(true),
            gnss_jumped: AtomicBool::new(false),
            gnss_slow: AtomicBool::new(false),
            attitude: AtomicBool::new(true),
            autopilot_fix: AtomicBool::new(true),
            camera: AtomicBool::new(true),
            camera_frozen: AtomicBool::new(false),
        };
        Self {
            start: now(),
            switches: Arc::new(switches),
            said: Arc::default(),
            over: Arc::default(),
        }
    }

    pub fn set(&self, switch: impl Fn(&Switches) -> &AtomicBool, on: bool) {
        switch(&self.switches).store(on, Ordering::Relaxed);
    }

    fn is(&self, switch: impl Fn(&Switches) -> &AtomicBool) -> bool {
        switch(&self.switches).load(Ordering::Relaxed)
    }

    pub fn seconds(&self) -> f64 {
        now().seconds_since(self.start)
    }

    /// Metres north of the start at an instant.
    pub fn north_m(&self, at: Monotonic) -> f64 {
        SPEED_M_S * at.seconds_since(self.start)
    }

    /// Metres north of the start at an instant of the receiver's time.
    pub fn north_m_at_unix(unix_s: f64) -> f64 {
        SPEED_M_S * (unix_s - START_UNIX_S)
    }

    /// Plugs the receiver in at `device` and lets the autopilot speak to `address`.
    pub fn fly(&self, device: PathBuf, address: String) -> [JoinHandle<()>; 2] {
        let (receiver, autopilot) = (self.clone(), self.clone());
        [
            thread::spawn(move || receiver.speak_nmea(&device)),
            thread::spawn(move || autopilot.speak_mavlink(&address)),
        ]
    }

    /// Ends the threads.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn speak_nmea(&self, device: &Path) {
        let mut line: Option<(TTYPort, TTYPort)> = None;
        for epoch in 0_u32.. {
            let due = f64::from(epoch) / 10.0 + GNSS_DELAY_S;
            thread::sleep(Duration::from_secs_f64((due - self.seconds()).max(0.0)));
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            if !self.is(|s| &s.gnss_plugged) {
                line = None;
                let _ = fs::remove_file(device);
                continue;
            }
            if self.is(|s| &s.gnss_slow) && !epoch.is_multiple_of(10) {
                continue;
            }
            let (port, _) = line.get_or_insert_with(|| plug_in(device));
            let jump_m = if self.is(|s| &s.gnss_jumped) {
                500.0
            } else {
                0.0
            };
            // Nobody may read yet.
            let _ = port.write_all(sentences(epoch, jump_m).as_bytes());
        }
    }

    fn speak_mavlink(&self, address: &str) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        socket.set_nonblocking(true).unwrap();
        for tick in 0_u32.. {
            let due = f64::from(tick) / 50.0;
            thread::sleep(Duration::from_secs_f64((due - self.seconds()).max(0.0)));
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            for message in self.messages(tick) {
                send(&socket, &message);
            }
            self.listen(&socket);
        }
    }

    fn messages(&self, tick: u32) -> Vec<dialect::MavMessage> {
        let seconds = self.seconds();
        let time_boot_ms = (seconds * 1e3) as u32;
        let mut messages = Vec::new();
        if self.is(|s| &s.attitude) {
            messages.push(dialect::MavMessage::ATTITUDE(dialect::ATTITUDE_DATA {
                time_boot_ms,
                ..Default::default()
            }));
        }
        if tick.is_multiple_of(5) {
            messages.push(dialect::MavMessage::GLOBAL_POSITION_INT(
                dialect::GLOBAL_POSITION_INT_DATA {
                    time_boot_ms,
                    lat: ((LATITUDE_DEG + SPEED_M_S * seconds / metres_per_degree().0) * 1e7)
                        .round() as i32,
                    lon: (LONGITUDE_DEG * 1e7) as i32,
                    alt: 1_600_000,
                    relative_alt: (AGL_M * 1e3) as i32,
                    vx: 1500,
                    hdg: 0,
                    ..Default::default()
                },
            ));
        }
        if tick.is_multiple_of(10) {
            messages.push(dialect::MavMessage::GPS_RAW_INT(
                dialect::GPS_RAW_INT_DATA {
                    fix_type: match self.is(|s| &s.autopilot_fix) {
                        true => dialect::GpsFixType::GPS_FIX_TYPE_3D_FIX,
                        false => dialect::GpsFixType::GPS_FIX_TYPE_NO_FIX,
                    },
                    h_acc: 1000,
                    v_acc: 2000,
                    ..Default::default()
                },
            ));
        }
        if tick.is_multiple_of(25) {
            messages.push(dialect::MavMessage::SYSTEM_TIME(
                dialect::SYSTEM_TIME_DATA {
                    time_unix_usec: ((START_UNIX_S + seconds) * 1e6) as u64,
                    time_boot_ms,
                },
            ));
            let mut base_mode = dialect::MavModeFlag::empty();
            if self.is(|s| &s.armed) {
                base_mode |= dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED;
            }
            messages.push(dialect::MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA {
                mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
                autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
                base_mode,
                mavlink_version: 3,
                ..Default::default()
            }));
        }
        messages
    }

    fn listen(&self, socket: &UdpSocket) {
        let mut datagram = [0; 600];
        while let Ok(count) = socket.recv(&mut datagram) {
            let mut reader = MavlinkReader::new(&datagram[..count]);
            match reader.read_any_message::<dialect::MavMessage>() {
                Ok((_, dialect::MavMessage::TIMESYNC(request))) => {
                    let reply = dialect::TIMESYNC_DATA {
                        tc1: (self.seconds() * 1e9) as i64,
                        ts1: request.ts1,
                        target_system: 1,
                        target_component: 191,
                    };
                    send(socket, &dialect::MavMessage::TIMESYNC(reply));
                }
                Ok((_, dialect::MavMessage::STATUSTEXT(line))) => {
                    let text = line.text.to_str().unwrap().to_owned();
                    self.said.lock().unwrap().push(text);
                }
                _ => {}
            }
        }
    }
}

fn send(socket: &UdpSocket, message: &dialect::MavMessage) {
    let header = MavHeader {
        system_id: 1,
        component_id: 1,
        sequence: 0,
    };
    let mut bytes = Vec::new();
    write_v2_msg(&mut bytes, header, message).unwrap();
    // The firmware may not listen yet.
    let _ = socket.send(&bytes);
}

fn plug_in(device: &Path) -> (TTYPort, TTYPort) {
    let (line, end) = TTYPort::pair().unwrap();
    let _ = fs::remove_file(device);
    symlink(end.name().unwrap(), device).unwrap();
    (line, end)
}

/// GGA, RMC and GST of an epoch, ten a second.
fn sentences(epoch: u32, jump_m: f64) -> String {
    let (second, tenth) = (epoch / 10 % 60, epoch % 10);
    let time = format!("12{:02}{second:02}.{tenth}0", epoch / 600);
    let north_m = SPEED_M_S * f64::from(epoch) / 10.0 + jump_m;
    let latitude = LATITUDE_DEG + north_m / metres_per_degree().0;
    let place = format!(
        "{:02}{:010.7},N,{:03}{:010.7},E",
        latitude.trunc(),
        latitude.fract() * 60.0,
        LONGITUDE_DEG.trunc(),
        LONGITUDE_DEG.fract() * 60.0
    );
    [
        format!("GNGGA,{time},{place},1,14,0.8,1600.0,M,-38.0,M,,"),
        format!("GNRMC,{time},A,{place},29.16,0.0,010526,,,A"),
        format!("GNGST,{time},1.0,1.0,1.0,0.0,1.0,1.0,2.0"),
    ]
    .map(|body| {
        let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
        format!("${body}*{sum:02X}\r\n")
    })
    .concat()
}
