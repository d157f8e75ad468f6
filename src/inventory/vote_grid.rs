//! What every piece of ground was seen to be: a sparse grid of votes.

use std::{collections::BTreeMap, time::SystemTime};

use geo::Rect;

/// Cells along the side of a block, the unit in which memory is taken and given back.
pub(super) const SIDE: i32 = 64;
const CELLS: usize = (SIDE * SIDE) as usize;
/// Track of cells whose landslide was reported for the last time before part of it was forgotten.
pub(super) const FROZEN: u32 = u32::MAX;

/// Column and row of a cell, from the plane's origin east and north.
pub(super) type Position = (i32, i32);

/// The votes on one cell of ground.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cell {
    /// Frames that saw it. At 255 the vote is closed.
    pub observations: u8,
    /// Frames that saw landslide there.
    pub hits: u8,
    /// Sum over hits of the detection's probability, in 1/255.
    pub weight: u16,
    /// Number of the landslide it belongs to; 0 none.
    pub track: u32,
}

/// A square of 64 x 64 cells.
#[derive(Debug)]
pub(super) struct Block {
    cells: Box<[Cell]>,
    /// Number of the last observation that saw any of it.
    last_observed: u64,
    pub hits: Option<Hits>,
}

/// What all hits in a block have in common. Integers, so that their order changes no sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hits {
    /// Exposure of the first of those whose time is known.
    pub first: Option<SystemTime>,
    /// And of the last.
    pub last: Option<SystemTime>,
    pub count: u64,
    /// Sum of the detections' CE90 in millimetres.
    pub ce90_mm: u64,
}

/// All the votes, block by block. Ordered, so that walking it is the same in every run.
#[derive(Debug, Default)]
pub(super) struct VoteGrid {
    blocks: BTreeMap<Position, Block>,
}

/// What one frame says of the cells in a rectangle.
pub(super) struct FrameRaster {
    /// First column and row, and those one beyond the last.
    pub window: Rect<i32>,
    /// Row-major: 0 not seen, 1 seen, n + 2 seen and in detection n.
    pub marks: Vec<u32>,
    /// Probability in 1/255 and CE90 in millimetres of each detection.
    pub detections: Vec<(u8, u32)>,
    pub time: Option<SystemTime>,
    /// Number of the observation.
    pub number: u64,
}

impl Cell {
    /// Whether at least half of the observations held it to be landslide.
    pub fn majority(self) -> bool {
        self.hits > 0 && u16::from(self.hits) * 2 >= u16::from(self.observations)
    }

    /// Whether it takes part in landslides that can still change.
    pub fn open(self) -> bool {
        self.majority() && self.track != FROZEN
    }

    /// Hits per observation.
    pub fn share(self) -> f32 {
        f32::from(self.hits) / f32::from(self.observations.max(1))
    }

    /// Mean probability over its observations, 0 to 1.
    pub fn probability(self) -> f64 {
        f64::from(self.weight) / (255.0 * f64::from(self.observations.max(1)))
    }
}

impl FrameRaster {
    fn mark(&self, (x, y): Position) -> u32 {
        let (low, width) = (self.window.min(), self.window.width() as usize);
        let index = (y - low.y) as usize * width + (x - low.x) as usize;
        self.marks.get(index).copied().unwrap_or(0)
    }
}

impl VoteGrid {
    /// The cell at `position`; an unseen one if nothing is known.
    pub fn cell(&self, position: Position) -> Cell {
        let cell = |block: &Block| block.cells.get(index(position)).copied();
        self.block(position).and_then(cell).unwrap_or_default()
    }

    /// The block around `position`.
    pub fn block(&self, position: Position) -> Option<&Block> {
        self.blocks.get(&block_of(position))
    }

    /// Number of blocks held.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Gives the cell at `position` to `track` and tells the one before.
    pub fn assign(&mut self, position: Position, track: u32) -> u32 {
        let block = self.blocks.get_mut(&block_of(position));
        let cell = block.and_then(|block| block.cells.get_mut(index(position)));
        cell.map_or(0, |cell| std::mem::replace(&mut cell.track, track))
    }

    /// Counts a frame's votes. Cells that lose their majority lose their track; tells how many each track lost.
    pub fn vote(&mut self, raster: &FrameRaster) -> BTreeMap<u32, usize> {
        let mut lost = BTreeMap::new();
        for home in blocks_in(raster.window) {
            let cells = cells_in(home, raster.window);
            if !cells.clone().any(|position| raster.mark(position) > 0) {
                continue;
            }
            let block = self.blocks.entry(home).or_insert_with(Block::new);
            block.last_observed = raster.number;
            for position in cells {
                let mark = raster.mark(position);
                if mark == 0 {
                    continue;
                }
                let detection = mark
                    .checked_sub(2)
                    .and_then(|n| raster.detections.get(n as usize));
                if let Some(track) = block.count(index(position), detection, raster.time) {
                    *lost.entry(track).or_insert(0) += 1;
                }
            }
        }
        lost
    }

