//! A simulated flight through receiver, clock and trajectory: what is placed, how well, and what is not when the
//! receiver goes wrong.
//!
//! A circle of 80 m at 15 m/s; fixes at 10 Hz that arrive 200 to 230 ms after their instant; frames at any instant.

use nalgebra::Vector3;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scarp_geo::{
    Pose, Rotation, Timestamp,
    reference_frame::{Ned, Platform},
};
use scarp_test_support::nmea;

use crate::{
    ClockDoubt, Doubtful, FixSettings, GnssDelay, GnssReceiver, Monotonic, Mount, NoFix, NoPose,
    NotUsed, Pulse, Trajectory, TrajectorySettings, local::LocalFrame, testing::place,
};

/// Midnight, and the new year, come after 10 s.
const START_MS: i64 = 1_798_761_590_000;
const RADIUS_M: f64 = 80.0;
const SPEED_M_S: f64 = 15.0;
const DELAY: GnssDelay = GnssDelay {
    seconds: 0.2,
    sigma_s: 0.005,
};
/// Noise of the fixes, metres.
const NOISE_M: f64 = 0.03;
const LEVER_ARM_M: Vector3<f64> = Vector3::new(0.4, -0.1, 0.2);

/// What the receiver sends of one epoch, for a fault to change.
struct Epoch {
    /// Seconds of the flight.
    t: f64,
    utc_ms: i64,
    north_m: f64,
    quality: u8,
    /// The text of second 59 is turned into second 60.
    leap_second: bool,
    unplugged: bool,
    wrong_baud: bool,
    /// At a whole second the receiver gives a pulse.
    pulse: bool,
}

#[derive(Default)]
struct Outcome {
    /// Instant of each frame, its pose or why there is none.
    frames: Vec<(f64, Result<Pose, NoPose>)>,
    /// What the receiver's epochs were refused for.
    doubts: Vec<(f64, Doubtful)>,
    jumps: usize,
    /// Fixes not later than the one before.
    out_of_order: usize,
    garbage_bytes: u64,
}

fn instant(t: f64) -> Monotonic {
    Monotonic::from_nanos(5_000_000_000_000).plus_seconds(t)
}

/// Metres north and east of the antenna, and the aircraft's heading.
fn truth(t: f64) -> (f64, f64, f64) {
    let angle = SPEED_M_S / RADIUS_M * t;
    let (sin, cos) = angle.sin_cos();
    (RADIUS_M * sin, -RADIUS_M * cos, angle)
}

fn attitude(t: f64) -> Rotation<Platform, Ned> {
    let bank = (SPEED_M_S.powi(2) / (RADIUS_M * 9.81)).atan();
    Rotation::from_euler_rad(bank, 0.0, truth(t).2)
}

/// So near the antimeridian that every circle crosses it.
fn origin() -> LocalFrame {
    LocalFrame::at(place(-17.0, 179.999_8))
}

