//! One flight from the ground and back to it: where the aircraft is at any time, and how it is turned.

/// Metres per second up and down.
const CLIMB_M_S: f64 = 5.0;
/// How long the aircraft stays on the ground, disarmed, after it has landed.
pub const LANDED_S: f64 = 5.0;
const GRAVITY_M_S2: f64 = 9.81;

/// The plan of a flight.
#[derive(Debug, Clone, PartialEq)]
pub struct Sortie {
    /// Latitude and longitude of take-off, in degrees.
    pub home_deg: (f64, f64),
    /// Height of take-off over EGM96.
    pub home_height_m: f64,
    /// Height of the legs above take-off.
    pub agl_m: f64,
    /// Over ground.
    pub speed_m_s: f64,
    /// Of the first leg, clockwise from north.
    pub heading_deg: f64,
    /// Legs there and back; without them one straight line.
    pub legs: Option<Legs>,
    /// On the ground before the motors are armed.
    pub wait_s: f64,
    /// At height.
    pub seconds: f64,
}

/// Parallel legs, each to the right of the one before as the first is flown, joined by half circles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Legs {
    /// Of each.
    pub length_m: f64,
    /// From one to the next: the half circles' diameter.
    pub spacing_m: f64,
}

/// The aircraft at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Degrees, WGS84.
    pub latitude_deg: f64,
    /// Degrees, WGS84.
    pub longitude_deg: f64,
    /// Over EGM96.
    pub height_m: f64,
    /// Above take-off.
    pub above_home_m: f64,
    /// Over ground, the way the nose points.
    pub speed_m_s: f64,
    /// Up.
    pub climb_m_s: f64,
    /// Of the nose, clockwise from north, 0 to 360.
    pub heading_deg: f64,
    /// Right wing down.
    pub roll_deg: f64,
    /// Whether the motors may turn.
    pub armed: bool,
}

/// Along the first leg and to its right, in metres, and turned clockwise from it.
#[derive(Debug, Clone, Copy)]
struct Step {
    along_m: f64,
    right_m: f64,
    turn_deg: f64,
    roll_deg: f64,
}

impl Sortie {
    /// From start to end.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.wait_s + 2.0 * self.climb_s() + self.seconds + LANDED_S
    }

    /// From start to the height of the legs: then they begin, and take [`Self::seconds`].
    #[must_use]
    pub fn on_line_s(&self) -> f64 {
        self.wait_s + self.climb_s()
    }

    /// Ends the legs where the aircraft is so long after the start, or begins them with the way down.
    pub fn land(&mut self, time_s: f64) {
        self.seconds = (time_s - self.on_line_s()).clamp(0.0, self.seconds);
    }

    /// The aircraft, so long after the start.
    #[must_use]
    pub fn at(&self, time_s: f64) -> Motion {
        let flown_s = time_s - self.on_line_s();
        let step = self.step(flown_s.clamp(0.0, self.seconds) * self.speed_m_s);
        let below_s = (-flown_s).max(flown_s - self.seconds).max(0.0);
        let above_home_m = (self.agl_m - below_s * CLIMB_M_S).max(0.0);
        let on_line = below_s == 0.0;
        let armed = time_s >= self.wait_s && below_s < self.climb_s();
        let climb_m_s = match (armed, on_line) {
            (true, false) => CLIMB_M_S.copysign(-flown_s),
            _ => 0.0,
        };
        let (sin, cos) = self.heading_deg.to_radians().sin_cos();
        let north_m = step.along_m * cos - step.right_m * sin;
        let east_m = step.along_m * sin + step.right_m * cos;
        let (latitude_deg, longitude_deg) = moved(self.home_deg, north_m, east_m);
        Motion {
            latitude_deg,
            longitude_deg,
            height_m: self.home_height_m + above_home_m,
            above_home_m,
            speed_m_s: if on_line { self.speed_m_s } else { 0.0 },
            climb_m_s,
            heading_deg: (self.heading_deg + step.turn_deg).rem_euclid(360.0),
            roll_deg: if on_line { step.roll_deg } else { 0.0 },
            armed,
        }
    }

    fn climb_s(&self) -> f64 {
        self.agl_m / CLIMB_M_S
    }

    /// After so many metres.
    fn step(&self, flown_m: f64) -> Step {
        let Some(Legs {
            length_m,
            spacing_m,
        }) = self.legs
        else {
            return Step {
                along_m: flown_m,
                right_m: 0.0,
                turn_deg: 0.0,
                roll_deg: 0.0,
            };
        };
        let radius_m = spacing_m / 2.0;
        let period_m = length_m + std::f64::consts::PI * radius_m;
        let leg = (flown_m / period_m).floor();
        let in_leg_m = flown_m - leg * period_m;
        let out = leg.rem_euclid(2.0) == 0.0;
        // Half circles turn to the right at the far end and to the left at the near one.
        let turned = (in_leg_m - length_m).max(0.0) / radius_m;
        let beyond_m = in_leg_m.min(length_m) + radius_m * turned.sin();
        let bank_deg = (self.speed_m_s.powi(2) / (radius_m * GRAVITY_M_S2))
            .atan()
            .to_degrees();
        let side = if out { 1.0 } else { -1.0 };
        Step {
            along_m: if out { beyond_m } else { length_m - beyond_m },
            right_m: leg * spacing_m + radius_m * (1.0 - turned.cos()),
            turn_deg: if out { 0.0 } else { 180.0 } + side * turned.to_degrees(),
            roll_deg: if turned > 0.0 { side * bank_deg } else { 0.0 },
        }
    }
}