    /// The blocks observed longest ago, `count` of them, none of them in `window`.
    pub fn oldest(&self, count: usize, window: Rect<i32>) -> Vec<Position> {
        let outside = |home: &Position| cells_in(*home, window).next().is_none();
        let mut ages: Vec<(u64, Position)> = self
            .blocks
            .iter()
            .map(|(home, block)| (block.last_observed, *home))
            .filter(|(_, home)| outside(home))
            .collect();
        ages.sort_unstable();
        ages.into_iter().take(count).map(|(_, home)| home).collect()
    }

    /// The landslides with cells in the block `home`.
    pub fn tracks(&self, home: Position) -> Vec<u32> {
        let cells = self.blocks.get(&home).map_or(&[][..], |block| &block.cells);
        let mut tracks: Vec<u32> = cells.iter().map(|cell| cell.track).collect();
        tracks.retain(|&track| track != 0 && track != FROZEN);
        tracks.sort_unstable();
        tracks.dedup();
        tracks
    }

    /// Forgets the block `home`.
    pub fn forget(&mut self, home: Position) {
        self.blocks.remove(&home);
    }

    /// How many blocks a frame seen in `window` would add at most.
    pub fn missing(&self, window: Rect<i32>) -> usize {
        blocks_in(window)
            .filter(|home| !self.blocks.contains_key(home))
            .count()
    }
}

impl Block {
    fn new() -> Self {
        Self {
            cells: vec![Cell::default(); CELLS].into(),
            last_observed: 0,
            hits: None,
        }
    }

    /// Counts one observation of a cell; the track that lost it, if any did.
    fn count(
        &mut self,
        index: usize,
        detection: Option<&(u8, u32)>,
        time: Option<SystemTime>,
    ) -> Option<u32> {
        let cell = self
            .cells
            .get_mut(index)
            .filter(|cell| cell.observations < u8::MAX)?;
        cell.observations += 1;
        if let Some(&(probability, ce90_mm)) = detection {
            cell.hits += 1;
            cell.weight += u16::from(probability);
            let hits = self.hits.get_or_insert(Hits {
                first: time,
                last: time,
                count: 0,
                ce90_mm: 0,
            });
            hits.first = [hits.first, time].into_iter().flatten().min();
            hits.last = hits.last.max(time);
            hits.count += 1;
            hits.ce90_mm += u64::from(ce90_mm);
        }
        let loses = cell.track != 0 && !cell.majority();
        loses
            .then(|| std::mem::take(&mut cell.track))
            .filter(|&track| track != FROZEN)
    }
}

/// The block a cell lies in.
pub(super) fn block_of((x, y): Position) -> Position {
    (x.div_euclid(SIDE), y.div_euclid(SIDE))
}

fn index((x, y): Position) -> usize {
    (y.rem_euclid(SIDE) * SIDE + x.rem_euclid(SIDE)) as usize
}

fn blocks_in(window: Rect<i32>) -> impl Iterator<Item = Position> {
    let (low, high) = (window.min(), window.max());
    let (first, last) = (block_of((low.x, low.y)), block_of((high.x - 1, high.y - 1)));
    (first.1..=last.1).flat_map(move |y| (first.0..=last.0).map(move |x| (x, y)))
}

/// The cells of the block `home` that lie in `window`.
fn cells_in((x, y): Position, window: Rect<i32>) -> impl Iterator<Item = Position> + Clone {
    let (low, high) = (window.min(), window.max());
    let columns = low.x.max(x * SIDE)..high.x.min((x + 1) * SIDE);
    let rows = low.y.max(y * SIDE)..high.y.min((y + 1) * SIDE);
    rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(window: Rect<i32>, mark: u32) -> FrameRaster {
        FrameRaster {
            window,
            marks: vec![mark; (window.width() * window.height()) as usize],
            detections: vec![(255, 2000)],
            time: None,
            number: 1,
        }
    }

    #[test]
    fn votes_land_in_the_right_cells_on_all_sides_of_the_origin() {
        let mut votes = VoteGrid::default();
        votes.vote(&raster(Rect::new((-65, -1), (2, 65)), 2));
        for (position, observations) in [
            ((-65, -1), 1),
            ((1, 64), 1),
            ((-66, 0), 0),
            ((2, 0), 0),
            ((0, 65), 0),
        ] {
            assert_eq!(
                votes.cell(position).observations,
                observations,
                "{position:?}"
            );
        }
        assert_eq!(votes.len(), 9);
    }

    #[test]
    fn half_of_the_observations_is_a_majority_and_less_is_not() {
        let cell = |observations, hits| Cell {
            observations,
            hits,
            ..Cell::default()
        };
        assert!(cell(1, 1).majority() && cell(2, 1).majority() && cell(255, 128).majority());
        assert!(!cell(3, 1).majority() && !cell(0, 0).majority() && !cell(255, 127).majority());
    }

    #[test]
    fn a_vote_closes_at_255_observations() {
        let mut votes = VoteGrid::default();
        let window = Rect::new((0, 0), (1, 1));
        for _ in 0..300 {
            votes.vote(&raster(window, 2));
        }
        let cell = votes.cell((0, 0));
        assert_eq!(
            (cell.observations, cell.hits, cell.weight),
            (255, 255, 65025)
        );
        assert!((cell.probability() - 1.0).abs() < 1e-9);
    }
}
