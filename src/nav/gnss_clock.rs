//! The receiver's time on this computer's clock.

use scarp_geo::GnssTime;
use thiserror::Error;

use super::{
    Monotonic,
    pulse::{DRIFT, Pulse, PulseDoubt, Pulses},
};

/// How long a fix takes from its instant to this computer, at the least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GnssDelay {
    /// Seconds from the instant of a fix to the arrival of its first byte when nothing is held up.
    pub seconds: f64,
    /// One-sigma error of that, seconds.
    pub sigma_s: f64,
}

impl Default for GnssDelay {
    /// What ArduPilot found in flight logs of u-blox 7 and M8 receivers (`AP_GPS_UBLOX::get_lag`: 0.12 s; 0.22 s for
    /// older ones).
    fn default() -> Self {
        Self {
            seconds: 0.12,
            sigma_s: 0.05,
        }
    }
}

/// Why the instant of a fix is not known.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ClockDoubt {
    /// Too few epochs yet.
    #[error("the receiver's time is known by {epochs} epochs only; it is used after {NEEDED}")]
    Settling {
        /// Consistent epochs so far.
        epochs: u32,
    },
    /// The receiver's time is not what it was, or the fix was held up for long.
    #[error(
        "the receiver's time is {behind_s:+.3} s behind what it was; fixes are used again once whole seconds hold (a leap second) or the old time is back"
    )]
    Stepped {
        /// Seconds by which the fix seems to come late.
        behind_s: f64,
    },
}

/// Consistent epochs until a relation between the clocks is believed.
const NEEDED: u32 = 10;
/// A fix may arrive so much later than the envelope before it counts as a step; well under a leap second.
const LATEST_S: f64 = 0.5;
/// And so much earlier: the envelope is then wrong by that, more than a pose should be.
const EARLIEST_S: f64 = 0.05;
/// A step so near to whole seconds was made by the receiver's time, not by a buffer on the way.
const WHOLE_S: f64 = 0.02;
/// A relation that no epoch confirmed for so long is forgotten.
const FORGOTTEN_S: f64 = 60.0;

/// Relates the receiver's UTC to [`Monotonic`].
///
/// On the way from receiver to program a fix can be held up, never hurried. So the truth is the lower envelope of
/// (arrival - UTC), less the least delay. The envelope falls at once when a fix comes sooner than ever, and rises only
/// as fast as a clock may drift: a longer buffer on the way, which delays every fix alike, does not shift the positions.
///
/// A fix off the envelope is refused. Should the fixes then be consistent among themselves for ten epochs, and
/// whole seconds off, the receiver has stepped its UTC (leap second, time rolled back) and the new relation is
/// taken. Any other step may be a delay, and is believed only when the old relation has been gone for a minute.
///
/// Where the receiver's pulse per second is read, the envelope only tells which second a pulse marks, and the instant is
/// the pulse's. The least delay is then measured, and counts in place of the configured one should the pulse be lost:
/// instants go on without a step.
#[derive(Debug)]
pub struct GnssClock {
    delay: GnssDelay,
    believed: Option<Relation>,
    candidate: Option<Relation>,
    pulses: Pulses,
    measured: Option<Measured>,
    pulse_doubt: Option<PulseDoubt>,
}

/// The least delay by the newest pulse.
#[derive(Debug, Clone, Copy)]
struct Measured {
    delay: GnssDelay,
    at: Monotonic,
}

/// The lower envelope of (arrival - UTC).
#[derive(Debug, Clone, Copy)]
struct Relation {
    offset_ns: i64,
    confirmed: Monotonic,
    /// Running mean of how much later than the envelope fixes arrive, seconds.
    lateness_s: f64,
    epochs: u32,
}

impl GnssClock {
    /// A clock that knows nothing but the delay.
    #[must_use]
    pub fn new(delay: GnssDelay) -> Self {
        Self {
            delay,
            believed: None,
            candidate: None,
            pulses: Pulses::default(),
            measured: None,
            pulse_doubt: Some(PulseDoubt::Missing),
        }
    }

    /// Takes a pulse of the receiver, in the order of time.
    pub fn pulse(&mut self, pulse: Pulse) {
        self.pulses.push(pulse);
    }

    /// Why the newest instant told is not the pulse's; `None` when it is.
    #[must_use]
    pub fn pulse_doubt(&self) -> Option<PulseDoubt> {
        self.pulse_doubt
    }

