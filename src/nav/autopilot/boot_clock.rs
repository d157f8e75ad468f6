//! The time since boot of an autopilot or gimbal on this computer's clock.

use std::collections::VecDeque;

use super::{BootClockDoubt, BootInstant, BootTime, ReplyNotUsed, boot_time::NEEDED};
use crate::Monotonic;

/// How fast a sound quartz clock may drift.
const DRIFT: f64 = 100e-6;
/// Boot time may go back so far in messages that overtook each other; further is a reboot.
const OVERTAKEN_S: f64 = 1.0;
/// A message may be held up so long on its way.
const LATEST_S: f64 = 2.0;
/// And seem so much too early, by what the clocks' relation is wrong.
const EARLIEST_S: f64 = 0.05;
/// Longer round trips tell less than arrivals do.
const SLOWEST_S: f64 = 0.5;
/// Round trips kept, and for how long: half a minute at 1 Hz.
const ROUND_TRIPS: usize = 32;
const ROUND_TRIP_AGE_S: f64 = 60.0;
/// Round trips until the best of them is likely a quick one.
const ENOUGH_ROUND_TRIPS: usize = 8;
/// Requests that may be open at once.
const OPEN_REQUESTS: usize = 16;
/// One sigma of a message's least time on the way, where no round trip measured it: 57,600 baud take 7 ms for an
/// attitude, and the autopilot's telemetry task runs at 50 Hz or so.
const ON_THE_WAY_SIGMA_S: f64 = 0.02;
/// One sigma of a boot time that is cut to milliseconds and taken as the middle of its millisecond.
const RESOLUTION_SIGMA_S: f64 = 0.000_29;

/// Relates the time since boot of one autopilot or gimbal to [`Monotonic`].
///
/// A TIMESYNC round trip bounds the relation by half its duration, so the shortest of late is used. Before any, the
/// truth is taken as the lower envelope of (arrival - boot time): a message can be held up, never hurried.
///
/// When boot time goes back there was a reboot: the relation is dropped, and the next ten samples make the new
/// one. So does the wrap of 32-bit milliseconds after 49.7 days, which costs ten samples more and, as TIMESYNC does not
/// wrap, all round trips until the next boot.
#[derive(Debug, Default)]
pub struct BootClock {
    envelope: Option<Envelope>,
    newest: Option<(BootTime, Monotonic)>,
    astray: u32,
    requests: VecDeque<i64>,
    round_trips: VecDeque<RoundTrip>,
}

/// The lower envelope of (arrival - boot time).
#[derive(Debug, Clone, Copy)]
struct Envelope {
    offset_ns: i64,
    confirmed: Monotonic,
    samples: u32,
}

/// What one TIMESYNC told.
#[derive(Debug, Clone, Copy)]
struct RoundTrip {
    offset_ns: i64,
    seconds: f64,
    at: Monotonic,
}

impl BootClock {
    /// Takes a message that was made at `boot` and came at `arrived`; answers when that was.
    ///
    /// For messages sent as they are made. What may come again later, such as the record of an image, must not be
    /// shown here but asked for by [`Self::instant_of`].
    ///
    /// # Errors
    /// While the relation between the clocks is not known, or no longer.
    pub fn observe(
        &mut self,
        boot: BootTime,
        arrived: Monotonic,
    ) -> Result<BootInstant, BootClockDoubt> {
        if let Some((newest, _)) = self.newest {
            let back_s = seconds(newest.nanos().saturating_sub(boot.nanos()));
            if back_s > OVERTAKEN_S {
                self.restart(boot, arrived);
                return Err(BootClockDoubt::Rebooted { by_s: back_s });
            }
        }
        let offset_ns = arrived.nanos().saturating_sub(boot.nanos());
        match &mut self.envelope {
            None => self.restart(boot, arrived),
            Some(envelope) => match envelope.confirm(offset_ns, arrived) {
                Ok(()) => self.astray = 0,
                Err(behind_s) => {
                    self.astray += 1;
                    if self.astray >= NEEDED {
                        self.restart(boot, arrived);
                    }
                    return Err(BootClockDoubt::Astray { behind_s });
                }
            },
        }
        let newest = self.newest.map_or(boot, |(newest, _)| newest.max(boot));
        self.newest = Some((newest, arrived));
        self.instant_of(boot)
    }

