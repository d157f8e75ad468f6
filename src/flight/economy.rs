//! How much is done when the computer is too slow or too hot for all of it: first frames overlap less, then ground is left
//! out.

use serde::Serialize;

use scarp_nav::Monotonic;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Frames overlap as they should.
    Full,
    /// Frames overlap no more than they must: no ground is lost.
    LessOverlap,
    /// Every other of those frames is left out: ground is lost.
    Spare,
}

/// What the effort depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strain {
    /// Frames under way in the pipeline.
    pub under_way: usize,
    /// Frames the pipeline has dropped so far.
    pub dropped: u64,
    /// Temperature of the hottest part, degrees Celsius, where it is measured.
    pub hottest_c: Option<f64>,
}

/// From when on less is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EconomySettings {
    /// Frames under way that mean that the pipeline is falling behind.
    pub busy_frames: usize,
    /// Temperature from which on frames overlap less, degrees Celsius.
    pub reduce_c: f64,
    /// Temperature from which on ground is left out, degrees Celsius.
    pub spare_c: f64,
}

/// More is tried again after so many seconds without strain, so that the effort does not swing to and fro.
const RECOVERY_S: f64 = 10.0;

/// Decides how much is done.
#[derive(Debug)]
pub struct Economy {
    settings: EconomySettings,
    effort: Effort,
    /// When the present effort was last needed.
    needed: Option<Monotonic>,
    dropped: u64,
}

impl Economy {
    /// Begins with full effort.
    #[must_use]
    pub const fn new(settings: EconomySettings) -> Self {
        Self {
            settings,
            effort: Effort::Full,
            needed: None,
            dropped: 0,
        }
    }

    /// The effort from `now` on.
    pub fn decide(&mut self, strain: Strain, now: Monotonic) -> Effort {
        let wanted = self.wanted(strain);
        self.dropped = strain.dropped;
        if wanted >= self.effort {
            self.effort = wanted;
            self.needed = Some(now);
        } else if self
            .needed
            .is_none_or(|needed| now.seconds_since(needed) >= RECOVERY_S)
        {
            self.effort = match self.effort {
                Effort::Spare => Effort::LessOverlap,
                Effort::LessOverlap | Effort::Full => Effort::Full,
            };
            self.needed = Some(now);
        }
        self.effort
    }

    fn wanted(&self, strain: Strain) -> Effort {
        let hot = |limit| strain.hottest_c.is_some_and(|c| c >= limit);
        // Dropped although frames overlap little: the pipeline chooses by itself what is lost; better every other frame.
        let overrun = strain.dropped > self.dropped && self.effort >= Effort::LessOverlap;
        if hot(self.settings.spare_c) || overrun {
            Effort::Spare
        } else if hot(self.settings.reduce_c)
            || strain.dropped > self.dropped
            || strain.under_way >= self.settings.busy_frames
        {
            Effort::LessOverlap
        } else {
            Effort::Full
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EASY: Strain = Strain {
        under_way: 1,
        dropped: 0,
        hottest_c: Some(50.0),
    };

    fn economy() -> Economy {
        Economy::new(EconomySettings {
            busy_frames: 6,
            reduce_c: 80.0,
            spare_c: 90.0,
        })
    }

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    #[test]
    fn a_pipeline_that_falls_behind_first_loses_overlap_and_only_then_ground() {
        let mut economy = economy();
        assert_eq!(economy.decide(EASY, at(0.0)), Effort::Full);
        let busy = Strain {
            under_way: 6,
            ..EASY
        };
        assert_eq!(economy.decide(busy, at(1.0)), Effort::LessOverlap);
        let dropping = Strain { dropped: 1, ..busy };
        assert_eq!(economy.decide(dropping, at(2.0)), Effort::Spare);
    }

    #[test]
    fn heat_alone_does_the_same() {
        let at_c = |c| Strain {
            hottest_c: Some(c),
            ..EASY
        };
        let mut economy = economy();
        assert_eq!(economy.decide(at_c(79.0), at(0.0)), Effort::Full);
        assert_eq!(economy.decide(at_c(81.0), at(1.0)), Effort::LessOverlap);
        assert_eq!(economy.decide(at_c(91.0), at(2.0)), Effort::Spare);
    }

    #[test]
    fn full_effort_comes_back_step_by_step() {
        let mut economy = economy();
        let hot = Strain {
            hottest_c: Some(95.0),
            ..EASY
        };
        assert_eq!(economy.decide(hot, at(0.0)), Effort::Spare);
        assert_eq!(economy.decide(EASY, at(9.0)), Effort::Spare);
        assert_eq!(economy.decide(EASY, at(10.5)), Effort::LessOverlap);
        assert_eq!(economy.decide(EASY, at(15.0)), Effort::LessOverlap);
        assert_eq!(economy.decide(EASY, at(21.0)), Effort::Full);
    }
}
