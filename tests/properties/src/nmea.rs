//! Bytes of a serial port to the GNSS receiver, and its fixes to the aircraft's trajectory.

use scarp_geo::{Pose, Rotation, VerticalDatum, Wgs84};
use scarp_nav::{
    Doubtful, Fix, FixSettings, GnssDelay, GnssReceiver, Monotonic, TimedFix, Trajectory,
    TrajectorySettings,
};

/// One byte at 115,200 baud.
const BYTE_NS: i64 = 86_806;
/// One sentence where two of them make an epoch at 10 Hz.
const SENTENCE_NS: i64 = 50_000_000;
/// How far beyond both fixes a turn between them may lead: 33 m.
const SLACK_DEG: f64 = 3e-4;
/// 1024 weeks from 2025-01-01: the dates a fix may have, in milliseconds since 1970.
const DATES_MS: std::ops::Range<i64> = 1_735_689_600_000..1_735_689_600_000 + 1024 * 7 * 86_400_000;

/// Reads `data` as it is, and once more with every checksum put right: changed sentences seldom get past it.
pub fn check(data: &[u8]) {
    let mut receiver = GnssReceiver::new(FixSettings::default(), GnssDelay::default());
    let mut flight = Flight::default();
    for (n, byte) in (0..).zip(data) {
        flight.take(receiver.push(*byte, Monotonic::from_nanos(n * BYTE_NS)));
    }

    let settings = FixSettings {
        altitude_datum: Some(VerticalDatum::Egm96),
        accept_simulated: true,
    };
    let mut receiver = GnssReceiver::new(settings, GnssDelay::default());
    let mut flight = Flight::default();
    for (n, line) in (0..).zip(data.split(|byte| *byte == b'\n')) {
        let at = Monotonic::from_nanos(n * SENTENCE_NS);
        for byte in with_checksum(line) {
            flight.take(receiver.push(byte, at));
        }
    }
}

/// What lies between the last dollar sign of a line and its asterisk, as a sentence.
fn with_checksum(line: &[u8]) -> Vec<u8> {
    let body = line.rsplit(|byte| *byte == b'$').next().unwrap_or_default();
    let body = body.split(|byte| *byte == b'*').next().unwrap_or_default();
    let sum = body.iter().fold(0, |sum, byte| sum ^ byte);
    [b"$", body, format!("*{sum:02X}\r\n").as_bytes()].concat()
}

/// An aircraft that stays level.
#[derive(Default)]
struct Flight {
    /// Made for the first fix, because it is large.
    trajectory: Option<Trajectory>,
    newest: Option<TimedFix>,
}

impl Flight {
    /// Whatever came, no fix and no pose may be one that cannot be true.
    fn take(&mut self, epoch: Option<Result<TimedFix, Doubtful>>) {
        let timed = match epoch {
            None => return,
            Some(Err(reason)) => return assert_one_line(&reason.to_string()),
            Some(Ok(timed)) => timed,
        };
        assert_true(&timed);
        let at = timed.at;
        let trajectory = self
            .trajectory
            .get_or_insert_with(|| Trajectory::new(TrajectorySettings::default()));
        let _ = trajectory.push_attitude(at, Rotation::identity());
        if let Err(reason) = trajectory.push_fix(timed.clone()) {
            assert_one_line(&reason.to_string());
            return;
        }
        let Some(before) = self.newest.replace(timed.clone()) else {
            return;
        };
        for fraction in [0.25, 0.5] {
            let exposed = before
                .at
                .plus_seconds(fraction * at.seconds_since(before.at));
            match trajectory.pose_at(exposed, at) {
                Err(reason) => assert_one_line(&reason.to_string()),
                Ok(pose) => assert_between(&pose, &before.fix, &timed.fix),
            }
        }
    }
}

/// No pose may lie elsewhere than on the way from one fix to the next.
fn assert_between(pose: &Pose, from: &Fix, to: &Fix) {
    let sigma = pose.covariance;
    for sigma in [sigma.sigma_north_m, sigma.sigma_east_m, sigma.sigma_up_m] {
        assert!(sigma.is_finite() && sigma > 0.0, "{pose:?}");
    }
    assert!(pose.place.is_on_earth(), "{pose:?}");
    assert!(!pose.altitude.is_empty(), "{pose:?}");
    let near =
        |at: f64, a: f64, b: f64, slack: f64| (a.min(b) - slack..=a.max(b) + slack).contains(&at);
    let [at, a, b] = [pose.place, from.place, to.place].map(Wgs84::latitude_deg);
    assert!(near(at, a, b, SLACK_DEG), "{pose:?} {from:?} {to:?}");
    // Degrees of longitude are short near a pole, and jump where east meets west.
    let slack = SLACK_DEG / at.to_radians().cos();
    let pole = at.abs() >= 80.0;
    let [at, a, b] = [pose.place, from.place, to.place].map(Wgs84::longitude_deg);
    if !pole && a.abs().max(b.abs()) < 179.0 {
        assert!(near(at, a, b, slack), "{pose:?} {from:?} {to:?}");
    }
}

fn assert_true(timed: &TimedFix) {
    let fix = &timed.fix;
    assert!(
        timed.sigma_time_s.is_finite() && timed.sigma_time_s >= 0.0,
        "{timed:?}"
    );
    assert!(fix.place.is_on_earth(), "{fix:?}");
    assert_ne!(fix.place, Wgs84::ZERO, "{fix:?}");
    assert!(DATES_MS.contains(&fix.time.unix_ms()), "{fix:?}");
    assert!(!fix.altitude.is_empty(), "{fix:?}");
    let heights = [
        fix.altitude.ellipsoid.map(|height| height.metres()),
        fix.altitude.egm96.map(|height| height.metres()),
        fix.altitude.egm2008.map(|height| height.metres()),
        fix.geoid_separation_m,
        fix.heading_deg,
        fix.velocity
            .map(|velocity| velocity.north_m_s.hypot(velocity.east_m_s)),
    ];
    assert!(
        heights.iter().flatten().all(|number| number.is_finite()),
        "{fix:?}"
    );
    for sigma in [fix.sigma.north_m, fix.sigma.east_m, fix.sigma.up_m] {
        assert!(sigma.is_finite() && sigma > 0.0, "{fix:?}");
    }
}

fn assert_one_line(message: &str) {
    assert_eq!(message.lines().count(), 1, "{message}");
}
