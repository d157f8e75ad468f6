//! Gaps that a file does not declare: values that no height has, and zeros within a field of heights.

/// Heights in metres of any datum that the earth's surface has; anything else is a gap, feet, or no height.
pub(super) const PLAUSIBLE_M: std::ops::RangeInclusive<f64> = -600.0..=9_500.0;

/// Raw values that programs write where they have no height, and that are taken for gaps whatever their scale.
const SENTINELS: [f64; 4] = [-9_999.0, -32_767.0, -32_768.0, -99_999.0];

/// The least that is no height in whatever unit: below it, a height above [`PLAUSIBLE_M`] may be one in feet.
const NO_HEIGHT: f64 = 32_000.0;

/// How near to a zero the cells beside it have to lie to show that the ground comes down to it there.
const SHORE_M: f32 = 5.0;

/// The share of a shore's cells that lie so near: one in ten. Fjords have walls, but also shores.
const SHORE_SHARE: u64 = 10;

/// Whether a raw value, whose height would be `height_m`, can only mean that there is no height.
pub(super) fn is_undeclared_gap(raw: f64, height_m: f64) -> bool {
    SENTINELS.contains(&raw)
        || height_m < *PLAUSIBLE_M.start()
        || height_m > NO_HEIGHT.max(*PLAUSIBLE_M.end())
}

/// Turns unwritten cells into gaps (see [`clear_unwritten`]), and tells of them and of the number that was taken for a gap without
/// being declared.
pub(super) fn remarks(
    name: &str,
    undeclared: Option<f64>,
    heights: &mut [f32],
    width: usize,
    zero: f32,
) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(raw) = undeclared {
        remarks.push(format!(
            "elevation model {name}: cells that hold {raw} are taken for gaps, which the file does not declare"
        ));
    }
    let unwritten = clear_unwritten(heights, width, zero);
    if unwritten > 0 {
        remarks.push(format!(
            "elevation model {name}: {unwritten} cells hold 0 where the ground beside them does not come down to it; they are taken for gaps"
        ));
    }
    remarks
}

/// The lowest and the highest height, which are such as the earth's surface has.
pub(super) fn range(heights: &[f32]) -> Result<(f64, f64), String> {
    let (lowest, highest) = heights
        .iter()
        .filter(|h| !h.is_nan())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &h| {
            (low.min(h), high.max(h))
        });
    if lowest > highest {
        return Err("it holds no height at all".to_owned());
    }
    let range = (f64::from(lowest), f64::from(highest));
    if !(PLAUSIBLE_M.contains(&range.0) && PLAUSIBLE_M.contains(&range.1)) {
        return Err(format!(
            "its heights run from {lowest} to {highest} m, which the earth's surface does not"
        ));
    }
    Ok(range)
}

/// A patch of 4-connected zeros, and the cells beside it.
#[derive(Clone, Copy, Default)]
struct Patch {
    /// Cells beside it that have a height.
    beside: u64,
    /// Those of them less than [`SHORE_M`] from it.
    shore: u64,
}

/// Cells of one row that hold zero, from `start` to before `end`.
struct Run {
    start: usize,
    end: usize,
    patch: usize,
}

/// Turns patches of exactly `zero` into gaps where the ground beside them does not come down to them; how many cells it
/// turned. `zero` is the height that a cell has which nobody wrote.
///
/// The sea, too, holds zeros. It has shores; what a mosaic, a warp or an unwritten block left at zero has steps around it.
fn clear_unwritten(heights: &mut [f32], width: usize, zero: f32) -> u64 {
    let rows: Vec<&[f32]> = heights.chunks_exact(width).collect();
    let mut patches = Patches::default();
    let mut runs: Vec<Vec<Run>> = Vec::with_capacity(rows.len());
    for (r, row) in rows.iter().enumerate() {
        let mut here = runs_of(row, zero);
        let above = r.checked_sub(1).map(|above| runs[above].as_slice());
        for run in &mut here {
            run.patch = patches.add();
            for other in above.unwrap_or_default() {
                if other.start < run.end && run.start < other.end {
                    run.patch = patches.join(run.patch, other.patch);
                }
            }
            let patch = run.patch;
            let sides = [run.start.checked_sub(1), Some(run.end)];
            for height in sides.into_iter().flatten().filter_map(|side| row.get(side)) {
                patches.beside(patch, *height, zero);
            }
            let next = [r.checked_sub(1), Some(r + 1)];
            for other in next.into_iter().flatten().filter_map(|next| rows.get(next)) {
                for height in &other[run.start..run.end] {
                    patches.beside(patch, *height, zero);
                }
            }
        }
        runs.push(here);
    }
    let mut cleared = 0;
    for (row, runs) in heights.chunks_exact_mut(width).zip(runs) {
        for run in runs {
            if patches.is_unwritten(run.patch) {
                cleared += (run.end - run.start) as u64;
                row[run.start..run.end].fill(f32::NAN);
            }
        }
    }
    cleared
}

