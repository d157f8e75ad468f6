//! The receiver's time by its pulse, through [`GnssClock`].

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scarp_geo::GnssTime;

use crate::{ClockDoubt, GnssClock, GnssDelay, Monotonic, Pulse, PulseDoubt};

/// UTC at the start of the tests, a whole second.
const UTC_MS: i64 = 1_762_766_845_000;
/// The least delay in the tests, seconds.
const WAY_S: f64 = 0.2;

/// A receiver at 10 Hz whose fixes are 200 to 230 ms under way.
struct Bench {
    clock: GnssClock,
    way_rng: StdRng,
    pulse_rng: StdRng,
    second: i64,
    /// By how much the receiver has UTC wrong.
    utc_ms: i64,
    /// How late the system stamps a pulse at the most, seconds.
    jitter_s: f64,
}

/// What was found of an epoch: error of the instant and its sigma, seconds.
type Found = Result<(f64, f64), ClockDoubt>;

impl Bench {
    /// With this much configured in place of [`WAY_S`].
    fn new(configured_s: f64) -> Self {
        Self {
            clock: GnssClock::new(GnssDelay {
                seconds: configured_s,
                sigma_s: 0.05,
            }),
            way_rng: StdRng::seed_from_u64(7),
            pulse_rng: StdRng::seed_from_u64(8),
            second: 0,
            utc_ms: 0,
            jitter_s: 1e-4,
        }
    }

    /// The next second, with pulses so long after its start: the ten epochs.
    fn second(&mut self, pulses_s: &[f64]) -> Vec<Found> {
        let start = Monotonic::from_nanos(self.second * 1_000_000_000);
        for pulse_s in pulses_s {
            let late_s = self.jitter_s * self.pulse_rng.random_range(0.0..1.0);
            self.clock.pulse(Pulse {
                at: start.plus_seconds(pulse_s + late_s),
                sigma_s: 1e-6,
            });
        }
        let utc_ms = UTC_MS + self.second * 1000 + self.utc_ms;
        self.second += 1;
        (0..10)
            .map(|tenth| {
                let truth = start.plus_seconds(tenth as f64 * 0.1);
                let arrived = truth.plus_seconds(WAY_S + self.way_rng.random_range(0.0..0.03));
                let utc = GnssTime::from_unix_ms(utc_ms + tenth * 100);
                let found = self.clock.instant_of(utc, arrived);
                found.map(|(at, sigma_s)| (at.seconds_since(truth), sigma_s))
            })
            .collect()
    }

    /// Seconds that all give instants right to `within_s`.
    fn assert_right(&mut self, seconds: i64, pulses_s: &[f64], within_s: f64) {
        for _ in 0..seconds {
            for found in self.second(pulses_s) {
                let (error_s, sigma_s) = found.unwrap();
                assert!(
                    error_s.abs() < within_s,
                    "{error_s} in second {}",
                    self.second
                );
                assert!(sigma_s > 0.0 && sigma_s < 0.1, "{sigma_s}");
            }
        }
    }

    /// After twenty seconds with pulses.
    fn settled(configured_s: f64) -> Self {
        let mut bench = Self::new(configured_s);
        for _ in 0..20 {
            bench.second(&[0.0]);
        }
        assert_eq!(bench.clock.pulse_doubt(), None);
        bench
    }
}

#[test]
fn with_a_delay_150_ms_wrong_the_instants_are_right_within_2_ms_once_five_pulses_have_come() {
    for wrong_s in [0.15, -0.15] {
        let mut bench = Bench::new(WAY_S + wrong_s);
        for pulses in 1..5 {
            let (error_s, _) = bench.second(&[0.0])[9].unwrap();
            assert!((error_s + wrong_s).abs() < 0.02, "{error_s}");
            let doubt = bench.clock.pulse_doubt();
            assert_eq!(doubt, Some(PulseDoubt::Settling { pulses }));
        }
        bench.assert_right(60, &[0.0], 2e-3);
        assert_eq!(bench.clock.pulse_doubt(), None);
    }
}

#[test]
fn the_sigma_is_that_of_the_pulses_and_not_of_the_delay() {
    for jitter_s in [0.0, 1e-4, 1e-3] {
        let mut bench = Bench::new(WAY_S);
        bench.jitter_s = jitter_s;
        for _ in 0..10 {
            bench.second(&[0.0]);
        }
        let (mut square_sum, mut most_s) = (0.0, 0.0_f64);
        for _ in 0..200 {
            for found in bench.second(&[0.0]) {
                let (error_s, sigma_s) = found.unwrap();
                square_sum += (error_s / sigma_s).powi(2);
                most_s = most_s.max(sigma_s);
            }
        }
        let normalised = (square_sum / 2000.0).sqrt();
        assert!(normalised < 2.0, "{normalised} at {jitter_s}");
        assert!(most_s < 1e-3, "{most_s} at {jitter_s}");
    }
}

