//! An aircraft that flies north at 15 m/s, level, 100 m above ground, whose sensors speak as real ones do: a receiver on a
//! pseudo-terminal, an autopilot by UDP.

use std::{
    net::UdpSocket,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mavlink::{MavlinkReader, dialects::common as dialect};
use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

use crate::{
    autopilot::{AUTOPILOT, armed_heartbeat, attitude, frame},
    nmea::Epoch,
    receiver::Receiver,
};

/// Speed over ground.
pub const SPEED_M_S: f64 = 15.0;
/// Height above ground.
pub const AGL_M: f64 = 100.0;
/// Where it starts.
pub const LATITUDE_DEG: f64 = 31.0;
/// Where it starts.
pub const LONGITUDE_DEG: f64 = 103.6;
/// Between the instant of a fix and its first byte, as a receiver computes.
pub const GNSS_DELAY_S: f64 = 0.2;
/// Milliseconds from 1970 to the start, UTC: 2026-05-01 12:00:00.
const START_UNIX_MS: i64 = 1_777_636_800_000;

/// What is switched on, and what goes wrong.
pub struct Switches {
    /// The motors may turn.
    pub armed: AtomicBool,
    /// The receiver's cable.
    pub gnss_plugged: AtomicBool,
    /// Fixes are 500 m off.
    pub gnss_jumped: AtomicBool,
    /// One fix a second instead of ten.
    pub gnss_slow: AtomicBool,
    /// The autopilot tells its attitude.
    pub attitude: AtomicBool,
    /// The autopilot's own receiver has a fix.
    pub autopilot_fix: AtomicBool,
    /// The camera is plugged in.
    pub camera: AtomicBool,
    /// The camera gives the same picture again and again.
    pub camera_frozen: AtomicBool,
}

/// The aircraft; on the ground there is nothing to move, so it flies from the start.
#[derive(Clone)]
pub struct Aircraft {
    /// Seconds of the monotonic clock at the start.
    start_s: f64,
    /// What goes wrong.
    pub switches: Arc<Switches>,
    /// Lines for the pilot.
    pub said: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

/// Metres in a degree of latitude and longitude at the start (WGS84 radii of curvature).
#[must_use]
pub fn metres_per_degree() -> (f64, f64) {
    let (a, e2) = (6_378_137.0_f64, 0.006_694_379_990_14_f64);
    let (sin, cos) = LATITUDE_DEG.to_radians().sin_cos();
    let w2 = 1.0 - e2 * sin * sin;
    let (meridian, normal) = (a * (1.0 - e2) / w2.powf(1.5), a / w2.sqrt());
    let degree = std::f64::consts::PI / 180.0;
    (meridian * degree, normal * cos * degree)
}

impl Default for Aircraft {
    fn default() -> Self {
        Self::new()
    }
}

impl Aircraft {
    /// All is well, the motors are off.
    #[must_use]
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
            start_s: monotonic_s(),
            switches: Arc::new(switches),
            said: Arc::default(),
            over: Arc::default(),
        }
    }

    /// Switches something on or off.
    pub fn set(&self, switch: impl Fn(&Switches) -> &AtomicBool, on: bool) {
        switch(&self.switches).store(on, Ordering::Relaxed);
    }

    fn is(&self, switch: impl Fn(&Switches) -> &AtomicBool) -> bool {
        switch(&self.switches).load(Ordering::Relaxed)
    }

    /// Seconds since the start.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        monotonic_s() - self.start_s
    }

    /// Metres north of the start at an instant of the monotonic clock, in nanoseconds.
    #[must_use]
    pub fn north_m(&self, monotonic_ns: i64) -> f64 {
        SPEED_M_S * (monotonic_ns as f64 * 1e-9 - self.start_s)
    }

    /// Metres north of the start at an instant of the receiver's time.
    #[must_use]
    pub fn north_m_at_unix(unix_s: f64) -> f64 {
        SPEED_M_S * (unix_s - START_UNIX_MS as f64 / 1e3)
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
        let mut receiver: Option<Receiver> = None;
        for epoch in 0_u32.. {
            let due = f64::from(epoch) / 10.0 + GNSS_DELAY_S;
            thread::sleep(Duration::from_secs_f64((due - self.seconds()).max(0.0)));
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            if !self.is(|s| &s.gnss_plugged) {
                receiver = None;
                continue;
            }
            if self.is(|s| &s.gnss_slow) && !epoch.is_multiple_of(10) {
                continue;
            }
            let jump_m = if self.is(|s| &s.gnss_jumped) {
                500.0
            } else {
                0.0
            };
            let said = sentences(epoch, jump_m);
            receiver
                .get_or_insert_with(|| Receiver::plug_in(device))
                .send(said.as_bytes());
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
            messages.push(attitude(time_boot_ms, 0.0));
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
                    time_unix_usec: ((START_UNIX_MS as f64 / 1e3 + seconds) * 1e6) as u64,
                    time_boot_ms,
                },
            ));
            let ardupilot = dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA;
            messages.push(armed_heartbeat(ardupilot, self.is(|s| &s.armed)));
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
                    self.said.lock().push(text);
                }
                _ => {}
            }
        }
    }
}

fn send(socket: &UdpSocket, message: &dialect::MavMessage) {
    // The firmware may not listen yet.
    let _ = socket.send(&frame(AUTOPILOT, message));
}

fn monotonic_s() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// GGA, RMC and GST of an epoch, ten a second.
fn sentences(epoch: u32, jump_m: f64) -> String {
    let north_m = SPEED_M_S * f64::from(epoch) / 10.0 + jump_m;
    let epoch = Epoch {
        utc_ms: START_UNIX_MS + 100 * i64::from(epoch),
        latitude_deg: LATITUDE_DEG + north_m / metres_per_degree().0,
        longitude_deg: LONGITUDE_DEG,
        altitude_m: 1600.0,
        geoid_separation_m: -38.0,
        quality: 1,
        speed_m_s: SPEED_M_S,
        course_deg: 0.0,
        sigma_m: [1.0, 1.0, 2.0],
        leap_second: false,
    };
    [epoch.gga(), epoch.rmc(), epoch.gst()].concat()
}
