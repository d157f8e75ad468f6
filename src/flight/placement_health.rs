//! Whether the camera's frames can be placed: sensors may all talk, and their samples still not make a place.

use std::sync::Arc;

use parking_lot::Mutex;
use scarp_nav::Monotonic;

/// So many frames in a row without a place are more than a moment's gap.
const IN_A_ROW: u32 = 2;
/// For so long the last of them tells how things stand, seconds: a hovering aircraft has the next frame searched by then.
const OF_LATE_S: f64 = 6.0;

/// Frames of late that had no place, shared between the camera's end of the pipeline and who watches the flight.
#[derive(Debug, Clone, Default)]
pub struct PlacementHealth(Arc<Mutex<Unplaced>>);

#[derive(Debug, Default)]
struct Unplaced {
    /// Frames without a place since the last that had one.
    frames: u32,
    /// Why the last of them had none, and when that was found.
    last: Option<(String, Monotonic)>,
}

impl PlacementHealth {
    /// A frame's place is known.
    pub(super) fn placed(&self) {
        *self.0.lock() = Unplaced::default();
    }

    /// A frame has no place, found out at `now`.
    pub(super) fn unplaced(&self, reason: String, now: Monotonic) {
        let mut unplaced = self.0.lock();
        unplaced.frames = unplaced.frames.saturating_add(1);
        unplaced.last = Some((reason, now));
    }

    /// Why frames have no place, when none has had one of late.
    #[must_use]
    pub fn fault(&self, now: Monotonic) -> Option<String> {
        let unplaced = self.0.lock();
        let (reason, last) = unplaced.last.as_ref()?;
        let holds = unplaced.frames >= IN_A_ROW && now.seconds_since(*last) <= OF_LATE_S;
        holds.then(|| format!("frames cannot be placed: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    #[test]
    fn frames_in_a_row_without_a_place_are_a_fault_until_one_has_a_place() {
        let placement = PlacementHealth::default();
        placement.unplaced("no fix".to_owned(), at(1.0));
        assert_eq!(placement.fault(at(1.0)), None);
        placement.unplaced("a gap".to_owned(), at(1.2));
        let fault = placement.fault(at(1.3));
        assert_eq!(fault.as_deref(), Some("frames cannot be placed: a gap"));
        placement.placed();
        assert_eq!(placement.fault(at(1.4)), None);
    }

    #[test]
    fn what_was_long_ago_says_nothing() {
        let placement = PlacementHealth::default();
        placement.unplaced("a gap".to_owned(), at(1.0));
        placement.unplaced("a gap".to_owned(), at(2.0));
        assert!(placement.fault(at(7.9)).is_some());
        assert_eq!(placement.fault(at(8.1)), None);
    }
}
