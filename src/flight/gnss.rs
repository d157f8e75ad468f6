//! The GNSS receiver's serial port, read for as long as the flight lasts: unplugged and back, and at whatever speed it talks.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, never};
use parking_lot::Mutex;
use scarp_nav::{
    FixSettings, GnssDelay, GnssReceiver, Monotonic, Pulse, PulseDoubt, ReceiverCounts, TimedFix,
};
use thiserror::Error;

use super::{
    monotonic_clock::now, network_address::is_host_and_port, pps, shared_trajectory::Track,
};

/// Speeds that receivers are sold with or set to, the most usual first.
const BAUD_RATES: [u32; 7] = [115_200, 38_400, 9_600, 57_600, 230_400, 460_800, 921_600];
/// How long a speed is tried: two epochs of a receiver at its slowest.
const TRIAL_S: f64 = 2.5;
/// A receiver that has talked and says nothing for so long is opened again.
const SILENCE_S: f64 = 3.0;
/// Between attempts to open a port that is not there.
const RETRY: Duration = Duration::from_millis(500);
/// A read returns after this at the latest, so that the flight can end.
const TIMEOUT: Duration = Duration::from_millis(100);

/// What a read that brought nothing in time says: a serial port the first, a socket the second.
const NOTHING_YET: [io::ErrorKind; 3] = [
    io::ErrorKind::TimedOut,
    io::ErrorKind::WouldBlock,
    io::ErrorKind::Interrupted,
];
/// What a device's name begins with that is a gpsd, and what asks it for the receiver's own sentences.
const GPSD: &str = "gpsd://";
const WATCH: &[u8] = b"?WATCH={\"enable\":true,\"nmea\":true};\n";
/// How long a connection to gpsd may take to be made.
const CONNECTS: Duration = Duration::from_secs(1);

/// A receiver's port and what is known of the receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct GnssPort {
    /// The device, for instance /dev/ttyUSB0, or `gpsd://HOST:PORT`.
    pub device: String,
    /// Bits per second; nothing to find out.
    pub baud_rate: Option<u32>,
    /// What fixes are taken.
    pub fix: FixSettings,
    /// Delay from the instant of a fix to its first byte.
    pub delay: GnssDelay,
    /// The PPS device of its pulse, for instance /dev/pps0.
    pub pps: Option<String>,
}

impl GnssPort {
    /// The same at another device.
    ///
    /// # Errors
    /// When the name is that of a gpsd, and says no host or no port.
    pub fn at(self, device: String) -> Result<Self, NoGpsdAddress> {
        let gpsd = device.starts_with("gpsd:");
        let address = device.strip_prefix(GPSD);
        if gpsd && !address.is_some_and(is_host_and_port) {
            return Err(NoGpsdAddress(device));
        }
        Ok(Self { device, ..self })
    }
}

/// A name of a gpsd without its address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} names no gpsd; write gpsd://HOST:PORT, for instance gpsd://127.0.0.1:2947")]
pub struct NoGpsdAddress(String);

/// What the receiver has told so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GnssStatus {
    /// Fixes used.
    pub fixes: u64,
    /// The newest of them.
    pub newest: Option<TimedFix>,
    /// Speed at which the receiver is understood, on a serial port.
    pub baud_rate: Option<u32>,
    /// Why the newest epoch was not used, or the port cannot be read; nothing while all is well.
    pub fault: Option<String>,
    /// Sentences and garbage since the port was opened.
    pub counts: ReceiverCounts,
    /// How often the port was opened.
    pub opened: u64,
    /// Pulses read.
    pub pulses: u64,
    /// Whether the newest fix has its instant from the pulse.
    pub time_by_pulse: bool,
    /// Why not, where a pulse is to be read.
    pub pulse_doubt: Option<PulseDoubt>,
}

/// A thread that reads a receiver.
#[derive(Debug)]
pub struct Gnss {
    status: Arc<Mutex<GnssStatus>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Gnss {
    /// Starts to read; fixes go to `track`. A port or PPS device that is not there yet is waited for.
    #[must_use]
    pub fn start(port: GnssPort, track: Track) -> Self {
        let (status, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (pulses, pps) = match port.pps.clone() {
            Some(device) => {
                let (pulses, thread) = pps::start(device, Arc::clone(&stop));
                (pulses, Some(thread))
            }
            None => (never(), None),
        };
        let reader = Reader {
            port,
            track,
            pulses,
            status: Arc::clone(&status),
            stop: Arc::clone(&stop),
        };
        let mut threads = vec![thread::spawn(move || reader.run())];
        threads.extend(pps);
        Self {
            status,
            stop,
            threads,
        }
    }

    /// What the receiver has told so far.
    #[must_use]
    pub fn status(&self) -> GnssStatus {
        self.status.lock().clone()
    }
}

impl Drop for Gnss {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A panic there has been reported by its own message.
            let _ = thread.join();
        }
    }
}