    /// The instant at which the receiver's clock showed `utc`, with its one-sigma error in seconds, for a fix whose
    /// first byte came at `arrived`.
    ///
    /// # Errors
    /// While the relation between the clocks is not known, or no longer.
    pub fn instant_of(
        &mut self,
        utc: GnssTime,
        arrived: Monotonic,
    ) -> Result<(Monotonic, f64), ClockDoubt> {
        let utc_ns = utc.unix_ms().saturating_mul(1_000_000);
        let offset_ns = arrived.nanos().saturating_sub(utc_ns);
        if self
            .believed
            .is_some_and(|r| arrived.seconds_since(r.confirmed) > FORGOTTEN_S)
        {
            self.believed = None;
        }
        if let Some(believed) = &mut self.believed
            && believed.confirm(offset_ns, arrived)
        {
            self.candidate = None;
            let believed = *believed;
            return Ok(self.instant(believed, utc_ns));
        }
        let mut candidate = self
            .candidate
            .take()
            .unwrap_or(Relation::new(offset_ns, arrived));
        if !candidate.confirm(offset_ns, arrived) {
            candidate = Relation::new(offset_ns, arrived);
            candidate.confirm(offset_ns, arrived);
        }
        let step_s = self
            .believed
            .map(|believed| seconds(candidate.offset_ns.saturating_sub(believed.offset_ns)));
        if candidate.epochs >= NEEDED && step_s.is_none_or(is_whole) {
            self.believed = Some(candidate);
            return Ok(self.instant(candidate, utc_ns));
        }
        self.candidate = Some(candidate);
        Err(step_s.map_or(
            ClockDoubt::Settling {
                epochs: candidate.epochs,
            },
            |behind_s| ClockDoubt::Stepped { behind_s },
        ))
    }

    /// By the pulse, or else by the envelope and the delay as well as it is known.
    fn instant(&mut self, relation: Relation, utc_ns: i64) -> (Monotonic, f64) {
        let arrived = relation.arrival(utc_ns);
        let by_pulse = self.pulses.instant_of(utc_ns, arrived, self.delay.seconds);
        self.pulse_doubt = by_pulse.err();
        if let Ok((at, sigma_s)) = by_pulse {
            let delay = GnssDelay {
                seconds: arrived.seconds_since(at),
                sigma_s: sigma_s.hypot(relation.sigma_s()),
            };
            self.measured = Some(Measured { delay, at });
            return (at, sigma_s);
        }
        let delay = self
            .measured
            .map_or(self.delay, |measured| measured.now(arrived, self.delay));
        (
            arrived.plus_seconds(-delay.seconds),
            relation.sigma_s().hypot(delay.sigma_s),
        )
    }
}

impl Measured {
    /// What the delay is at `at`. The envelope follows a delay that has grown as fast as it rises, and is out by that much
    /// meanwhile; but a delay that was measured once is known no worse than one that never was.
    fn now(&self, at: Monotonic, configured: GnssDelay) -> GnssDelay {
        let grown_s = DRIFT * at.seconds_since(self.at).abs();
        let most_s = configured.sigma_s.max(self.delay.sigma_s);
        GnssDelay {
            seconds: self.delay.seconds,
            sigma_s: self.delay.sigma_s.hypot(grown_s).min(most_s),
        }
    }
}

impl Relation {
    fn new(offset_ns: i64, arrived: Monotonic) -> Self {
        Self {
            offset_ns,
            confirmed: arrived,
            // Before any is seen: a scheduler's and a USB frame's worth.
            lateness_s: 0.01,
            epochs: 0,
        }
    }

    /// Takes a further epoch in, if it agrees.
    fn confirm(&mut self, offset_ns: i64, arrived: Monotonic) -> bool {
        let since_s = arrived.seconds_since(self.confirmed).max(0.0);
        let risen_ns = self
            .offset_ns
            .saturating_add((DRIFT * since_s * 1e9) as i64);
        let late_s = seconds(offset_ns.saturating_sub(risen_ns));
        if !(-EARLIEST_S..=LATEST_S).contains(&late_s) {
            return false;
        }
        self.offset_ns = risen_ns.min(offset_ns);
        self.confirmed = arrived.max(self.confirmed);
        self.lateness_s += (late_s.max(0.0) - self.lateness_s) / 20.0;
        self.epochs = self.epochs.saturating_add(1);
        true
    }

