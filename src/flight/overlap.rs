//! Which frames are worth searching, by the ground they show.

use geo::{Area, BooleanOps, Polygon};

use scarp_geo::area_m2;
use scarp_nav::Monotonic;

/// An aircraft that hovers still looks again after so many seconds: a second look makes a find surer.
const AGAIN_S: f64 = 5.0;

/// Remembers the ground of the last frame searched.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    last: Option<(Monotonic, Polygon<f64>)>,
}

/// A frame worth searching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Worth {
    /// Ground that the frame before did not show, square metres.
    pub new_m2: f64,
}

impl Overlap {
    /// Whether a frame that shows `footprint` (longitude and latitude, degrees) is worth searching, when at most the share
    /// `limit` of its ground may be that of the last one searched. If so it is the last one from now on.
    pub fn take(&mut self, at: Monotonic, footprint: Polygon<f64>, limit: f64) -> Option<Worth> {
        let shared = self.shared(&footprint);
        let again = self
            .last
            .as_ref()
            .is_some_and(|(last, _)| at.seconds_since(*last) >= AGAIN_S);
        if shared > limit && !again {
            return None;
        }
        let new_m2 = area_m2(&footprint) * (1.0 - shared);
        self.last = Some((at, footprint));
        Some(Worth { new_m2 })
    }

    /// Share of the footprint, 0 to 1, that the last frame showed too.
    fn shared(&self, footprint: &Polygon<f64>) -> f64 {
        let Some((_, last)) = &self.last else {
            return 0.0;
        };
        let whole = footprint.unsigned_area();
        if whole <= 0.0 {
            return 0.0;
        }
        (footprint.intersection(last).unsigned_area() / whole).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use geo::Rect;

    use super::*;

    /// 100 m square at the equator, so many metres to the north.
    fn square(north_m: f64) -> Polygon<f64> {
        let degree = 111_319.5;
        Rect::new(
            (0.0, north_m / degree),
            (100.0 / degree, (north_m + 100.0) / degree),
        )
        .to_polygon()
    }

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    #[test]
    fn a_frame_is_searched_when_enough_of_its_ground_is_new() {
        let mut overlap = Overlap::default();
        let first = overlap.take(at(0.0), square(0.0), 0.6).unwrap();
        assert!((first.new_m2 - 1e4).abs() < 200.0, "{first:?}");
        assert_eq!(overlap.take(at(1.0), square(20.0), 0.6), None);
        let next = overlap.take(at(2.0), square(45.0), 0.6).unwrap();
        assert!((next.new_m2 - 4.5e3).abs() < 100.0, "{next:?}");
        assert_eq!(overlap.take(at(3.0), square(90.0), 0.1), None);
        assert!(overlap.take(at(4.0), square(140.0), 0.1).is_some());
    }

    #[test]
    fn a_hovering_aircraft_looks_again_after_a_while() {
        let mut overlap = Overlap::default();
        assert!(overlap.take(at(0.0), square(0.0), 0.6).is_some());
        assert_eq!(overlap.take(at(4.9), square(0.0), 0.6), None);
        let again = overlap.take(at(5.1), square(0.0), 0.6).unwrap();
        assert!(again.new_m2 < 1.0);
    }
}