#[test]
fn when_the_pulse_is_lost_instants_go_on_by_the_delay_that_it_measured() {
    let mut bench = Bench::settled(WAY_S + 0.15);
    let by_pulse = bench.second(&[0.0])[9].unwrap().1;
    bench.assert_right(120, &[], 6e-3);
    assert!(matches!(
        bench.clock.pulse_doubt(),
        Some(PulseDoubt::Stale { age_s }) if age_s > 115.0
    ));
    let without = bench.second(&[])[9].unwrap().1;
    assert!(without > 10.0 * by_pulse, "{without}, {by_pulse}");
    bench.assert_right(4, &[0.0], 6e-3);
    assert!(bench.clock.pulse_doubt().is_some());
    bench.assert_right(20, &[0.0], 2e-3);
    assert_eq!(bench.clock.pulse_doubt(), None);
}

#[test]
fn pulses_0_4_s_off_are_refused_with_the_reason_and_the_instants_are_as_without() {
    for off_s in [0.4, 0.6] {
        let mut bench = Bench::new(WAY_S);
        let mut without = Bench::new(WAY_S);
        for _ in 0..30 {
            assert_eq!(bench.second(&[off_s]), without.second(&[]));
        }
        let doubt = bench.clock.pulse_doubt();
        let Some(PulseDoubt::Contradicts { delay_s }) = doubt else {
            panic!("{doubt:?}")
        };
        let found_s = WAY_S - (off_s - off_s.round());
        assert!((delay_s - found_s).abs() < 0.01, "{delay_s}");
    }
}

#[test]
fn pulses_by_which_fixes_come_before_their_instant_are_refused() {
    // The falling edge of a pulse of 0.24 s.
    let mut bench = Bench::new(WAY_S);
    for _ in 0..30 {
        let _ = bench.second(&[0.24]);
    }
    let doubt = bench.clock.pulse_doubt();
    assert!(
        matches!(doubt, Some(PulseDoubt::Contradicts { delay_s }) if delay_s < 0.0),
        "{doubt:?}"
    );
    bench.assert_right(10, &[0.24], 3e-3);
}

#[test]
fn missed_and_spurious_pulses_do_no_harm() {
    let mut bench = Bench::settled(WAY_S + 0.15);
    let strays: [&[f64]; 7] = [
        &[],
        &[0.0, 0.37],
        &[-0.25, 0.0],
        &[0.9],
        &[0.0, 0.01, 0.02],
        &[0.5],
        &[],
    ];
    for pulses_s in strays {
        bench.assert_right(1, pulses_s, 2e-3);
        assert_eq!(bench.clock.pulse_doubt(), None, "{pulses_s:?}");
        bench.assert_right(1, &[0.0], 2e-3);
    }
    // A second train beside the first does not take over.
    bench.assert_right(20, &[0.0, 0.03], 2e-3);
    assert_eq!(bench.clock.pulse_doubt(), None);
    // Also when they come before the first real one.
    let mut bench = Bench::new(WAY_S + 0.15);
    bench.second(&[0.3]);
    for _ in 0..6 {
        bench.second(&[0.0]);
    }
    bench.assert_right(10, &[0.0], 2e-3);
}

#[test]
fn noise_on_the_wire_is_never_taken_for_pulses_and_named() {
    let mut bench = Bench::new(WAY_S);
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..300 {
        let noise_s = rng.random_range(0.0..1.0);
        bench.second(&[noise_s]);
        assert!(bench.clock.pulse_doubt().is_some());
    }
    let doubt = bench.clock.pulse_doubt();
    assert!(
        matches!(doubt, Some(PulseDoubt::OffBeat { .. })),
        "{doubt:?}"
    );
}

#[test]
fn a_burst_is_no_train() {
    let mut bench = Bench::new(WAY_S);
    bench.second(&[0.0, 0.0005, 0.001, 0.0015, 0.002, 0.0025]);
    assert!(bench.clock.pulse_doubt().is_some());
}

#[test]
fn a_beat_that_has_moved_is_followed_after_five_pulses() {
    let mut bench = Bench::settled(WAY_S);
    bench.assert_right(4, &[0.03], 2e-3);
    for _ in 0..3 {
        bench.second(&[0.03]);
    }
    for found in bench.second(&[0.03]) {
        let (error_s, _) = found.unwrap();
        assert!((error_s - 0.03).abs() < 2e-3, "{error_s}");
    }
}

