//! How far frames were placed from the ground that they truly show: the errors of the sensors alone, whatever was found.

use std::collections::HashMap;

use geo::{Centroid, Distance, Euclidean, Polygon};

use super::{
    outlines::Outline,
    score::{Spread, spread},
};

/// Distances between the middles of the footprints of frames, as placed and as they truly are, by the frames' names. `None` when no
/// frame was placed.
#[must_use]
pub fn error_m(placed: &[Outline], truth: &HashMap<String, Polygon<f64>>) -> Option<Spread> {
    let mut distances: Vec<f64> = placed
        .iter()
        .filter_map(|footprint| {
            let truly = truth.get(&footprint.name)?.centroid()?;
            let placed = footprint.plane.centroid()?;
            Some(Euclidean.distance(placed, truly))
        })
        .collect();
    spread(&mut distances)
}

#[cfg(test)]
mod tests {
    use geo::Rect;

    use super::*;

    #[test]
    fn a_frame_is_off_by_its_own_shift_and_one_that_was_not_placed_does_not_count() {
        let square = |x: f64, y: f64| Rect::new((x, y), (x + 10.0, y + 10.0)).to_polygon();
        let truth = ["a", "b"].map(|name| (name.to_owned(), square(0.0, 0.0)));
        let placed = [Outline {
            name: "a".to_owned(),
            confidence: None,
            plane: square(3.0, 4.0),
        }];
        let error = error_m(&placed, &truth.into()).unwrap();
        assert!((error.median - 5.0).abs() < 1e-9);
    }
}
