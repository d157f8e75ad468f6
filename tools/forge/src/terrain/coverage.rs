//! What a prepared model covers, and what it lacks.

use scarp_geo::{SampleError, Wgs84};
use serde::Serialize;

/// Cells of one part of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// In all.
    pub cells: u64,
    /// Those in gaps of the sources.
    pub voids: u64,
    /// Those that no source reaches.
    pub uncovered: u64,
}

impl Part {
    /// The share of its cells that have no height.
    #[must_use]
    pub fn share_missing(&self) -> f64 {
        (self.voids + self.uncovered) as f64 / self.cells.max(1) as f64
    }

    fn and(self, other: Self) -> Self {
        Self {
            cells: self.cells + other.cells,
            voids: self.voids + other.voids,
            uncovered: self.uncovered + other.uncovered,
        }
    }
}

/// What a model covers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coverage {
    /// In the area.
    pub area: Part,
    /// Around it.
    pub margin: Part,
    /// West, south, east and north of what has no height in the area, in degrees.
    pub missing_deg: Option<[f64; 4]>,
    /// The least and the most that another datum added to heights, in metres.
    pub change_m: Option<(f64, f64)>,
}

impl Coverage {
    fn part(&mut self, is_in_area: bool) -> &mut Part {
        if is_in_area {
            &mut self.area
        } else {
            &mut self.margin
        }
    }

    pub(super) fn has(&mut self, is_in_area: bool, change_m: f64) {
        self.part(is_in_area).cells += 1;
        let (low, high) = self.change_m.unwrap_or((change_m, change_m));
        self.change_m = Some((low.min(change_m), high.max(change_m)));
    }

    pub(super) fn lacks(&mut self, is_in_area: bool, place: Wgs84, why: SampleError) {
        let part = self.part(is_in_area);
        part.cells += 1;
        match why {
            SampleError::NoData => part.voids += 1,
            SampleError::Outside | SampleError::Unreadable => part.uncovered += 1,
        }
        if is_in_area {
            let (x, y) = (place.longitude_deg(), place.latitude_deg());
            self.missing_deg = both(self.missing_deg, Some([x, y, x, y]));
        }
    }

    #[must_use]
    pub(super) fn and(&self, other: &Self) -> Self {
        let change_m = match (self.change_m, other.change_m) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (one, None) | (None, one) => one,
        };
        Self {
            area: self.area.and(other.area),
            margin: self.margin.and(other.margin),
            missing_deg: both(self.missing_deg, other.missing_deg),
            change_m,
        }
    }
}

/// The bounds around both.
fn both(a: Option<[f64; 4]>, b: Option<[f64; 4]>) -> Option<[f64; 4]> {
    match (a, b) {
        (Some([w, s, e, n]), Some([w2, s2, e2, n2])) => {
            Some([w.min(w2), s.min(s2), e.max(e2), n.max(n2)])
        }
        (one, None) | (None, one) => one,
    }
}
