//! How much is done when the computer is too slow or too hot for all of it: first frames overlap less, then ground is left
//! out.

use serde::Serialize;

use scarp_nav::Monotonic;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Frames overlap as they should.
    Full,
    /// Frames overlap no more than they must: no ground is lost.
    LessOverlap,
    /// Every other of those frames is left out: ground is lost.
    Shed,
}

/// What the level depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Frames under way in the pipeline.
    pub under_way: usize,
    /// Frames the pipeline has dropped so far.
    pub dropped: u64,
    /// Temperature of the hottest part, degrees Celsius, where it is measured.
    pub hottest_c: Option<f64>,
}

/// From when on less is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadShedderSettings {
    /// Frames under way that mean that the pipeline is falling behind.
    pub busy_frames: usize,
    /// Temperature from which on frames overlap less, degrees Celsius.
    pub reduce_c: f64,
    /// Temperature from which on ground is left out, degrees Celsius.
    pub shed_c: f64,
}

/// More is tried again after so many seconds without load, so that the level does not swing to and fro.
const RECOVERY_S: f64 = 10.0;

/// Decides how much is done.
#[derive(Debug)]
pub struct LoadShedder {
    settings: LoadShedderSettings,
    level: Level,
    /// When the present level was last needed.
    needed: Option<Monotonic>,
    dropped: u64,
}

impl LoadShedder {
    /// Begins with all that is wanted.
    #[must_use]
    pub const fn new(settings: LoadShedderSettings) -> Self {
        Self {
            settings,
            level: Level::Full,
            needed: None,
            dropped: 0,
        }
    }

    /// The level from `now` on.
    pub fn decide(&mut self, load: Load, now: Monotonic) -> Level {
        let wanted = self.wanted(load);
        self.dropped = load.dropped;
        if wanted >= self.level {
            self.level = wanted;
            self.needed = Some(now);
        } else if self
            .needed
            .is_none_or(|needed| now.seconds_since(needed) >= RECOVERY_S)
        {
            self.level = match self.level {
                Level::Shed => Level::LessOverlap,
                Level::LessOverlap | Level::Full => Level::Full,
            };
            self.needed = Some(now);
        }
        self.level
    }

    fn wanted(&self, load: Load) -> Level {
        let hot = |limit| load.hottest_c.is_some_and(|c| c >= limit);
        // Dropped although frames overlap little: the pipeline chooses by itself what is lost; better every other frame.
        let overrun = load.dropped > self.dropped && self.level >= Level::LessOverlap;
        if hot(self.settings.shed_c) || overrun {
            Level::Shed
        } else if hot(self.settings.reduce_c)
            || load.dropped > self.dropped
            || load.under_way >= self.settings.busy_frames
        {
            Level::LessOverlap
        } else {
            Level::Full
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EASY: Load = Load {
        under_way: 1,
        dropped: 0,
        hottest_c: Some(50.0),
    };

    fn shedder() -> LoadShedder {
        LoadShedder::new(LoadShedderSettings {
            busy_frames: 6,
            reduce_c: 80.0,
            shed_c: 90.0,
        })
    }

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    #[test]
    fn a_pipeline_that_falls_behind_first_loses_overlap_and_only_then_ground() {
        let mut shedder = shedder();
        assert_eq!(shedder.decide(EASY, at(0.0)), Level::Full);
        let busy = Load {
            under_way: 6,
            ..EASY
        };
        assert_eq!(shedder.decide(busy, at(1.0)), Level::LessOverlap);
        let dropping = Load { dropped: 1, ..busy };
        assert_eq!(shedder.decide(dropping, at(2.0)), Level::Shed);
    }

    #[test]
    fn heat_alone_does_the_same() {
        let at_c = |c| Load {
            hottest_c: Some(c),
            ..EASY
        };
        let mut shedder = shedder();
        assert_eq!(shedder.decide(at_c(79.0), at(0.0)), Level::Full);
        assert_eq!(shedder.decide(at_c(81.0), at(1.0)), Level::LessOverlap);
        assert_eq!(shedder.decide(at_c(91.0), at(2.0)), Level::Shed);
    }

    #[test]
    fn the_full_level_comes_back_step_by_step() {
        let mut shedder = shedder();
        let hot = Load {
            hottest_c: Some(95.0),
            ..EASY
        };
        assert_eq!(shedder.decide(hot, at(0.0)), Level::Shed);
        assert_eq!(shedder.decide(EASY, at(9.0)), Level::Shed);
        assert_eq!(shedder.decide(EASY, at(10.5)), Level::LessOverlap);
        assert_eq!(shedder.decide(EASY, at(15.0)), Level::LessOverlap);
        assert_eq!(shedder.decide(EASY, at(21.0)), Level::Full);
    }
}