    /// When `boot` was, by what is known at the newest message.
    ///
    /// # Errors
    /// While the relation between the clocks is not known.
    pub fn instant_of(&self, boot: BootTime) -> Result<BootInstant, BootClockDoubt> {
        let settling = BootClockDoubt::Settling { samples: 0 };
        let (envelope, (_, now)) = self.envelope.zip(self.newest).ok_or(settling)?;
        if envelope.samples < NEEDED {
            return Err(BootClockDoubt::Settling {
                samples: envelope.samples,
            });
        }
        let (offset_ns, sigma_s) = self
            .best_round_trip(now)
            .map_or((envelope.offset_ns, ON_THE_WAY_SIGMA_S), |best| {
                (best.offset_ns, best.error_s(now))
            });
        Ok(BootInstant {
            at: Monotonic::from_nanos(boot.nanos().saturating_add(offset_ns)),
            sigma_s: sigma_s.hypot(RESOLUTION_SIGMA_S),
        })
    }

    /// Opens a TIMESYNC request: the `ts1` to send at once, at `now`.
    pub fn request(&mut self, now: Monotonic) -> i64 {
        if self.requests.len() == OPEN_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(now.nanos());
        now.nanos()
    }

    /// Takes the reply to a request, which came at `arrived`.
    ///
    /// # Errors
    /// When it tells nothing of use.
    pub fn reply(&mut self, tc1: i64, ts1: i64, arrived: Monotonic) -> Result<(), ReplyNotUsed> {
        let open = self.requests.iter().position(|sent| *sent == ts1);
        self.requests.remove(open.ok_or(ReplyNotUsed::Unasked)?);
        let round_trip_s = arrived.seconds_since(Monotonic::from_nanos(ts1));
        if !(0.0..=SLOWEST_S).contains(&round_trip_s) {
            return Err(ReplyNotUsed::Slow { round_trip_s });
        }
        let envelope = self.envelope.ok_or(ReplyNotUsed::Early)?;
        let halfway_ns = ts1.saturating_add(arrived.nanos().saturating_sub(ts1) / 2);
        let offset_ns = halfway_ns.saturating_sub(tc1);
        let off_s = seconds(envelope.offset_ns.saturating_sub(offset_ns));
        if !(-round_trip_s - EARLIEST_S..=LATEST_S).contains(&off_s) {
            return Err(ReplyNotUsed::OtherClock { off_s });
        }
        if self.round_trips.len() == ROUND_TRIPS {
            self.round_trips.pop_front();
        }
        self.round_trips.push_back(RoundTrip {
            offset_ns,
            seconds: round_trip_s,
            at: arrived,
        });
        Ok(())
    }

    /// Whether enough round trips are known that an occasional one keeps the relation.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        self.round_trips.len() >= ENOUGH_ROUND_TRIPS
    }

    fn best_round_trip(&self, now: Monotonic) -> Option<&RoundTrip> {
        self.round_trips
            .iter()
            .filter(|trip| now.seconds_since(trip.at) <= ROUND_TRIP_AGE_S)
            .min_by(|a, b| a.error_s(now).total_cmp(&b.error_s(now)))
    }

    fn restart(&mut self, boot: BootTime, arrived: Monotonic) {
        *self = Self {
            envelope: Some(Envelope {
                offset_ns: arrived.nanos().saturating_sub(boot.nanos()),
                confirmed: arrived,
                samples: 1,
            }),
            newest: Some((boot, arrived)),
            ..Self::default()
        };
    }
}

impl Envelope {
    /// Takes a further sample in, or tells by how many seconds it does not agree. One that is far too early shows that
    /// those before were held up; once settled, that something is wrong.
    fn confirm(&mut self, offset_ns: i64, arrived: Monotonic) -> Result<(), f64> {
        let since_s = arrived.seconds_since(self.confirmed).max(0.0);
        let risen_ns = self
            .offset_ns
            .saturating_add((DRIFT * since_s * 1e9) as i64);
        let late_s = seconds(offset_ns.saturating_sub(risen_ns));
        let settled = self.samples >= NEEDED;
        if late_s > LATEST_S || (settled && late_s < -EARLIEST_S) {
            return Err(late_s);
        }
        self.offset_ns = risen_ns.min(offset_ns);
        self.confirmed = self.confirmed.max(arrived);
        self.samples = self.samples.saturating_add(1);
        Ok(())
    }
}

impl RoundTrip {
    /// How far the offset can be wrong by now, seconds: all of the delay may have been on one way, and the clocks drift.
    fn error_s(&self, now: Monotonic) -> f64 {
        self.seconds / 2.0 + DRIFT * now.seconds_since(self.at).max(0.0)
    }
}

fn seconds(ns: i64) -> f64 {
    ns as f64 * 1e-9
}

#[cfg(test)]
mod tests;