#[test]
fn a_leap_second_or_utc_rolled_back_leaves_the_instants_right() {
    for utc_ms in [1000, -1000, -3_600_000] {
        let mut bench = Bench::settled(WAY_S + 0.15);
        bench.utc_ms = utc_ms;
        let refused = bench
            .second(&[0.0])
            .iter()
            .chain(&bench.second(&[0.0]))
            .filter(|found| match found {
                Err(ClockDoubt::Stepped { .. }) => true,
                Ok((error_s, _)) => {
                    assert!(error_s.abs() < 2e-3, "{error_s}");
                    false
                }
                Err(doubt) => panic!("{doubt}"),
            })
            .count();
        assert!((9..=20).contains(&refused), "{refused}");
        bench.second(&[0.0]);
        bench.assert_right(10, &[0.0], 2e-3);
        assert_eq!(bench.clock.pulse_doubt(), None);
    }
}

#[test]
fn a_clock_50_ppm_fast_or_slow_is_followed() {
    for ppm in [50.0, -50.0] {
        let mut clock = GnssClock::new(GnssDelay::default());
        let mut rng = StdRng::seed_from_u64(6);
        for n in 0..3000 {
            let truth =
                Monotonic::from_nanos(n * 100_000_000).plus_seconds(n as f64 * 0.1 * ppm * 1e-6);
            if n % 10 == 0 {
                clock.pulse(Pulse {
                    at: truth,
                    sigma_s: 1e-6,
                });
            }
            let arrived = truth.plus_seconds(0.2 + rng.random_range(0.0..0.03));
            let found = clock.instant_of(GnssTime::from_unix_ms(UTC_MS + n * 100), arrived);
            if n > 50 {
                let (at, sigma_s) = found.unwrap();
                let error_s = at.seconds_since(truth);
                assert!(error_s.abs() < 1e-4 && sigma_s < 1e-3, "{error_s} at {n}");
            }
        }
    }
}

#[test]
fn the_reasons_are_one_line_each_and_say_what_to_do() {
    for doubt in [
        PulseDoubt::Missing,
        PulseDoubt::Settling { pulses: 2 },
        PulseDoubt::Stale { age_s: 7.0 },
        PulseDoubt::OffBeat { off_s: 0.3 },
        PulseDoubt::Contradicts { delay_s: 0.6 },
    ] {
        let line = doubt.to_string();
        assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
    }
}

/// A pulse, or an epoch with its UTC.
fn step() -> impl Strategy<Value = (Option<i64>, i64)> {
    (proptest::option::of(-1500..1500i64), 0..1200i64)
}

proptest! {
    #[test]
    fn no_times_make_it_panic(steps in proptest::collection::vec((any::<Option<i64>>(), any::<i64>(), any::<f64>()), 0..60)) {
        let mut clock = GnssClock::new(GnssDelay::default());
        for (utc, at, sigma_s) in steps {
            let at = Monotonic::from_nanos(at);
            match utc {
                None => clock.pulse(Pulse { at, sigma_s }),
                Some(utc) => drop(clock.instant_of(GnssTime::from_unix_ms(utc), at)),
            }
        }
    }

    #[test]
    fn no_pulse_puts_an_instant_after_its_fix(
        steps in proptest::collection::vec(step(), 0..300),
        beat in 0..1000i64,
    ) {
        let delay = GnssDelay { seconds: 0.2, sigma_s: 0.0 };
        let mut clock = GnssClock::new(delay);
        let mut arrived = Monotonic::from_nanos(0);
        for (n, (utc, later)) in (0..).zip(steps) {
            arrived = arrived.plus_seconds(later as f64 * 1e-3);
            // A beat now and then, so that pulses are believed.
            let second = arrived.nanos() / 1_000_000_000 * 1_000_000_000 + beat * 1_000_000;
            if n % 2 == 0 {
                clock.pulse(Pulse { at: Monotonic::from_nanos(second), sigma_s: 0.0 });
            }
            let utc = arrived.nanos() / 1_000_000 + utc.unwrap_or(0) / 300 * 25;
            if let Ok((at, sigma_s)) = clock.instant_of(GnssTime::from_unix_ms(utc), arrived) {
                prop_assert!(arrived.seconds_since(at) > -0.003);
                prop_assert!(sigma_s > 0.0 && sigma_s.is_finite());
            }
        }
    }
}
