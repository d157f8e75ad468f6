//! Positions that no aircraft can have flown to.

use scarp_geo::{Altitudes, VerticalDatum};

use super::{TimedFix, local::LocalFrame};

/// Consistent fixes until a place that could not be reached is believed: 2 s at 10 Hz, 4 s at 5 Hz.
const NEEDED: u32 = 20;

/// Tells fixes that follow from the last one believed from those that do not.
#[derive(Debug)]
pub(super) struct JumpGuard {
    max_speed_m_s: f64,
    believed: Option<TimedFix>,
    suspect: Option<(TimedFix, u32)>,
}

/// What to make of a fix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It follows from the last one believed.
    Follows,
    /// It is believed, but what lies between it and the one before is not known.
    Restarts,
    /// It cannot be believed: so many metres from the last one believed.
    Doubtful { distance_m: f64 },
}

impl JumpGuard {
    /// A guard that has seen nothing.
    pub fn new(max_speed_m_s: f64) -> Self {
        Self {
            max_speed_m_s,
            believed: None,
            suspect: None,
        }
    }

    /// Judges the next fix.
    pub fn judge(&mut self, fix: &TimedFix) -> Verdict {
        let Some(believed) = &self.believed else {
            self.believed = Some(fix.clone());
            return Verdict::Restarts;
        };
        if self.reachable(believed, fix) {
            self.believed = Some(fix.clone());
            self.suspect = None;
            return Verdict::Follows;
        }
        let consistent = match &self.suspect {
            Some((last, consistent)) if self.reachable(last, fix) => consistent + 1,
            _ => 1,
        };
        if consistent >= NEEDED {
            self.believed = Some(fix.clone());
            self.suspect = None;
            return Verdict::Restarts;
        }
        let distance_m = distance_m(believed, fix);
        self.suspect = Some((fix.clone(), consistent));
        Verdict::Doubtful { distance_m }
    }

    /// Whether the newest fix was doubtful.
    pub fn in_doubt(&self) -> bool {
        self.suspect.is_some()
    }

    /// Whether the way can have been flown, three sigma of both positions allowed for.
    fn reachable(&self, from: &TimedFix, to: &TimedFix) -> bool {
        let variance: f64 = [from, to]
            .iter()
            .map(|f| f.fix.sigma)
            .map(|s| s.north_m.powi(2) + s.east_m.powi(2) + s.up_m.powi(2))
            .sum();
        let flown_m = self.max_speed_m_s * to.at.seconds_since(from.at).max(0.0);
        distance_m(from, to) <= flown_m + 3.0 * variance.sqrt()
    }
}

fn distance_m(from: &TimedFix, to: &TimedFix) -> f64 {
    let (north, east) = LocalFrame::at(from.fix.place).offset_m(to.fix.place);
    let up = climb_m(&from.fix.altitude, &to.fix.altitude).unwrap_or(0.0);
    north.hypot(east).hypot(up)
}

/// Metres upward, over a datum that both heights are known over.
fn climb_m(from: &Altitudes, to: &Altitudes) -> Option<f64> {
    [
        VerticalDatum::Ellipsoid,
        VerticalDatum::Egm96,
        VerticalDatum::Egm2008,
    ]
    .into_iter()
    .find_map(|datum| Some(to.over(datum)?.metres() - from.over(datum)?.metres()))
}

#[cfg(test)]
mod tests {
    use super::{super::testing::timed_fix, *};

    /// The fix of an epoch at 10 Hz, so many metres north and up.
    fn fix(epoch: i64, north_m: f64, up_m: f64) -> TimedFix {
        timed_fix(epoch as f64 * 0.1, north_m, 0.0, up_m)
    }

    fn doubtful(verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Doubtful { .. })
    }

    #[test]
    fn a_flight_at_40_metres_per_second_follows() {
        let mut guard = JumpGuard::new(60.0);
        assert_eq!(guard.judge(&fix(0, 0.0, 0.0)), Verdict::Restarts);
        for epoch in 1..100 {
            assert_eq!(
                guard.judge(&fix(epoch, 4.0 * epoch as f64, 0.0)),
                Verdict::Follows
            );
        }
    }

    #[test]
    fn a_jump_of_500_m_is_doubted_until_twenty_fixes_agree() {
        for (north_m, up_m) in [(500.0, 0.0), (0.0, 500.0)] {
            let mut guard = JumpGuard::new(60.0);
            guard.judge(&fix(0, 0.0, 0.0));
            for epoch in 1..20 {
                let verdict = guard.judge(&fix(epoch, north_m, up_m));
                assert!(
                    matches!(verdict, Verdict::Doubtful { distance_m } if (distance_m - 500.0).abs() < 0.1),
                    "{verdict:?}"
                );
                assert!(guard.in_doubt());
            }
            assert_eq!(guard.judge(&fix(20, north_m, up_m)), Verdict::Restarts);
            assert!(!guard.in_doubt());
        }
    }

    #[test]
    fn a_single_outlier_is_passed_over() {
        let mut guard = JumpGuard::new(60.0);
        guard.judge(&fix(0, 0.0, 0.0));
        assert!(doubtful(guard.judge(&fix(1, 500.0, 0.0))));
        assert_eq!(guard.judge(&fix(2, 2.0, 0.0)), Verdict::Follows);
    }

    #[test]
    fn places_that_jump_about_are_never_believed() {
        let mut guard = JumpGuard::new(60.0);
        guard.judge(&fix(0, 0.0, 0.0));
        for epoch in 1..80 {
            let north_m = if epoch % 2 == 0 { 2000.0 } else { -2000.0 };
            assert!(doubtful(guard.judge(&fix(epoch, north_m, 0.0))));
        }
    }

    #[test]
    fn what_was_flown_while_the_fix_was_lost_is_no_jump() {
        let mut guard = JumpGuard::new(60.0);
        guard.judge(&fix(0, 0.0, 0.0));
        assert_eq!(guard.judge(&fix(300, 450.0, 0.0)), Verdict::Follows);
    }
}