/// Why a port is closed again.
enum Left {
    /// Nothing was understood at this speed.
    NotUnderstood,
    /// The receiver fell silent or is gone.
    Lost(String),
    /// The flight is over.
    Stopped,
}

struct Reader {
    port: GnssPort,
    track: Track,
    pulses: Receiver<Pulse>,
    status: Arc<Mutex<GnssStatus>>,
    stop: Arc<AtomicBool>,
}

impl Reader {
    fn run(&self) {
        let mut speed = 0;
        while !self.stopped() {
            let baud_rate = self.port.baud_rate.unwrap_or(BAUD_RATES[speed]);
            let left = match open(&self.port.device, baud_rate) {
                Ok(port) => {
                    self.status.lock().opened += 1;
                    self.listen(port, baud_rate)
                }
                Err(error) => Left::Lost(format!("{error}; is the receiver plugged in?")),
            };
            match left {
                Left::Stopped => return,
                Left::NotUnderstood => {
                    speed = (speed + 1) % BAUD_RATES.len();
                    self.fault(format!(
                        "{}: nothing understood at {baud_rate} bit/s; check that it sends NMEA 0183",
                        self.port.device
                    ));
                }
                Left::Lost(reason) => {
                    self.fault(format!("{}: {reason}", self.port.device));
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// Reads until the port fails, the receiver falls silent or the flight is over.
    fn listen(&self, mut port: Box<dyn Read>, baud_rate: u32) -> Left {
        // A new receiver for what may be another device, or the same after a restart.
        let mut receiver = GnssReceiver::new(self.port.fix, self.port.delay);
        let opened = now();
        let mut understood: Option<Monotonic> = None;
        let mut buffer = [0; 512];
        loop {
            if self.stopped() {
                return Left::Stopped;
            }
            let count = match port.read(&mut buffer) {
                Ok(0) => return Left::Lost("the port was closed".to_owned()),
                Ok(count) => count,
                Err(error) if NOTHING_YET.contains(&error.kind()) => 0,
                Err(error) => return Left::Lost(error.to_string()),
            };
            let at = now();
            for pulse in self.pulses.try_iter() {
                receiver.pulse(pulse);
                self.status.lock().pulses += 1;
            }
            let before = receiver.counts().lines.sentences;
            for &byte in &buffer[..count] {
                if let Some(epoch) = receiver.push(byte, at) {
                    self.timed(receiver.pulse_doubt());
                    self.epoch(epoch.map_err(|doubt| doubt.to_string()));
                }
            }
            let counts = receiver.counts();
            if counts.lines.sentences > before {
                understood = Some(at);
                let serial = !self.port.device.starts_with(GPSD);
                self.status.lock().baud_rate = serial.then_some(baud_rate);
            }
            self.status.lock().counts = counts;
            match understood {
                None if at.seconds_since(opened) > TRIAL_S => return Left::NotUnderstood,
                Some(last) if at.seconds_since(last) > SILENCE_S => {
                    return Left::Lost(format!("silent for {SILENCE_S} s"));
                }
                _ => {}
            }
        }
    }

    /// Whether time comes from the pulse, where one is to be read; said when that changes.
    fn timed(&self, doubt: Option<PulseDoubt>) {
        if self.port.pps.is_none() {
            return;
        }
        let mut status = self.status.lock();
        match doubt {
            None if !status.time_by_pulse => log::info!("GNSS: time comes from the pulse"),
            Some(doubt) if status.time_by_pulse => {
                log::warn!("GNSS: time no longer comes from the pulse: {doubt}");
            }
            _ => {}
        }
        status.time_by_pulse = doubt.is_none();
        status.pulse_doubt = doubt;
    }

    fn epoch(&self, fix: Result<TimedFix, String>) {
        let used = self.track.take(fix);
        let mut status = self.status.lock();
        match used {
            Ok(fix) => {
                status.fixes += 1;
                status.newest = Some(fix);
                status.fault = None;
            }
            Err(reason) => status.fault = Some(reason),
        }
    }

    fn fault(&self, reason: String) {
        let mut status = self.status.lock();
        // Said once, not at every attempt for as long as there is no receiver.
        let level = if status.fault.as_ref() == Some(&reason) {
            log::Level::Debug
        } else {
            log::Level::Warn
        };
        log::log!(level, "GNSS: {reason}");
        status.baud_rate = None;
        status.fault = Some(reason);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Opens a serial port, or a connection to gpsd that passes the receiver's sentences on.
fn open(device: &str, baud_rate: u32) -> io::Result<Box<dyn Read>> {
    let Some(address) = device.strip_prefix(GPSD) else {
        let port = serialport::new(device, baud_rate).timeout(TIMEOUT).open()?;
        return Ok(Box::new(port));
    };
    let nowhere = || io::Error::from(io::ErrorKind::AddrNotAvailable);
    let address = address.to_socket_addrs()?.next().ok_or_else(nowhere)?;
    let mut stream = TcpStream::connect_timeout(&address, CONNECTS)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(WATCH)?;
    Ok(Box::new(stream))
}

#[cfg(test)]
mod tests;