fn gaussian(rng: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (rng.random_range(1e-12..1.0), rng.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn sentences(epoch: &Epoch, noise: (f64, f64, f64)) -> Vec<u8> {
    let (north_m, east_m, heading) = truth(epoch.t);
    let place = origin().place(north_m + epoch.north_m + noise.0, east_m + noise.1);
    let said = nmea::Epoch {
        utc_ms: epoch.utc_ms,
        latitude_deg: place.latitude_deg(),
        longitude_deg: place.longitude_deg(),
        altitude_m: 860.0 + noise.2,
        geoid_separation_m: 40.0,
        quality: epoch.quality,
        speed_m_s: SPEED_M_S,
        course_deg: heading.to_degrees(),
        sigma_m: [NOISE_M; 3],
        leap_second: epoch.leap_second,
    };
    [said.rmc(), said.gga(), said.gst()].concat().into_bytes()
}

fn fly(seconds: f64, delay: GnssDelay, fault: impl Fn(&mut Epoch)) -> Outcome {
    let mut rng = StdRng::seed_from_u64(11);
    let mut receiver = GnssReceiver::new(FixSettings::default(), delay);
    let mut trajectory = Trajectory::new(TrajectorySettings {
        mount: Mount {
            lever_arm_m: LEVER_ARM_M,
            ..Mount::default()
        },
        ..TrajectorySettings::default()
    });
    let mut outcome = Outcome::default();
    let mut pending: Vec<f64> = Vec::new();
    for step in 0..(seconds * 10.0) as i64 {
        let t = step as f64 * 0.1;
        let mut epoch = Epoch {
            t,
            utc_ms: START_MS + step * 100,
            north_m: 0.0,
            quality: 4,
            leap_second: false,
            unplugged: false,
            wrong_baud: false,
            pulse: false,
        };
        fault(&mut epoch);
        if epoch.pulse && step % 10 == 0 {
            receiver.pulse(Pulse {
                at: instant(t + rng.random_range(0.0..1e-4)),
                sigma_s: 1e-6,
            });
        }
        let noise = [(); 3].map(|()| NOISE_M * gaussian(&mut rng));
        let mut bytes = sentences(&epoch, (noise[0], noise[1], noise[2]));
        if epoch.wrong_baud {
            for byte in &mut bytes {
                *byte = byte.rotate_left(3) ^ rng.random_range(0..8u8);
            }
        }
        if epoch.unplugged {
            bytes.clear();
        }
        for n in 0..5 {
            let t = t + f64::from(n) * 0.02;
            trajectory.push_attitude(instant(t), attitude(t)).unwrap();
        }
        pending.extend([(); 2].map(|()| t + rng.random_range(0.0..0.1)));

        let mut now = t + 0.2 + rng.random_range(0.0..0.03);
        for byte in bytes {
            now += 10.0 / 115_200.0;
            match receiver.push(byte, instant(now)) {
                Some(Ok(fix)) => match trajectory.push_fix(fix) {
                    Ok(()) => {}
                    Err(NotUsed::Jump { .. }) => outcome.jumps += 1,
                    Err(NotUsed::OutOfOrder(_)) if epoch.pulse => outcome.out_of_order += 1,
                    Err(other) => panic!("{other} at {t}"),
                },
                Some(Err(doubt)) => outcome.doubts.push((t, doubt)),
                None => {}
            }
        }
        pending.retain(|exposed| {
            match trajectory.pose_at(instant(*exposed), instant(now.max(t + 0.24))) {
                Err(NoPose::NotYet(_)) => true,
                pose => {
                    outcome.frames.push((*exposed, pose));
                    false
                }
            }
        });
    }
    outcome.garbage_bytes = receiver.counts().lines.garbage_bytes;
    outcome
}

/// North and east error of a pose in metres.
fn error_m(t: f64, pose: &Pose) -> (f64, f64) {
    let (north_m, east_m, _) = truth(t);
    let arm = attitude(t).rotate(&LEVER_ARM_M);
    let there = origin().place(north_m + arm.x, east_m + arm.y);
    LocalFrame::at(there).offset_m(pose.place)
}

impl Outcome {
    /// Frames exposed in a time, and how many of them have a pose.
    fn placed(&self, from: f64, to: f64) -> (usize, usize) {
        let within: Vec<_> = self
            .frames
            .iter()
            .filter(|(t, _)| (from..to).contains(t))
            .collect();
        let placed = within.iter().filter(|(_, pose)| pose.is_ok()).count();
        (placed, within.len())
    }

    fn assert_all_placed(&self, from: f64, to: f64) {
        let (placed, frames) = self.placed(from, to);
        assert!(frames > 0 && placed == frames, "{placed} of {frames}");
    }

    fn assert_none_placed(&self, from: f64, to: f64) {
        let (placed, frames) = self.placed(from, to);
        assert!(frames > 0 && placed == 0, "{placed} of {frames}");
    }

    /// Every pose given is right to half a metre, in place, height, attitude and time.
    fn assert_nothing_placed_wrongly(&self) {
        for (t, pose) in &self.frames {
            let Ok(pose) = pose else { continue };
            let (north_m, east_m) = error_m(*t, pose);
            assert!(north_m.hypot(east_m) < 0.5, "{north_m} {east_m} at {t}");
            let camera_m = 900.0 - attitude(*t).rotate(&LEVER_ARM_M).z;
            let up_m = pose.altitude.ellipsoid.unwrap().metres() - camera_m;
            assert!(up_m.abs() < 0.5, "{up_m} at {t}");
            let camera = attitude(*t).matrix() * Mount::default().boresight;
            let off = pose.attitude.rotation().matrix() - camera.matrix();
            assert!(off.norm() < 1e-3, "at {t}");
        }
    }
}

#[test]
fn with_the_delay_configured_tags_are_within_half_a_metre_and_their_covariance_covers_the_error() {
    let outcome = fly(120.0, DELAY, |_| {});
    outcome.assert_all_placed(1.2, 119.0);
    outcome.assert_nothing_placed_wrongly();
    let (mut within, mut axes) = (0, 0);
    for (t, pose) in &outcome.frames {
        let Ok(pose) = pose else { continue };
        let (covariance, velocity) = (pose.covariance, pose.velocity.unwrap());
        let (north_m, east_m) = error_m(*t, pose);
        for (error_m, sigma_m, speed_m_s) in [
            (north_m, covariance.sigma_north_m, velocity.north_m_s),
            (east_m, covariance.sigma_east_m, velocity.east_m_s),
        ] {
            axes += 1;
            let sigma_m = sigma_m.hypot(speed_m_s * covariance.sigma_time_s);
            within += usize::from(error_m.abs() < 3.0 * sigma_m);
        }
        let Some(Timestamp::Gnss(time)) = pose.time else {
            panic!("no time at {t}")
        };
        assert!((time.unix_ms() - START_MS - (t * 1000.0) as i64).abs() <= 5);
    }
    assert!(
        axes > 4000 && within * 100 >= axes * 99,
        "{within} of {axes}"
    );
}

#[test]
fn without_the_delay_configured_tags_are_three_metres_off() {
    let nothing = GnssDelay {
        seconds: 0.0,
        sigma_s: 0.0,
    };
    let outcome = fly(30.0, nothing, |_| {});
    let (t, pose) = outcome.frames.last().unwrap();
    let (north_m, east_m) = error_m(*t, pose.as_ref().unwrap());
    assert!((north_m.hypot(east_m) - 3.0).abs() < 0.3);
}

/// Root mean square of the horizontal errors of the poses in a time, metres.
fn rms_error_m(outcome: &Outcome, from: f64, to: f64) -> f64 {
    let frames = outcome.frames.iter();
    let squares: Vec<f64> = frames
        .filter(|(t, _)| (from..to).contains(t))
        .map(|(t, pose)| error_m(*t, pose.as_ref().unwrap()))
        .map(|(north_m, east_m)| north_m.powi(2) + east_m.powi(2))
        .collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

#[test]
fn with_the_delay_150_ms_wrong_tags_are_two_metres_off_without_the_pulse_and_centimetres_with_it() {
    for seconds in [0.05, 0.35] {
        let wrong = GnssDelay {
            seconds,
            sigma_s: 0.05,
        };
        let without = fly(40.0, wrong, |_| {});
        let with = fly(40.0, wrong, |epoch| epoch.pulse = true);
        let [without_m, with_m] = [&without, &with].map(|flown| rms_error_m(flown, 6.0, 39.0));
        assert!((without_m - 2.25).abs() < 0.3, "{without_m}");
        assert!(with_m < 0.06, "{with_m}");
        with.assert_all_placed(6.0, 39.0);
        // Where the instants move to the pulses'.
        assert!(with.jumps + with.out_of_order <= 2);
    }
}

#[test]
fn a_pulse_lost_in_flight_makes_no_jump_and_no_wrong_tag() {
    let wrong = GnssDelay {
        seconds: 0.35,
        sigma_s: 0.05,
    };
    let mut outcome = fly(60.0, wrong, |epoch| {
        epoch.pulse = !(20.0..40.0).contains(&epoch.t);
    });
    assert_eq!((outcome.jumps, outcome.out_of_order), (0, 0));
    outcome.assert_all_placed(6.0, 59.0);
    outcome.frames.retain(|(t, _)| *t > 6.0);
    outcome.assert_nothing_placed_wrongly();
}

#[test]
fn a_receiver_unplugged_and_back_leaves_untagged_frames_between() {
    let outcome = fly(40.0, DELAY, |epoch| {
        epoch.unplugged = (15.0..25.0).contains(&epoch.t);
    });
    outcome.assert_nothing_placed_wrongly();
    outcome.assert_all_placed(1.2, 14.8);
    outcome.assert_none_placed(15.0, 24.9);
    outcome.assert_all_placed(25.2, 39.0);
    let reason = |from: f64, to: f64| {
        let mut frames = outcome.frames.iter();
        let frame = frames.find(|(t, _)| (from..to).contains(t));
        frame.unwrap().1.clone().unwrap_err()
    };
    assert!(matches!(reason(20.0, 20.2), NoPose::Stale { .. }));
    assert!(matches!(
        reason(24.7, 24.9),
        NoPose::Gap { .. } | NoPose::Stale { .. }
    ));
}

#[test]
fn a_fix_lost_for_30_seconds_leaves_untagged_frames_with_the_reason() {
    let outcome = fly(60.0, DELAY, |epoch| {
        if (15.0..45.0).contains(&epoch.t) {
            epoch.quality = 0;
        }
    });
    outcome.assert_nothing_placed_wrongly();
    outcome.assert_none_placed(15.0, 44.9);
    outcome.assert_all_placed(45.2, 59.0);
    let lost = outcome
        .doubts
        .iter()
        .filter(|(_, doubt)| matches!(doubt, Doubtful::Fix(NoFix::Quality(_))));
    assert_eq!(lost.count(), 300);
}

#[test]
fn a_jump_of_500_m_places_nothing_while_it_lasts() {
    let outcome = fly(30.0, DELAY, |epoch| {
        if (15.0..16.5).contains(&epoch.t) {
            epoch.north_m = 500.0;
        }
    });
    outcome.assert_nothing_placed_wrongly();
    assert_eq!(outcome.jumps, 15);
    outcome.assert_none_placed(15.0, 16.4);
    outcome.assert_all_placed(16.6, 29.0);
}

#[test]
fn time_rolled_back_is_refused_until_it_holds() {
    for back_ms in [10_000, 3_600_000, 86_400_000] {
        let outcome = fly(40.0, DELAY, |epoch| {
            if epoch.t >= 15.0 {
                epoch.utc_ms -= back_ms;
            }
        });
        outcome.assert_nothing_placed_wrongly();
        outcome.assert_none_placed(15.0, 15.8);
        outcome.assert_all_placed(18.0, 39.0);
        assert!(
            outcome.doubts.iter().any(|(t, doubt)| *t >= 15.0
                && matches!(doubt, Doubtful::Clock(ClockDoubt::Stepped { .. })))
        );
    }
}

#[test]
fn a_week_rollover_in_flight_is_not_even_noticed() {
    let outcome = fly(40.0, DELAY, |epoch| {
        if epoch.t >= 15.0 {
            epoch.utc_ms -= 1024 * 7 * 86_400_000;
        }
    });
    outcome.assert_nothing_placed_wrongly();
    outcome.assert_all_placed(1.2, 39.0);
    assert!(
        outcome.frames.iter().flat_map(|(_, pose)| pose).all(
            |pose| matches!(pose.time, Some(Timestamp::Gnss(time)) if time.unix_ms() > START_MS)
        )
    );
}

#[test]
fn a_leap_second_costs_two_or_three_seconds_of_tags_and_places_nothing_wrongly() {
    // Told as second 60.
    let told = fly(40.0, DELAY, |epoch| {
        if epoch.t >= 10.0 - 1e-9 {
            epoch.utc_ms -= 1000;
            epoch.leap_second = epoch.t < 11.0 - 1e-9;
        }
    });
    // Repeated, and left out.
    let jumped = [-1000, 1000].map(|ms| {
        fly(40.0, DELAY, move |epoch| {
            if epoch.t >= 10.0 - 1e-9 {
                epoch.utc_ms += ms;
            }
        })
    });
    for outcome in jumped.iter().chain([&told]) {
        outcome.assert_nothing_placed_wrongly();
        outcome.assert_all_placed(1.2, 9.8);
        outcome.assert_none_placed(10.0, 10.8);
        outcome.assert_all_placed(13.5, 39.0);
    }
}

#[test]
fn garbage_at_the_wrong_baud_rate_places_nothing_and_is_counted() {
    let outcome = fly(40.0, DELAY, |epoch| {
        epoch.wrong_baud = (15.0..20.0).contains(&epoch.t);
    });
    outcome.assert_nothing_placed_wrongly();
    outcome.assert_none_placed(15.0, 19.8);
    outcome.assert_all_placed(20.3, 39.0);
    assert!(outcome.garbage_bytes > 5000, "{}", outcome.garbage_bytes);
}
