//! Wrong pixels by their distance to the true outline: is the outline vague, or is a landslide missed?
//!
//! The distance of a pixel is that of its centre to the nearest centre of a pixel of the other true class, as in
//! `scipy.ndimage.distance_transform_edt`: 1 beside the outline. It is exact up to the largest bound; beyond it only "more"
//! is known, so that 20 rows to either side are all that is remembered, one bit for each pixel.

use serde::{Deserialize, Serialize};

use super::Confusion;

/// Upper bounds of the distance classes in pixels, which belong to them; the last class has none.
pub const DISTANCES_PX: [u32; 4] = [2, 5, 10, REACH];
/// Half the width of the band around the outline that is left out of [`Edges::beyond_band`].
pub const BAND_PX: u32 = DISTANCES_PX[0];
const CLASSES: usize = DISTANCES_PX.len() + 1;
/// Rows remembered on either side of the row judged. Both and the row itself fit into 64 bits.
const REACH: u32 = 20;

/// Wrong pixels by distance class, nearest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edges {
    /// Landslide missed, by the distance inwards.
    pub missed: [u64; CLASSES],
    /// Landslide found where there is none, by the distance outwards.
    pub false_alarms: [u64; CLASSES],
    /// All pixels further than 2 px from the outline: where labels are certain.
    pub beyond_band: Confusion,
}

impl Edges {
    /// Adds the pixels of another image.
    pub fn add(&mut self, other: &Self) {
        let add = |into: &mut [u64], from: &[u64]| {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        };
        add(&mut self.missed, &other.missed);
        add(&mut self.false_alarms, &other.false_alarms);
        self.beyond_band += other.beyond_band;
    }
}

/// Takes truth and finds row by row and judges each row when the 20 below it are known.
#[derive(Debug)]
pub struct EdgeScan {
    columns: Vec<Column>,
    rows: u32,
    edges: Edges,
}

/// The last rows of a column, newest in bit 0. Rows outside the image are neither landslide nor background.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    landslide: u64,
    background: u64,
    found: u64,
}

/// The row judged.
const CENTRE: u64 = 1 << REACH;

impl EdgeScan {
    /// A scan of an image so many pixels wide.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            columns: vec![Column::default(); width],
            rows: 0,
            edges: Edges::default(),
        }
    }

    /// Takes the next row of both masks: 1 is landslide, 0 is not.
    pub fn row(&mut self, truth: &[u8], found: &[u8]) {
        for ((column, truth), found) in self.columns.iter_mut().zip(truth).zip(found) {
            column.landslide = column.landslide << 1 | u64::from(*truth);
            column.background = column.background << 1 | u64::from(1 - truth.min(&1));
            column.found = column.found << 1 | u64::from(*found);
        }
        self.classify();
    }

    /// All pixels, once every row was taken.
    #[must_use]
    pub fn finish(mut self) -> Edges {
        for _ in 0..REACH {
            for column in &mut self.columns {
                column.landslide <<= 1;
                column.background <<= 1;
                column.found <<= 1;
            }
            self.classify();
        }
        self.edges
    }

    fn classify(&mut self) {
        self.rows += 1;
        if self.rows <= REACH {
            return;
        }
        for (x, column) in self.columns.iter().enumerate() {
            let truth = column.landslide & CENTRE != 0;
            let found = column.found & CENTRE != 0;
            if !self.in_band(x, truth) {
                let counts = &mut self.edges.beyond_band;
                match (truth, found) {
                    (true, true) => counts.true_positive += 1,
                    (true, false) => counts.false_negative += 1,
                    (false, true) => counts.false_positive += 1,
                    (false, false) => counts.true_negative += 1,
                }
            }
            if truth != found {
                let class = self.class(x, truth);
                let wrong = if truth {
                    &mut self.edges.missed
                } else {
                    &mut self.edges.false_alarms
                };
                wrong[class] += 1;
            }
        }
    }

    /// Rows of column `x` that are not of the class `truth`.
    fn opposite(&self, x: usize, truth: bool) -> u64 {
        self.columns.get(x).map_or(0, |column| {
            if truth {
                column.background
            } else {
                column.landslide
            }
        })
    }

    /// Whether the other class is at most 2 px away: a disc of 13 pixels.
    fn in_band(&self, x: usize, truth: bool) -> bool {
        const THREE: u64 = CENTRE << 1 | CENTRE | CENTRE >> 1;
        const FIVE: u64 = CENTRE << 2 | THREE | CENTRE >> 2;
        // One left of column 0 wraps around to a column that is not there.
        let at = |step: isize| self.opposite(x.wrapping_add_signed(step), truth);
        at(0) & FIVE | (at(-1) | at(1)) & THREE | (at(-2) | at(2)) & CENTRE != 0
    }

    /// The distance class of pixel `x` of the row judged.
    fn class(&self, x: usize, truth: bool) -> usize {
        const NOT_IN_REACH: u32 = u32::MAX;
        let mut nearest = NOT_IN_REACH;
        for step in 0..=REACH {
            let across = step * step;
            if across >= nearest {
                break;
            }
            for column in [x.wrapping_sub(step as usize), x.wrapping_add(step as usize)] {
                if let Some(along) = rows_away(self.opposite(column, truth)) {
                    nearest = nearest.min(across + along * along);
                }
            }
        }
        DISTANCES_PX.partition_point(|bound| nearest > bound * bound)
    }
}

/// Rows from the one judged to the nearest that is set.
fn rows_away(rows: u64) -> Option<u32> {
    let above = (rows >> REACH).trailing_zeros();
    let below = (rows << (63 - REACH)).leading_zeros();
    let nearest = above.min(below);
    (nearest <= REACH).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(truth: &[Vec<u8>], found: &[Vec<u8>]) -> Edges {
        let mut scan = EdgeScan::new(truth[0].len());
        truth.iter().zip(found).for_each(|(t, f)| scan.row(t, f));
        scan.finish()
    }

    #[test]
    fn a_pixel_beside_the_outline_is_one_away_and_bounds_belong_to_the_nearer_class() {
        // Truth on the left half; everything found, so that the right half is false alarms at 1, 2, 3 ... 30 px.
        let truth = vec![[vec![1; 30], vec![0; 30]].concat(); 3];
        let edges = scan(&truth, &vec![vec![1; 60]; 3]);
        assert_eq!(edges.false_alarms, [6, 9, 15, 30, 30]);
        assert_eq!(edges.missed, [0; 5]);
        assert_eq!(edges.beyond_band.true_positive, 3 * 28);
        assert_eq!(edges.beyond_band.false_positive, 3 * 28);
    }

    #[test]
    fn without_any_outline_everything_is_beyond_reach_and_no_border_counts_as_one() {
        let edges = scan(&vec![vec![1; 5]; 4], &vec![vec![0; 5]; 4]);
        assert_eq!(edges.missed, [0, 0, 0, 0, 20]);
        assert_eq!(edges.beyond_band.false_negative, 20);
    }
}