fn runs_of(row: &[f32], zero: f32) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = None;
    for (column, height) in row.iter().enumerate() {
        match (start, *height == zero) {
            (None, true) => start = Some(column),
            (Some(from), false) => {
                runs.push(Run {
                    start: from,
                    end: column,
                    patch: 0,
                });
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| Run {
        start: from,
        end: row.len(),
        patch: 0,
    }));
    runs
}

/// Disjoint sets of runs.
#[derive(Default)]
struct Patches {
    parent: Vec<usize>,
    patch: Vec<Patch>,
}

impl Patches {
    fn add(&mut self) -> usize {
        self.parent.push(self.parent.len());
        self.patch.push(Patch::default());
        self.parent.len() - 1
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let gone = std::mem::take(&mut self.patch[a]);
            let into = &mut self.patch[b];
            into.beside += gone.beside;
            into.shore += gone.shore;
            self.parent[a] = b;
        }
        b
    }

    fn beside(&mut self, at: usize, height: f32, zero: f32) {
        if height.is_nan() || height == zero {
            return;
        }
        let root = self.root(at);
        let patch = &mut self.patch[root];
        patch.beside += 1;
        patch.shore += u64::from((height - zero).abs() < SHORE_M);
    }

    fn is_unwritten(&mut self, at: usize) -> bool {
        let root = self.root(at);
        let Patch { beside, shore } = self.patch[root];
        beside == 0 || shore * SHORE_SHARE < beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(width: usize, height: usize, at: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..height)
            .flat_map(|r| (0..width).map(move |c| (r, c)))
            .map(|(r, c)| at(r, c))
            .collect()
    }

    #[test]
    fn zeros_with_steps_around_them_are_gaps_and_the_sea_is_none() {
        // Land rises from the sea in the west by 2 m a cell; a hole of zeros lies in it at 60 m, another at the east edge.
        let hole = |r: usize, c: usize| (8..12).contains(&r) && (38..42).contains(&c);
        let edge = |r: usize, c: usize| r >= 15 && c >= 57;
        let mut heights = field(60, 20, |r, c| {
            if c < 10 || hole(r, c) || edge(r, c) {
                0.0
            } else {
                2.0 * (c as f32 - 9.0)
            }
        });
        assert_eq!(clear_unwritten(&mut heights, 60, 0.0), 16 + 15);
        for (r, c) in (0..20).flat_map(|r| (0..60).map(move |c| (r, c))) {
            assert_eq!(heights[r * 60 + c].is_nan(), hole(r, c) || edge(r, c));
        }
    }

    #[test]
    fn a_patch_is_one_whatever_its_shape() {
        // A U whose left arm stands in the shallows, and whose right arm between walls: one patch, with a shore.
        let mut heights = field(9, 6, |r, c| match (r, c) {
            (_, 0) | (0..5, 2) => 1.0,
            (0..5, 1 | 7) | (5, 1..8) => 0.0,
            _ => 100.0,
        });
        assert_eq!(clear_unwritten(&mut heights, 9, 0.0), 0);
        let mut turned: Vec<f32> = heights.iter().rev().copied().collect();
        assert_eq!(clear_unwritten(&mut turned, 9, 0.0), 0);
    }

    #[test]
    fn a_field_of_nothing_but_zeros_is_a_gap() {
        let mut heights = vec![0.0; 12];
        assert_eq!(clear_unwritten(&mut heights, 4, 0.0), 12);
    }
}