/// The place some metres north, then some metres east along the parallel. WGS84's radii of curvature; good to
/// centimetres over a kilometre.
fn moved((latitude_deg, longitude_deg): (f64, f64), north_m: f64, east_m: f64) -> (f64, f64) {
    const A: f64 = 6_378_137.0;
    const E2: f64 = 6.694_379_990_141_316e-3;
    let w2 = |latitude_deg: f64| 1.0 - E2 * latitude_deg.to_radians().sin().powi(2);
    let meridian = A * (1.0 - E2) / w2(latitude_deg).powf(1.5);
    let north_deg = latitude_deg + (north_m / meridian).to_degrees();
    let parallel = A / w2(north_deg).sqrt() * north_deg.to_radians().cos();
    (north_deg, longitude_deg + (east_m / parallel).to_degrees())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::geodesy::Utm;

    /// East, a minute at 60 m.
    pub fn sortie() -> Sortie {
        Sortie {
            home_deg: (31.2, 103.6),
            home_height_m: 1000.0,
            agl_m: 60.0,
            speed_m_s: 15.0,
            heading_deg: 90.0,
            legs: None,
            wait_s: 10.0,
            seconds: 60.0,
        }
    }

    #[test]
    fn it_waits_disarmed_climbs_flies_descends_and_is_disarmed_again() {
        let sortie = sortie();
        assert_eq!(sortie.duration_s(), 10.0 + 12.0 + 60.0 + 12.0 + LANDED_S);
        for (time_s, above_m, speed, climb, armed) in [
            (0.0, 0.0, 0.0, 0.0, false),
            (9.9, 0.0, 0.0, 0.0, false),
            (16.0, 30.0, 0.0, 5.0, true),
            (22.0, 60.0, 15.0, 0.0, true),
            (82.0, 60.0, 15.0, 0.0, true),
            (88.0, 30.0, 0.0, -5.0, true),
            (94.1, 0.0, 0.0, 0.0, false),
            (97.0, 0.0, 0.0, 0.0, false),
        ] {
            let motion = sortie.at(time_s);
            assert!((motion.above_home_m - above_m).abs() < 1e-9, "{time_s}");
            assert_eq!(motion.height_m, 1000.0 + motion.above_home_m);
            let rest = (motion.speed_m_s, motion.climb_m_s, motion.armed);
            assert_eq!(rest, (speed, climb, armed), "{time_s}");
        }
    }

    #[test]
    fn told_to_land_it_comes_down_from_where_it_is() {
        let mut early = sortie();
        early.land(40.0);
        assert_eq!(early.at(40.0), sortie().at(40.0));
        assert_eq!(early.at(46.0).above_home_m, 30.0);
        assert_eq!(early.at(46.0).longitude_deg, early.at(40.0).longitude_deg);
        assert_eq!(early.duration_s(), 40.0 + 12.0 + LANDED_S);
    }

    #[test]
    fn told_to_land_before_it_is_up_or_on_its_way_down_it_comes_down_as_soon_as_it_can() {
        let mut early = sortie();
        early.land(12.0);
        assert_eq!(early.duration_s(), 10.0 + 2.0 * 12.0 + LANDED_S);
        let mut late = sortie();
        late.land(90.0);
        assert_eq!(late, sortie());
    }

    #[test]
    fn a_minute_at_15_m_s_is_900_m_by_the_map() {
        let sortie = sortie();
        let utm = Utm::of(31.2, 103.6);
        let at = |time_s| {
            let motion = sortie.at(time_s);
            utm.forward(motion.latitude_deg, motion.longitude_deg)
        };
        let (from, to) = (at(0.0), at(97.0));
        let scale = utm.grid(from.0, from.1, 0.0).scale;
        let metres = (to.0 - from.0).hypot(to.1 - from.1) / scale;
        assert!((metres - 900.0).abs() < 0.05, "{metres}");
    }

    #[test]
    fn legs_go_there_and_back_each_to_the_right_of_the_one_before() {
        let legs = Sortie {
            heading_deg: 0.0,
            legs: Some(Legs {
                length_m: 150.0,
                spacing_m: 60.0,
            }),
            wait_s: 0.0,
            ..sortie()
        };
        let turn_s = std::f64::consts::PI * 30.0 / 15.0;
        let at = |time_s: f64| {
            let motion = legs.at(legs.on_line_s() + time_s);
            let metre = |degrees: f64, radius: f64| degrees.to_radians() * radius;
            let north = metre(motion.latitude_deg - 31.2, 6_352_600.0);
            let east = metre(motion.longitude_deg - 103.6, 5_463_000.0);
            (north.round(), east.round(), motion.heading_deg.round())
        };
        assert_eq!(at(5.0), (75.0, 0.0, 0.0));
        assert_eq!(at(10.0 + turn_s / 2.0), (180.0, 30.0, 90.0));
        assert_eq!(at(15.0 + turn_s), (75.0, 60.0, 180.0));
        assert_eq!(at(20.0 + 1.5 * turn_s), (-30.0, 90.0, 90.0));
        assert_eq!(at(25.0 + 2.0 * turn_s), (75.0, 120.0, 0.0));
        assert!(legs.at(legs.on_line_s() + 11.0).roll_deg > 30.0);
        assert!(legs.at(legs.on_line_s() + 21.0 + turn_s).roll_deg < -30.0);
    }

    #[test]
    fn the_aircraft_never_jumps_and_its_nose_never_snaps() {
        let sortie = Sortie {
            legs: Some(Legs {
                length_m: 100.0,
                spacing_m: 50.0,
            }),
            ..sortie()
        };
        let utm = Utm::of(31.2, 103.6);
        let mut before = sortie.at(0.0);
        for step in 1..=(sortie.duration_s() * 50.0) as u32 {
            let now = sortie.at(f64::from(step) / 50.0);
            let (from, to) = [before, now]
                .map(|m| utm.forward(m.latitude_deg, m.longitude_deg))
                .into();
            assert!((to.0 - from.0).hypot(to.1 - from.1) < 0.305, "{step}");
            let turned = (now.heading_deg - before.heading_deg + 540.0).rem_euclid(360.0) - 180.0;
            assert!(turned.abs() < 1.0, "{step}");
            before = now;
        }
    }
}
