//! The receiver's pulse per second, read from a Linux PPS device (RFC 2783, linux/pps.h) for as long as the flight lasts.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use pps_time::PpsDevice;
use rustix::time::{ClockId, clock_gettime};
use scarp_nav::{Monotonic, Pulse};

use super::monotonic_clock::now;

/// Pulses that may wait for their reader, who looks ten times a second.
const WAITING: usize = 16;
/// A wait for a pulse returns after this at the latest, so that the flight can end.
const TIMEOUT: Duration = Duration::from_millis(100);
/// Between attempts to open a device that is not there.
const RETRY: Duration = Duration::from_millis(500);
/// A device that was taken away lets its readers wait for ever: after so long without a pulse it is opened again.
const SILENCE_S: f64 = 10.0;
/// After a pulse nothing is asked for so long: a wire that picks up noise can interrupt thousands of times a second.
const REST: Duration = Duration::from_millis(20);
/// The clocks are read so often for one comparison; the closest reading counts, as others may have been interrupted.
const READINGS: usize = 3;
/// A step of the computer's clock that is too small to matter, nanoseconds.
const STEP_NS: i64 = 1_000;

/// Starts to read `device` until `stop` is raised. A device that is not there yet is waited for.
pub(super) fn start(device: String, stop: Arc<AtomicBool>) -> (Receiver<Pulse>, JoinHandle<()>) {
    let (sender, pulses) = bounded(WAITING);
    let thread = thread::spawn(move || {
        let open = || PpsDevice::new(device.clone().into());
        Reader {
            device: &device,
            stop: &stop,
            pulses: &sender,
        }
        .run(open);
    });
    (pulses, thread)
}

/// What the kernel tells of pulses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Event {
    /// Counts the asserted edges.
    sequence: u32,
    /// When the newest of them came, nanoseconds of CLOCK_REALTIME.
    realtime_ns: i64,
}

/// A PPS device, or what stands for one in tests.
trait Source {
    /// Waits for the next event.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when none came within [`TIMEOUT`]; any other when the device has failed.
    fn next(&mut self) -> io::Result<Event>;
}

impl Source for PpsDevice {
    fn next(&mut self) -> io::Result<Event> {
        let info = self.fetch_timeout(0, TIMEOUT.subsec_nanos() as i32)?.info;
        let at = info.assert_tu;
        Ok(Event {
            sequence: info.assert_sequence,
            realtime_ns: nanos(at.sec, at.nsec.into()),
        })
    }
}

struct Reader<'a> {
    device: &'a str,
    stop: &'a AtomicBool,
    pulses: &'a Sender<Pulse>,
}

impl Reader<'_> {
    fn run<S: Source>(&self, mut open: impl FnMut() -> io::Result<S>) {
        let mut told = false;
        while !self.stopped() {
            let listened = open().and_then(|source| self.listen(source, &mut told));
            let Err(error) = listened else { continue };
            // Said once, not at every attempt for as long as there is no device.
            let level = if told {
                log::Level::Debug
            } else {
                log::Level::Warn
            };
            let device = self.device;
            log::log!(
                level,
                "GNSS pulse: {device}: {error}; it is waited for, see `ls -l /dev/pps*`"
            );
            told = true;
            thread::sleep(RETRY);
        }
    }

    /// Reads until the flight is over, the device has failed or been silent for long. `told` is whether a failure has been
    /// told since the last pulse.
    fn listen(&self, mut source: impl Source, told: &mut bool) -> io::Result<()> {
        let (mut sequence, mut heard) = (None, now());
        while !self.stopped() && now().seconds_since(heard) < SILENCE_S {
            let before = Clocks::read();
            let event = match source.next() {
                Ok(event) => event,
                Err(error) if is_nothing_yet(&error) => continue,
                Err(error) => return Err(error),
            };
            // The other edge is an event too, with the same asserted one.
            if sequence.replace(event.sequence) != Some(event.sequence) {
                (heard, *told) = (now(), false);
                match pulse(event, before, Clocks::read()) {
                    // One that nobody takes is no loss: a reader that is late makes do with the next.
                    Some(pulse) => drop(self.pulses.try_send(pulse)),
                    None => log::debug!("GNSS pulse: the computer's clock was set meanwhile"),
                }
            }
            thread::sleep(REST);
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How far CLOCK_REALTIME, which the kernel stamps pulses with, is ahead of [`Monotonic`]. Both run at the same rate, so this
/// changes only when the computer's clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clocks {
    ahead_ns: i64,
    /// How far that can be wrong.
    error_ns: i64,
}

impl Clocks {
    /// Reads both.
    fn read() -> Self {
        let once = || {
            let before = now();
            let realtime = clock_gettime(ClockId::Realtime);
            Self::of(before, nanos(realtime.tv_sec, realtime.tv_nsec), now())
        };
        (1..READINGS).fold(once(), |best, _| {
            let next = once();
            if next.error_ns < best.error_ns {
                next
            } else {
                best
            }
        })
    }

    /// Of CLOCK_REALTIME read between two readings of [`Monotonic`].
    fn of(before: Monotonic, realtime_ns: i64, after: Monotonic) -> Self {
        let error_ns = after.nanos().saturating_sub(before.nanos()) / 2;
        let between_ns = before.nanos().saturating_add(error_ns);
        Self {
            ahead_ns: realtime_ns.saturating_sub(between_ns),
            error_ns,
        }
    }
}

/// The event on [`Monotonic`], from the clocks before it was waited for and after it has come; `None` when the
/// computer's clock was set in between, as nobody knows whether before the pulse or after.
fn pulse(event: Event, before: Clocks, after: Clocks) -> Option<Pulse> {
    let apart_ns = after.ahead_ns.saturating_sub(before.ahead_ns);
    let allowed_ns = before
        .error_ns
        .saturating_add(after.error_ns)
        .saturating_add(STEP_NS);
    if apart_ns.saturating_abs() > allowed_ns {
        return None;
    }
    Some(Pulse {
        at: Monotonic::from_nanos(event.realtime_ns.saturating_sub(after.ahead_ns)),
        // At most that: as one sigma it is on the safe side.
        sigma_s: after.error_ns as f64 * 1e-9,
    })
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

fn nanos(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

#[cfg(test)]
mod tests;
