//! The way from one fix to the next.

use scarp_geo::{
    Altitudes, GnssTime, GroundVelocity, HeightAboveEllipsoid, HeightEgm96, HeightEgm2008, Wgs84,
};

use super::{PositionSigma, TimedFix, local::LocalFrame};

/// What a small aircraft accelerates by in a turn, metres per second squared: a bank of 27 degrees.
const ACCELERATION_M_S2: f64 = 5.0;

/// A receiver's velocity may differ from that of the straight way by what is gained between the fixes and in so many seconds
/// more, for the noise of the places.
const NOISE_S: f64 = 1.0;

/// A point on the way from one fix to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct FixSegment<'a> {
    /// The fix before.
    pub from: &'a TimedFix,
    /// The fix after.
    pub to: &'a TimedFix,
    /// Seconds from one to the other; 0 when both are the same.
    pub seconds: f64,
    /// Where between them: 0 at `from`, 1 at `to`.
    pub fraction: f64,
}

impl FixSegment<'_> {
    /// The place so many metres north and east of the antenna.
    ///
    /// The antenna moves along the cubic that has the fixes' places and velocities at its ends (Hermite), or along the
    /// straight line where a velocity is missing.
    pub fn place(&self, north_m: f64, east_m: f64) -> Wgs84 {
        let from = &self.from.fix;
        let (to_north_m, to_east_m) = self.offset_m();
        let (start, end) = self.end_velocities().unwrap_or((STILL, STILL));
        let (u, u2, u3) = (self.fraction, self.fraction.powi(2), self.fraction.powi(3));
        let along = |to_m: f64, start_m_s: f64, end_m_s: f64| {
            (3.0 * u2 - 2.0 * u3) * to_m
                + ((u3 - 2.0 * u2 + u) * start_m_s + (u3 - u2) * end_m_s) * self.seconds
        };
        LocalFrame::at(from.place).place(
            north_m + along(to_north_m, start.north_m_s, end.north_m_s),
            east_m + along(to_east_m, start.east_m_s, end.east_m_s),
        )
    }

    /// The antenna's heights, raised by `up_m`: those that both fixes have.
    pub fn altitude(&self, up_m: f64) -> Altitudes {
        let (from, to) = (&self.from.fix.altitude, &self.to.fix.altitude);
        let between = |from: f64, to: f64| self.between(from, to) + up_m;
        Altitudes {
            takeoff: None,
            above_ground: None,
            ellipsoid: (from.ellipsoid.zip(to.ellipsoid))
                .map(|(a, b)| HeightAboveEllipsoid::new(between(a.metres(), b.metres()))),
            egm96: (from.egm96.zip(to.egm96))
                .map(|(a, b)| HeightEgm96::new(between(a.metres(), b.metres()))),
            egm2008: (from.egm2008.zip(to.egm2008))
                .map(|(a, b)| HeightEgm2008::new(between(a.metres(), b.metres()))),
        }
    }

    /// Velocity over ground.
    pub fn velocity(&self) -> Option<GroundVelocity> {
        let (start, end) = self.end_velocities()?;
        Some(GroundVelocity {
            north_m_s: self.between(start.north_m_s, end.north_m_s),
            east_m_s: self.between(start.east_m_s, end.east_m_s),
        })
    }

    /// Receiver time.
    pub fn utc(&self) -> GnssTime {
        let since_ms = (self.fraction * self.seconds * 1e3).round() as i64;
        GnssTime::from_unix_ms(self.from.fix.time.unix_ms().saturating_add(since_ms))
    }

    /// Error of the place: that of the worse fix, because the errors of neighbouring fixes are much the same and do not
    /// average out, and by how much the way may bend between them.
    pub fn sigma(&self) -> PositionSigma {
        let (from, to) = (self.from.fix.sigma, self.to.fix.sigma);
        // A constant acceleration leads that far from the straight line.
        let bend_m =
            0.5 * ACCELERATION_M_S2 * self.fraction * (1.0 - self.fraction) * self.seconds.powi(2);
        PositionSigma {
            north_m: from.north_m.max(to.north_m).hypot(bend_m),
            east_m: from.east_m.max(to.east_m).hypot(bend_m),
            up_m: from.up_m.max(to.up_m).hypot(bend_m),
        }
    }

    /// Error of the instant, seconds.
    pub fn sigma_time_s(&self) -> f64 {
        self.from.sigma_time_s.max(self.to.sigma_time_s)
    }

    /// The velocities at both ends: as the receiver gave them where they agree with the way, else that of the straight way.
    fn end_velocities(&self) -> Option<(GroundVelocity, GroundVelocity)> {
        let given = self.from.fix.velocity.zip(self.to.fix.velocity);
        if self.seconds <= 0.0 {
            return given;
        }
        let (north_m, east_m) = self.offset_m();
        let straight = GroundVelocity {
            north_m_s: north_m / self.seconds,
            east_m_s: east_m / self.seconds,
        };
        let limit_m_s = ACCELERATION_M_S2 * (self.seconds + NOISE_S);
        let agrees = |v: &GroundVelocity| {
            let (north, east) = (
                v.north_m_s - straight.north_m_s,
                v.east_m_s - straight.east_m_s,
            );
            north.hypot(east) <= limit_m_s
        };
        Some(
            given
                .filter(|(start, end)| agrees(start) && agrees(end))
                .unwrap_or((straight, straight)),
        )
    }

    /// Metres north and east from one fix to the other.
    fn offset_m(&self) -> (f64, f64) {
        let (from, to) = (&self.from.fix, &self.to.fix);
        LocalFrame::at(from.place).offset_m(to.place)
    }

    fn between(&self, from: f64, to: f64) -> f64 {
        from + self.fraction * (to - from)
    }
}

