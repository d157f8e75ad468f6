//! Samples in the order of time, the newest few of them.

use std::collections::VecDeque;

use super::Monotonic;

/// The newest samples of one sensor, in the order of time; as many as its capacity.
#[derive(Debug, Clone)]
pub(super) struct History<T> {
    samples: VecDeque<(Monotonic, T)>,
    capacity: usize,
}

/// The samples about an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bracket<'a, T> {
    /// The newest sample not later than the instant.
    pub before: &'a T,
    /// The oldest sample not earlier than the instant; the same as `before` when one lies exactly on it.
    pub after: &'a T,
    /// Seconds from `before` to `after`.
    pub gap_s: f64,
    /// Where between them the instant lies: 0 at `before`, 1 at `after`.
    pub fraction: f64,
}

/// An instant that has no samples on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outside {
    /// There are no samples.
    Empty,
    /// Earlier than the oldest sample.
    Earlier,
    /// Later than the newest sample, by so many seconds.
    Later { by_s: f64 },
}

impl<T> History<T> {
    /// An empty history that keeps `capacity` samples, at least 1.
    pub fn new(capacity: usize) -> Self {
        Self {
            samples: VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    /// Whether an instant is later than the newest sample.
    pub fn is_later(&self, at: Monotonic) -> bool {
        self.samples.back().is_none_or(|(newest, _)| *newest < at)
    }

    /// Adds a sample. One that is not later than the newest is left out, and the answer is false.
    pub fn push(&mut self, at: Monotonic, sample: T) -> bool {
        if !self.is_later(at) {
            return false;
        }
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back((at, sample));
        true
    }

    /// The samples on both sides of an instant.
    pub fn around(&self, at: Monotonic) -> Result<Bracket<'_, T>, Outside> {
        let next = self.samples.partition_point(|(t, _)| *t < at);
        let Some((after_at, after)) = self.samples.get(next) else {
            return Err(self
                .samples
                .back()
                .map_or(Outside::Empty, |(newest, _)| Outside::Later {
                    by_s: at.seconds_since(*newest),
                }));
        };
        if *after_at == at {
            return Ok(Bracket {
                before: after,
                after,
                gap_s: 0.0,
                fraction: 0.0,
            });
        }
        let before = next.checked_sub(1).and_then(|i| self.samples.get(i));
        let (before_at, before) = before.ok_or(Outside::Earlier)?;
        let gap_s = after_at.seconds_since(*before_at);
        Ok(Bracket {
            before,
            after,
            gap_s,
            fraction: at.seconds_since(*before_at) / gap_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Monotonic {
        Monotonic::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn an_instant_lies_between_its_neighbours_or_on_a_sample() {
        let mut history = History::new(8);
        assert_eq!(history.around(at(0)), Err(Outside::Empty));
        for ms in [100, 200, 400] {
            assert!(history.push(at(ms), ms));
        }
        let bracket = history.around(at(250)).unwrap();
        assert_eq!((*bracket.before, *bracket.after), (200, 400));
        assert!((bracket.gap_s - 0.2).abs() < 1e-12 && (bracket.fraction - 0.25).abs() < 1e-12);
        for ms in [100, 200, 400] {
            let on = history.around(at(ms)).unwrap();
            assert_eq!((*on.before, *on.after, on.gap_s), (ms, ms, 0.0));
        }
        assert_eq!(history.around(at(99)), Err(Outside::Earlier));
        assert_eq!(history.around(at(900)), Err(Outside::Later { by_s: 0.5 }));
    }

    #[test]
    fn a_sample_out_of_order_is_left_out() {
        let mut history = History::new(8);
        assert!(history.push(at(100), ()));
        assert!(!history.push(at(100), ()));
        assert!(!history.push(at(50), ()));
        assert!(history.push(at(101), ()));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut history = History::new(4);
        for ms in 0..1000 {
            history.push(at(ms), ms);
        }
        assert_eq!(history.samples.len(), 4);
        assert_eq!(history.around(at(995)), Err(Outside::Earlier));
        assert_eq!(*history.around(at(996)).unwrap().before, 996);
    }
}