    /// Of n delays spread evenly up to twice their mean m, the least is on average 2m / (n + 1). As the envelope
    /// rises all the time, only the newest count: at 10 Hz and with 30 ms of spread those of the last 5 s.
    fn sigma_s(&self) -> f64 {
        2.0 * self.lateness_s / (f64::from(self.epochs.min(50)) + 1.0)
    }

    /// When a fix of `utc_ns` comes if nothing holds it up.
    fn arrival(&self, utc_ns: i64) -> Monotonic {
        Monotonic::from_nanos(utc_ns.saturating_add(self.offset_ns))
    }
}

fn seconds(ns: i64) -> f64 {
    ns as f64 * 1e-9
}

fn is_whole(seconds: f64) -> bool {
    (seconds - seconds.round()).abs() < WHOLE_S
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    /// UTC at the start of the tests, and the least delay in them.
    const UTC_MS: i64 = 1_762_766_845_000;
    const DELAY: GnssDelay = GnssDelay {
        seconds: 0.2,
        sigma_s: 0.0,
    };

    /// A receiver at 10 Hz, and a way to here that takes 200 to 230 ms.
    struct Bench {
        clock: GnssClock,
        rng: StdRng,
        epoch: i64,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                clock: GnssClock::new(DELAY),
                rng: StdRng::seed_from_u64(5),
                epoch: 0,
            }
        }

        /// The next epoch, whose UTC the receiver has wrong by `utc_ms`, held up by a further `held_s`: the error of
        /// the instant found and its sigma, seconds.
        fn epoch(&mut self, utc_ms: i64, held_s: f64) -> Result<(f64, f64), ClockDoubt> {
            let truth = Monotonic::from_nanos(self.epoch * 100_000_000);
            let utc = GnssTime::from_unix_ms(UTC_MS + self.epoch * 100 + utc_ms);
            let jitter = self.rng.random_range(0.0..0.03);
            self.epoch += 1;
            self.clock
                .instant_of(utc, truth.plus_seconds(DELAY.seconds + jitter + held_s))
                .map(|(at, sigma_s)| (at.seconds_since(truth), sigma_s))
        }

        fn settled() -> Self {
            let mut bench = Self::new();
            for _ in 0..200 {
                let _ = bench.epoch(0, 0.0);
            }
            bench
        }
    }

    #[test]
    fn no_instant_is_given_before_ten_consistent_epochs() {
        let mut bench = Bench::new();
        for epochs in 1..10 {
            assert_eq!(bench.epoch(0, 0.0), Err(ClockDoubt::Settling { epochs }));
        }
        assert!(bench.epoch(0, 0.0).is_ok());
    }

    #[test]
    fn jitter_of_30_ms_leaves_the_instant_within_3_ms_and_its_sigma_tells_so() {
        let mut bench = Bench::settled();
        let mut square_sum = 0.0;
        for _ in 0..2000 {
            let (error, sigma) = bench.epoch(0, 0.0).unwrap();
            assert!(error > -1e-9 && error < 3e-3, "{error}");
            square_sum += (error / sigma).powi(2);
        }
        let normalised = (square_sum / 2000.0).sqrt();
        assert!((0.3..3.0).contains(&normalised), "{normalised}");
    }

    #[test]
    fn the_sigma_of_the_delay_counts() {
        let mut clock = GnssClock::new(GnssDelay::default());
        let found: Vec<_> = (0..20)
            .map(|n| {
                clock.instant_of(
                    GnssTime::from_unix_ms(UTC_MS + n * 100),
                    Monotonic::from_nanos(n * 100_000_000),
                )
            })
            .collect();
        assert!(found.last().unwrap().unwrap().1 >= 0.05);
    }

    #[test]
    fn fixes_of_a_backlog_do_not_set_the_clock() {
        // Opened late: 30 old epochs come at once, then the newest in time.
        let mut bench = Bench::new();
        for n in 0..30 {
            assert!(bench.epoch(0, 3.0 - 0.1 * f64::from(n)).is_err());
        }
        for _ in 0..9 {
            let _ = bench.epoch(0, 0.0);
        }
        assert!(bench.epoch(0, 0.0).unwrap().0 < 0.03);
    }

    #[test]
    fn fixes_held_up_for_two_seconds_are_refused_and_the_next_taken() {
        let mut bench = Bench::settled();
        for n in 0..15 {
            let held = bench.epoch(0, 2.0 - 0.1 * f64::from(n));
            assert!(matches!(held, Err(ClockDoubt::Stepped { .. })), "{held:?}");
        }
        let (error, _) = bench.epoch(0, 0.0).unwrap();
        assert!(error.abs() < 3e-3);
    }

    #[test]
    fn a_lasting_delay_does_not_shift_the_instants() {
        let mut bench = Bench::settled();
        for _ in 0..100 {
            let (error, _) = bench.epoch(0, 0.4).unwrap();
            assert!(error < 6e-3, "{error}");
        }
        for _ in 0..100 {
            assert!(bench.epoch(0, 5.31).is_err());
        }
    }

    #[test]
    fn a_leap_second_is_taken_after_ten_epochs() {
        for leap_ms in [1000, -1000] {
            let mut bench = Bench::settled();
            let refused = (0..100)
                .take_while(|_| bench.epoch(leap_ms, 0.0).is_err())
                .count();
            assert!((9..30).contains(&refused), "{refused}");
            let (error, _) = bench.epoch(leap_ms, 0.0).unwrap();
            assert!(error.abs() < 0.02, "{error}");
        }
    }

    #[test]
    fn a_leap_second_that_does_not_last_is_not_taken() {
        let mut bench = Bench::settled();
        for _ in 0..8 {
            assert!(bench.epoch(-1000, 0.0).is_err());
        }
        let (error, _) = bench.epoch(0, 0.0).unwrap();
        assert!(error.abs() < 3e-3);
    }

    #[test]
    fn time_rolled_back_by_an_hour_is_taken_once_it_holds_and_wild_times_never() {
        let mut bench = Bench::settled();
        for n in 0..50 {
            assert!(bench.epoch(-3_600_000 - 700 * n, 0.0).is_err());
        }
        let refused = (0..100)
            .take_while(|_| bench.epoch(-3_600_000, 0.0).is_err())
            .count();
        assert!((9..30).contains(&refused), "{refused}");
        assert!(bench.epoch(-3_600_000, 0.0).unwrap().0.abs() < 0.02);
    }

    #[test]
    fn after_a_minute_without_receiver_the_clocks_are_related_anew() {
        let mut bench = Bench::settled();
        bench.epoch += 300;
        assert!(bench.epoch(0, 0.0).unwrap().0 < 0.01, "30 s later");
        bench.epoch += 700;
        let anew = bench.epoch(437, 0.0);
        assert_eq!(anew, Err(ClockDoubt::Settling { epochs: 1 }));
    }

    #[test]
    fn a_clock_50_ppm_fast_or_slow_is_followed() {
        for ppm in [50.0, -50.0] {
            let mut clock = GnssClock::new(DELAY);
            let mut rng = StdRng::seed_from_u64(6);
            for n in 0..6000 {
                let truth = Monotonic::from_nanos(n * 100_000_000)
                    .plus_seconds(n as f64 * 0.1 * ppm * 1e-6);
                let arrived = truth.plus_seconds(0.2 + rng.random_range(0.0..0.03));
                let found = clock.instant_of(GnssTime::from_unix_ms(UTC_MS + n * 100), arrived);
                if n > 200 {
                    let error = found.unwrap().0.seconds_since(truth);
                    assert!(error.abs() < 4e-3, "{error} at {n}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_times_make_it_panic_and_no_instant_lies_in_the_future(
            epochs in proptest::collection::vec((any::<i64>(), any::<i64>()), 0..50),
            steps in proptest::collection::vec((-2000..2000i64, 0..400i64), 0..300),
        ) {
            let mut clock = GnssClock::new(DELAY);
            for (utc, arrived) in epochs {
                let _ = clock.instant_of(GnssTime::from_unix_ms(utc), Monotonic::from_nanos(arrived));
            }
            let (mut clock, mut arrived) = (GnssClock::new(DELAY), Monotonic::from_nanos(0));
            for (n, (utc, later)) in (0..).zip(steps) {
                arrived = arrived.plus_seconds(later as f64 * 1e-3);
                let utc = GnssTime::from_unix_ms(UTC_MS + n * 100 + utc / 200 * 50);
                if let Ok((at, sigma_s)) = clock.instant_of(utc, arrived) {
                    prop_assert!(arrived.seconds_since(at) > DELAY.seconds - 1e-6);
                    prop_assert!(sigma_s > 0.0);
                }
            }
        }
    }
}