const STILL: GroundVelocity = GroundVelocity {
    north_m_s: 0.0,
    east_m_s: 0.0,
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scarp_geo::VerticalDatum;

    use super::{
        super::testing::{place, timed_fix},
        *,
    };

    fn segment<'a>(from: &'a TimedFix, to: &'a TimedFix, fraction: f64) -> FixSegment<'a> {
        FixSegment {
            from,
            to,
            seconds: to.at.seconds_since(from.at),
            fraction,
        }
    }

    /// Metres between a place and where a fix so many metres off the origin is.
    fn off_m(place: Wgs84, north_m: f64, east_m: f64) -> f64 {
        let there = timed_fix(0.0, north_m, east_m, 0.0).fix;
        let (north, east) = LocalFrame::at(there.place).offset_m(place);
        north.hypot(east)
    }

    #[test]
    fn a_velocity_that_does_not_agree_with_the_way_does_not_bend_it() {
        let from = timed_fix(0.0, 0.0, 0.0, 0.0);
        let mut to = timed_fix(0.1, 1.5, 0.0, 0.0);
        for knots in [60.0, 1e3, 1e38] {
            let glitch = GroundVelocity {
                north_m_s: 0.0,
                east_m_s: knots * 0.514,
            };
            to.fix.velocity = Some(glitch);
            let segment = segment(&from, &to, 0.25);
            assert!(off_m(segment.place(0.0, 0.0), 0.375, 0.0) < 1e-3);
            assert!((segment.velocity().unwrap().north_m_s - 15.0).abs() < 1e-3);
        }
    }

    /// On a circle of 40 m at 15 m/s.
    fn circling(seconds: f64, with_velocity: bool) -> (TimedFix, (f64, f64)) {
        let (sin, cos) = (15.0 / 40.0 * seconds).sin_cos();
        let mut fix = timed_fix(seconds, 40.0 * sin, -40.0 * cos, 0.0);
        fix.fix.velocity = with_velocity.then_some(GroundVelocity {
            north_m_s: 15.0 * cos,
            east_m_s: 15.0 * sin,
        });
        (fix, (40.0 * sin, -40.0 * cos))
    }

    #[test]
    fn in_a_turn_velocities_keep_the_place_on_the_circle() {
        let middle = circling(0.25, false).1;
        for (with_velocity, at_least_m, at_most_m) in [(true, 0.0, 0.002), (false, 0.1, 0.2)] {
            let (from, to) = (
                circling(0.0, with_velocity).0,
                circling(0.5, with_velocity).0,
            );
            let segment = segment(&from, &to, 0.5);
            let off_m = off_m(segment.place(0.0, 0.0), middle.0, middle.1);
            assert!((at_least_m..at_most_m).contains(&off_m), "{off_m}");
            assert!(segment.sigma().north_m > 1.5f64.hypot(0.15));
        }
    }

    #[test]
    fn only_heights_that_both_fixes_have_are_given() {
        let (from, mut to) = (timed_fix(0.0, 0.0, 0.0, 0.0), timed_fix(0.1, 0.0, 0.0, 2.0));
        to.fix.altitude.egm96 = Some(HeightEgm96::new(850.0));
        let altitude = segment(&from, &to, 0.25).altitude(-0.1);
        assert!((altitude.ellipsoid.unwrap().metres() - 900.4).abs() < 1e-9);
        assert_eq!(altitude.over(VerticalDatum::Egm96), None);
    }

    #[test]
    fn the_worse_fix_and_the_worse_clock_count() {
        let (from, mut to) = (timed_fix(0.0, 0.0, 0.0, 0.0), timed_fix(0.1, 0.0, 0.0, 0.0));
        to.fix.sigma.east_m = 6.0;
        to.sigma_time_s = 0.03;
        let segment = segment(&from, &to, 0.1);
        assert!(
            (segment.sigma().east_m - 6.0).abs() < 1e-3
                && (segment.sigma().north_m - 1.5).abs() < 1e-3
        );
        assert_eq!(segment.sigma_time_s(), 0.03);
    }

    #[test]
    fn the_way_over_the_antimeridian_is_short() {
        let (mut from, mut to) = (timed_fix(0.0, 0.0, 0.0, 0.0), timed_fix(0.1, 0.0, 0.0, 0.0));
        for (fix, longitude_deg) in [(&mut from, 179.999_99), (&mut to, -179.999_99)] {
            fix.fix.place = place(-17.0, longitude_deg);
        }
        let segment = segment(&from, &to, 0.75);
        let between = segment.place(0.0, 0.0);
        assert!((between.latitude_deg() + 17.0).abs() < 1e-12);
        assert!(
            (between.longitude_deg() + 179.999_995).abs() < 1e-9,
            "{between}"
        );
        assert!((segment.velocity().unwrap().east_m_s - 21.3).abs() < 0.1);
    }

    proptest! {
        #[test]
        fn the_way_passes_through_both_fixes(
            north in -9.0..9.0f64, east in -9.0..9.0f64, speed in proptest::option::of(-20.0..20.0f64),
        ) {
            let (mut from, mut to) = (timed_fix(0.0, 1.0, 2.0, 0.0), timed_fix(0.2, north, east, 5.0));
            for fix in [&mut from, &mut to] {
                fix.fix.velocity = speed.map(|v| GroundVelocity { north_m_s: v, east_m_s: -v });
            }
            prop_assert!(off_m(segment(&from, &to, 0.0).place(0.0, 0.0), 1.0, 2.0) < 1e-4);
            prop_assert!(off_m(segment(&from, &to, 1.0).place(0.0, 0.0), north, east) < 1e-4);
            prop_assert_eq!(segment(&from, &to, 1.0).utc(), to.fix.time);
        }
    }
}
