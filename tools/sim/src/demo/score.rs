//! How good the found landslides are, measured against the truth within the ground that was searched.

use std::{collections::BTreeMap, fmt};

use geo::{BoundingRect, Coord, Polygon, Rect};
use serde::Serialize;

use super::raster::Grid;

/// Side of the cells on which areas are compared: well below the 0.8 m of one network output.
const CELL_M: f64 = 0.5;
/// An outline counts as matched when at least this share of it lies in the other set.
const MATCH_SHARE: f64 = 0.5;
/// A landslide counts for the position error only when this share of it was searched: a cut one has no centre.
const WHOLE_SHARE: f64 = 0.98;

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// Share of what was found that is true.
    pub precision: f64,
    /// Share of what is true that was found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// Median and 90th percentile in metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the landslides are placed better than this.
    pub median: f64,
    /// Nine in ten are.
    pub p90: f64,
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} m median, {:.1} m for 90 %", self.median, self.p90)
    }
}

/// The comparison of found and true landslides over the searched ground.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Area found and true over area found or true.
    pub iou: f64,
    /// Rates by area.
    pub area: Rates,
    /// Rates by outline; one is matched when half of it lies in the other set.
    pub outlines: Rates,
    /// Of each found outline whether it is right: half of it is true. `None` where none of it was searched.
    pub right: Vec<Option<bool>>,
    /// True landslides of which at least half was searched.
    pub true_landslides: usize,
    /// Those of them that were found.
    pub true_found: usize,
    /// Distance between the centres of found and true landslides, which outlines of another shape shift too; none when none was
    /// found whole.
    pub position_error_m: Option<Spread>,
    /// Ground searched in km².
    pub km2: f64,
}

/// Compares `found` with `truth` inside the union of `searched`, all in one metric plane.
/// `None` when nothing was searched.
#[must_use]
pub fn score(
    truth: &[Polygon<f64>],
    found: &[Polygon<f64>],
    searched: &[Polygon<f64>],
) -> Option<Scores> {
    let grid = Grid::covering(extent(searched)?, CELL_M);
    let inside = grid.draw(searched);
    let (true_cells, found_cells) = (grid.draw(truth), grid.draw(found));

    let mut tally = Tally::new(truth.len(), found.len());
    for (i, &searched) in inside.cells.iter().enumerate() {
        let (t, f) = (true_cells.cells[i] as usize, found_cells.cells[i] as usize);
        if searched > 0 {
            let centre = grid.centre(i % grid.columns, i / grid.columns);
            tally.add(t, f, centre);
        }
    }
    // The whole of each true outline, searched or not, tells how much of it was searched.
    let whole: Vec<f64> = truth.iter().map(geo::Area::unsigned_area).collect();
    let cell_m2 = CELL_M * CELL_M;
    Some(tally.scores(&whole, cell_m2))
}

