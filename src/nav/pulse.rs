//! A receiver's pulse per second on this computer's clock.

use thiserror::Error;

use super::Monotonic;

/// The edge of a pulse, which marks a whole second of UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pulse {
    /// Its instant.
    pub at: Monotonic,
    /// One-sigma error of bringing the system's time stamp to [`Monotonic`], seconds.
    pub sigma_s: f64,
}

/// Why an instant does not come from the pulse. One line each; without the pulse the receiver's time is known less well,
/// but known.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PulseDoubt {
    /// None has come.
    #[error("no pulse yet; check the pulse's wire, and that the receiver has a fix")]
    Missing,
    /// Too few yet.
    #[error("{pulses} consistent pulses so far; they are used after {NEEDED}")]
    Settling {
        /// Consistent pulses so far.
        pulses: u32,
    },
    /// The newest consistent one is too old.
    #[error("the newest pulse is {age_s:.1} s from the fix; check the pulse's wire")]
    Stale {
        /// Seconds from the pulse to the fix.
        age_s: f64,
    },
    /// They do not come once a second.
    #[error(
        "the newest pulse is {off_s:+.3} s off whole seconds after the one before; set the receiver to one pulse a second, and look for noise on the wire"
    )]
    OffBeat {
        /// Seconds, -0.5 to 0.5.
        off_s: f64,
    },
    /// They come once a second, but hardly at the whole second.
    #[error(
        "by the pulses fixes come {delay_s:.3} s after their instant, which is not believed; check gnss.delay_s, and that the pulse's rising edge marks the second"
    )]
    Contradicts {
        /// What the delay of the fixes would be, seconds.
        delay_s: f64,
    },
}

/// Consistent pulses until they are used. Noise at any time falls on a beat once in 250 times ([`OFF_BEAT_S`] on either
/// side, of a second), and four times in a row once in 4e9.
const NEEDED: u32 = 5;
/// How far from whole seconds after the one before a pulse may come: USB polls its lines once a millisecond, and a loaded
/// system may add as much to an interrupt.
const OFF_BEAT_S: f64 = 0.002;
/// A pulse counts for so long, so that some may be missed: a clock that drifts as far as [`DRIFT`] is then 0.5 ms out.
const FRESH_S: f64 = 5.0;
/// How far from the configured delay the one by the pulses may be. ArduPilot assumes delays up to 0.22 s (`get_lag` of its GNSS
/// drivers), so whoever configured none of his own is within this; and as the wrong second is taken from 0.5 s on, it
/// leaves as much again for what holds fixes up.
const DISAGREES_S: f64 = 0.25;
/// How late interrupts are, one sigma, which pulses have in common and their scatter does not show: about 0.01 ms on a Raspberry Pi
/// 2 and up to 1 ms by USB (https://blog.dan.drown.org/pps-over-usb/), where the scatter shows most of it.
const INTERRUPT_S: f64 = 1e-4;
/// How fast a sound quartz clock may drift.
pub(super) const DRIFT: f64 = 100e-6;
/// The period of the pulses, nanoseconds.
const SECOND_NS: i64 = 1_000_000_000;

/// The newest pulses, as far as they are consistent.
///
/// A pulse that is off the beat is set aside. Should the next ones follow it, and none the old beat, the new beat is taken:
/// a single spurious pulse, or a missed one, changes nothing.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    believed: Option<Train>,
    candidate: Option<Train>,
    /// How far the newest pulse was off the ones before.
    off_beat_s: Option<f64>,
}

/// Pulses whole seconds apart.
#[derive(Debug, Clone, Copy)]
struct Train {
    newest: Pulse,
    pulses: u32,
    /// Running mean square of how far off the beat they come, square seconds.
    scatter_s2: f64,
}

impl Pulses {
    /// Takes the next pulse in.
    pub fn push(&mut self, pulse: Pulse) {
        if let Some(believed) = &mut self.believed
            && believed.follow(pulse)
        {
            self.candidate = None;
            self.off_beat_s = None;
            return;
        }
        let before = self.candidate.or(self.believed);
        let follows = self
            .candidate
            .as_mut()
            .is_some_and(|candidate| candidate.follow(pulse));
        self.off_beat_s = before
            .filter(|train| !follows && train.is_fresh(pulse.at))
            .map(|train| train.off_beat_s(pulse.at));
        let candidate = match self.candidate.take() {
            Some(candidate) if follows => candidate,
            _ => Train::new(pulse),
        };
        if candidate.pulses >= NEEDED {
            self.believed = Some(candidate);
        } else {
            self.candidate = Some(candidate);
        }
    }

