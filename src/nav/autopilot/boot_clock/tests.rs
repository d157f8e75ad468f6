//! The autopilot's clock against a simulated one with delay, jitter, drift and reboot.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::Monotonic;
use crate::autopilot::{BootClock, BootClockDoubt, BootInstant, BootTime, ReplyNotUsed};

/// An autopilot booted `booted_s` after the start of our clock, whose messages take 5 to 25 ms.
struct Bench {
    clock: BootClock,
    rng: StdRng,
    booted_s: f64,
    drift: f64,
}

fn at(seconds: f64) -> Monotonic {
    Monotonic::from_nanos(0).plus_seconds(seconds)
}

impl Bench {
    fn new() -> Self {
        Self {
            clock: BootClock::default(),
            rng: StdRng::seed_from_u64(7),
            booted_s: 90.0,
            drift: 0.0,
        }
    }

    fn boot_ns(&self, t: f64) -> i64 {
        ((t - self.booted_s) * (1.0 + self.drift) * 1e9) as i64
    }

    fn delay_s(&mut self) -> f64 {
        self.rng.random_range(0.005..0.025)
    }

    /// A message made at `t`, held up by `held_s`: the error of the instant found, and its sigma.
    fn message(&mut self, t: f64, held_s: f64) -> Result<(f64, f64), BootClockDoubt> {
        let boot = BootTime::from_millis((self.boot_ns(t) / 1_000_000) as u32);
        let arrived = at(t + held_s + self.delay_s());
        let BootInstant { at: found, sigma_s } = self.clock.observe(boot, arrived)?;
        Ok((found.seconds_since(at(t)), sigma_s))
    }

    fn timesync(&mut self, t: f64) -> Result<(), ReplyNotUsed> {
        let ts1 = self.clock.request(at(t));
        let there = t + self.delay_s();
        let back = there + self.delay_s();
        self.clock.reply(self.boot_ns(there), ts1, at(back))
    }

    /// Messages at 50 Hz.
    fn settle(&mut self, from: f64, seconds: f64) {
        for step in 0..(seconds * 50.0) as u32 {
            let _ = self.message(from + f64::from(step) * 0.02, 0.0);
        }
    }
}

#[test]
fn before_any_reply_the_envelope_is_used_with_a_large_sigma() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.message(100.0, 0.0),
        Err(BootClockDoubt::Settling { samples: 1 })
    );
    bench.settle(100.02, 2.0);
    let (error_s, sigma_s) = bench.message(102.1, 0.0).unwrap();
    assert!((0.004..0.01).contains(&error_s), "{error_s}");
    assert!((0.02..0.03).contains(&sigma_s));
    assert!(!bench.clock.is_synchronised());
}

#[test]
fn round_trips_bring_the_error_below_the_sigma_they_tell() {
    let mut bench = Bench::new();
    bench.drift = 40e-6;
    bench.settle(100.0, 1.0);
    for step in 0..200 {
        let t = 101.0 + f64::from(step);
        assert_eq!(bench.timesync(t), Ok(()));
        let (error_s, sigma_s) = bench.message(t + 0.5, 0.0).unwrap();
        assert!(error_s.abs() < sigma_s && sigma_s < 0.026, "{step}");
        if step > 20 {
            assert!(error_s.abs() < 0.01, "{error_s}");
        }
    }
    assert!(bench.clock.is_synchronised());
}

#[test]
fn a_message_held_up_has_its_true_instant() {
    let mut bench = Bench::new();
    bench.settle(100.0, 1.0);
    bench.timesync(101.0).unwrap();
    let (error_s, _) = bench.message(101.1, 1.2).unwrap();
    assert!(error_s.abs() < 0.02, "{error_s}");
}

#[test]
fn a_reboot_drops_the_relation_until_ten_samples_hold() {
    let mut bench = Bench::new();
    bench.settle(100.0, 5.0);
    bench.timesync(105.0).unwrap();
    let open = bench.clock.request(at(105.5));
    bench.booted_s = 106.0;
    assert!(matches!(
        bench.message(109.0, 0.0),
        Err(BootClockDoubt::Rebooted { by_s }) if (by_s - 12.0).abs() < 0.1
    ));
    assert_eq!(
        bench.clock.reply(1, open, at(109.0)),
        Err(ReplyNotUsed::Unasked)
    );
    for samples in 2..10 {
        assert_eq!(
            bench.message(109.0 + 0.02 * f64::from(samples), 0.0),
            Err(BootClockDoubt::Settling { samples })
        );
    }
    assert!(bench.message(109.3, 0.0).unwrap().0.abs() < 0.03);
}

#[test]
fn a_reboot_during_a_long_silence_is_found_too() {
    let mut bench = Bench::new();
    bench.booted_s = 99.0;
    bench.settle(100.0, 5.0);
    // 20 s after its reboot the autopilot shows more than it did before.
    bench.booted_s = 130.0;
    let results: Vec<_> = (0..30)
        .map(|step| bench.message(150.0 + 0.02 * f64::from(step), 0.0))
        .collect();
    assert!(matches!(results[0], Err(BootClockDoubt::Astray { behind_s }) if behind_s > 30.0));
    assert!(results[..18].iter().all(Result::is_err));
    assert!(results[20].unwrap().0.abs() < 0.03);
}

#[test]
fn replies_that_tell_nothing_are_not_used() {
    let mut bench = Bench::new();
    assert_eq!(bench.timesync(100.0), Err(ReplyNotUsed::Early));
    bench.settle(100.0, 1.0);
    let clock = &mut bench.clock;
    assert_eq!(clock.reply(1, 2, at(101.0)), Err(ReplyNotUsed::Unasked));
    let ts1 = clock.request(at(101.0));
    let slow = clock.reply(11_000_000_000, ts1, at(102.0));
    assert!(matches!(slow, Err(ReplyNotUsed::Slow { .. })));
    assert_eq!(clock.reply(1, ts1, at(102.0)), Err(ReplyNotUsed::Unasked));
    let ts1 = clock.request(at(102.0));
    let unix = clock.reply(1_790_000_000_000_000_000, ts1, at(102.01));
    assert!(matches!(unix, Err(ReplyNotUsed::OtherClock { .. })));
}

#[test]
fn an_exposure_of_long_ago_is_placed_without_looking_like_a_reboot() {
    let mut bench = Bench::new();
    bench.settle(100.0, 60.0);
    bench.timesync(160.0).unwrap();
    let boot = BootTime::from_nanos(bench.boot_ns(101.0));
    let found = bench.clock.instant_of(boot).unwrap();
    assert!(found.at.seconds_since(at(101.0)).abs() < 0.02);
    assert!(bench.message(160.1, 0.0).is_ok());
}

proptest! {
    #[test]
    fn no_times_make_it_panic(
        samples in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i64>(), 0..4u8), 0..60),
    ) {
        let mut clock = BootClock::default();
        for (a, b, c, kind) in samples {
            let now = Monotonic::from_nanos(a);
            match kind {
                0 => { let _ = clock.observe(BootTime::from_nanos(b), now); }
                1 => { let _ = clock.reply(b, c, now); }
                2 => { let ts1 = clock.request(now); let _ = clock.reply(b, ts1, Monotonic::from_nanos(c)); }
                _ => { let _ = clock.instant_of(BootTime::from_nanos(b)); }
            }
        }
    }
}