fn extent(polygons: &[Polygon<f64>]) -> Option<Rect<f64>> {
    polygons
        .iter()
        .filter_map(BoundingRect::bounding_rect)
        .reduce(|a, b| {
            Rect::new(
                (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
            )
        })
}

/// Cells counted per outline and per overlapping pair; index 0 stands for "no outline".
struct Tally {
    searched: u64,
    both: u64,
    truth: Vec<Patch>,
    found: Vec<Patch>,
    pairs: BTreeMap<(usize, usize), u64>,
}

#[derive(Clone, Copy, Default)]
struct Patch {
    cells: u64,
    matched: u64,
    sum: Coord<f64>,
}

impl Patch {
    fn add(&mut self, centre: Coord<f64>, matched: bool) {
        self.cells += 1;
        self.matched += u64::from(matched);
        self.sum = self.sum + centre;
    }

    fn is_matched(&self) -> bool {
        self.cells > 0 && self.matched as f64 >= MATCH_SHARE * self.cells as f64
    }
}

impl Tally {
    fn new(truths: usize, founds: usize) -> Self {
        Self {
            searched: 0,
            both: 0,
            truth: vec![Patch::default(); truths + 1],
            found: vec![Patch::default(); founds + 1],
            pairs: BTreeMap::new(),
        }
    }

    fn add(&mut self, t: usize, f: usize, centre: Coord<f64>) {
        self.searched += 1;
        if t > 0 {
            self.truth[t].add(centre, f > 0);
        }
        if f > 0 {
            self.found[f].add(centre, t > 0);
        }
        if t > 0 && f > 0 {
            self.both += 1;
            *self.pairs.entry((t, f)).or_default() += 1;
        }
    }

    fn scores(&self, whole_m2: &[f64], cell_m2: f64) -> Scores {
        let cells = |patches: &[Patch]| patches.iter().map(|p| p.cells).sum::<u64>();
        let (true_cells, found_cells) = (cells(&self.truth), cells(&self.found));
        let searched_share =
            |t: usize| self.truth[t].cells as f64 * cell_m2 / whole_m2[t - 1].max(cell_m2);
        let counted: Vec<usize> = (1..self.truth.len())
            .filter(|&t| searched_share(t) >= 0.5)
            .collect();
        let true_found = counted
            .iter()
            .filter(|&&t| self.truth[t].is_matched())
            .count();
        let judged = |p: &Patch| (p.cells > 0).then(|| p.is_matched());
        let right: Vec<Option<bool>> = self.found[1..].iter().map(judged).collect();
        let count = |which| right.iter().filter(|&&r| r == Some(which)).count() as u64;
        let (right_count, false_count) = (count(true), count(false));
        let mut errors = self.centre_distances(|t| searched_share(t) >= WHOLE_SHARE);
        Scores {
            iou: ratio(self.both, true_cells + found_cells - self.both),
            area: rates(ratio(self.both, found_cells), ratio(self.both, true_cells)),
            outlines: rates(
                ratio(right_count, right_count + false_count),
                ratio(true_found as u64, counted.len() as u64),
            ),
            right,
            true_landslides: counted.len(),
            true_found,
            position_error_m: spread(&mut errors),
            km2: self.searched as f64 * cell_m2 / 1e6,
        }
    }

    /// Distances between the centres of true and found ground, one for each group of outlines that overlap:
    /// a landslide found in two pieces, or two found as one, is still at one place.
    fn centre_distances(&self, whole: impl Fn(usize) -> bool) -> Vec<f64> {
        let founds = self.found.len();
        let mut group: Vec<usize> = (0..self.truth.len() + founds).collect();
        for &(t, f) in self.pairs.keys() {
            let (a, b) = (root(&group, t), root(&group, self.truth.len() + f));
            group[a] = b;
        }
        let mut centres: BTreeMap<usize, (Patch, Patch, bool)> = BTreeMap::new();
        for t in 1..self.truth.len() {
            let entry = centres.entry(root(&group, t)).or_insert((
                Patch::default(),
                Patch::default(),
                true,
            ));
            entry.0.cells += self.truth[t].cells;
            entry.0.sum = entry.0.sum + self.truth[t].sum;
            entry.2 &= whole(t);
        }
        for f in 1..founds {
            if let Some(entry) = centres.get_mut(&root(&group, self.truth.len() + f)) {
                entry.1.cells += self.found[f].cells;
                entry.1.sum = entry.1.sum + self.found[f].sum;
            }
        }
        centres
            .values()
            .filter(|(t, f, whole)| *whole && t.cells > 0 && f.cells > 0)
            .map(|(t, f, _)| {
                let offset = t.sum / t.cells as f64 - f.sum / f.cells as f64;
                offset.x.hypot(offset.y)
            })
            .collect()
    }
}

fn root(group: &[usize], mut member: usize) -> usize {
    while group[member] != member {
        member = group[member];
    }
    member
}

pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

pub(super) fn rates(precision: f64, recall: f64) -> Rates {
    let sum = precision + recall;
    let f1 = if sum > 0.0 {
        2.0 * precision * recall / sum
    } else {
        0.0
    };
    Rates {
        precision,
        recall,
        f1,
    }
}

/// Nearest-rank percentiles.
pub(super) fn spread(values: &mut [f64]) -> Option<Spread> {
    values.sort_by(f64::total_cmp);
    let rank = |share: f64| {
        let rank = (share * values.len() as f64).ceil() as usize;
        values.get(rank.max(1) - 1).copied()
    };
    Some(Spread {
        median: rank(0.5)?,
        p90: rank(0.9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
        Rect::new((x, y), (x + side, y + side)).to_polygon()
    }

    #[test]
    fn identical_outlines_score_one_at_no_distance() {
        let truth = [square(10.0, 10.0, 20.0), square(50.0, 50.0, 10.0)];
        let scores = score(&truth, &truth, &[square(0.0, 0.0, 100.0)]).unwrap();
        assert_eq!((scores.iou, scores.outlines.f1), (1.0, 1.0));
        assert_eq!(scores.position_error_m.unwrap().p90, 0.0);
        assert!((scores.km2 - 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_shifted_outline_is_off_by_its_shift_and_loses_area() {
        let scores = score(
            &[square(10.0, 10.0, 20.0)],
            &[square(14.0, 13.0, 20.0)],
            &[square(0.0, 0.0, 100.0)],
        )
        .unwrap();
        assert!((scores.position_error_m.unwrap().median - 5.0).abs() < 1e-9);
        let both = 16.0 * 17.0;
        assert!((scores.iou - both / (800.0 - both)).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_searched_neither_helps_nor_harms() {
        let scores = score(
            &[square(10.0, 10.0, 20.0), square(500.0, 10.0, 20.0)],
            &[square(10.0, 10.0, 20.0), square(700.0, 10.0, 20.0)],
            &[square(0.0, 0.0, 100.0)],
        )
        .unwrap();
        assert_eq!((scores.iou, scores.true_landslides), (1.0, 1));
        assert_eq!(scores.right, [Some(true), None]);
    }

    #[test]
    fn a_false_alarm_lowers_precision_and_a_miss_lowers_recall() {
        let scores = score(
            &[square(10.0, 10.0, 10.0), square(30.0, 10.0, 10.0)],
            &[square(10.0, 10.0, 10.0), square(70.0, 70.0, 10.0)],
            &[square(0.0, 0.0, 100.0)],
        )
        .unwrap();
        assert_eq!(scores.outlines.precision, 0.5);
        assert_eq!(scores.outlines.recall, 0.5);
        assert_eq!(scores.right, [Some(true), Some(false)]);
        assert!((scores.iou - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_landslide_found_in_two_pieces_is_one_position() {
        let scores = score(
            &[square(10.0, 10.0, 20.0)],
            &[
                Rect::new((10.0, 10.0), (20.0, 30.0)).to_polygon(),
                Rect::new((20.0, 10.0), (30.0, 30.0)).to_polygon(),
            ],
            &[square(0.0, 0.0, 100.0)],
        )
        .unwrap();
        assert_eq!(scores.position_error_m.unwrap().median, 0.0);
        assert_eq!(scores.true_found, 1);
    }
}