    /// The instant at which UTC was `utc_ns` (nanoseconds since 1970), with its one-sigma error in seconds, for a fix that was
    /// `delay_s` under way and cannot have come later than at `arrived`.
    ///
    /// Only the fraction of the second is taken from UTC, and which second it is from the arrival: a leap second, or UTC
    /// stepped by whole seconds, makes no difference.
    pub fn instant_of(
        &self,
        utc_ns: i64,
        arrived: Monotonic,
        delay_s: f64,
    ) -> Result<(Monotonic, f64), PulseDoubt> {
        let train = self.believed.ok_or_else(|| self.settling())?;
        let estimate = arrived.plus_seconds(-delay_s);
        if !train.is_fresh(estimate) {
            let age_s = estimate.seconds_since(train.newest.at);
            let off_beat = self.off_beat_s.map(|off_s| PulseDoubt::OffBeat { off_s });
            return Err(off_beat.unwrap_or(PulseDoubt::Stale { age_s }));
        }
        // Fresh, and so within seconds of each other: nothing here can overflow.
        let fraction_ns = utc_ns.rem_euclid(SECOND_NS);
        let marked_ns = train.newest.at.nanos().saturating_add(fraction_ns);
        let apart_ns = estimate.nanos().saturating_sub(marked_ns);
        let seconds_ns = apart_ns.saturating_add(SECOND_NS / 2).div_euclid(SECOND_NS) * SECOND_NS;
        let at = Monotonic::from_nanos(marked_ns.saturating_add(seconds_ns));

        let delay_found_s = arrived.seconds_since(at);
        // Nothing arrives before its instant.
        if (delay_found_s - delay_s).abs() > DISAGREES_S || delay_found_s < -OFF_BEAT_S {
            return Err(PulseDoubt::Contradicts {
                delay_s: delay_found_s,
            });
        }
        Ok((at, train.sigma_s(at)))
    }

    fn settling(&self) -> PulseDoubt {
        match (self.off_beat_s, self.candidate) {
            (Some(off_s), _) => PulseDoubt::OffBeat { off_s },
            (None, Some(Train { pulses, .. })) => PulseDoubt::Settling { pulses },
            (None, None) => PulseDoubt::Missing,
        }
    }
}

impl Train {
    fn new(pulse: Pulse) -> Self {
        Self {
            newest: pulse,
            pulses: 1,
            // Before any is seen.
            scatter_s2: INTERRUPT_S * INTERRUPT_S,
        }
    }

    /// Takes a further pulse in, if it is on the beat.
    fn follow(&mut self, pulse: Pulse) -> bool {
        let since_s = pulse.at.seconds_since(self.newest.at);
        let off_s = self.off_beat_s(pulse.at);
        let far = off_s.abs() > OFF_BEAT_S + DRIFT * since_s;
        if since_s < 0.5 || far || !self.is_fresh(pulse.at) {
            return false;
        }
        self.newest = pulse;
        self.pulses = self.pulses.saturating_add(1);
        self.scatter_s2 += (off_s * off_s - self.scatter_s2) / 8.0;
        true
    }

    /// Whether the newest pulse still tells what time it is.
    fn is_fresh(&self, at: Monotonic) -> bool {
        at.seconds_since(self.newest.at).abs() <= FRESH_S
    }

    /// Seconds from the nearest whole second after the newest pulse.
    fn off_beat_s(&self, at: Monotonic) -> f64 {
        let since_s = at.seconds_since(self.newest.at);
        since_s - since_s.round()
    }

    /// One-sigma error of an instant told by the newest pulse, seconds.
    fn sigma_s(&self, at: Monotonic) -> f64 {
        let drift_s = DRIFT * at.seconds_since(self.newest.at);
        let read_s = self.newest.sigma_s.hypot(INTERRUPT_S);
        self.scatter_s2.sqrt().hypot(read_s).hypot(drift_s)
    }
}

#[cfg(test)]
mod tests;
