//! One connected piece of landslide ground: finding it and outlining it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use geo::{Coord, MapCoords, Polygon};

use super::{
    contour::{Field, contours},
    vote_grid::{Cell, Position, SIDE, VoteGrid, block_of},
};

/// 4-connected cells, in order of rows and columns.
pub(super) struct Component {
    pub cells: Vec<Position>,
    /// Whether ground that no frame saw, or that is forgotten, lies beside one of them.
    pub cut_off: bool,
}

/// Cells already visited, a bit each.
#[derive(Default)]
pub(super) struct Visited(BTreeMap<Position, [u64; SIDE as usize]>);

/// What the votes inside a component say of it.
pub(super) struct Findings {
    pub confidence: f64,
    pub ce90_m: f64,
    pub observations: u32,
    pub first_seen: Option<SystemTime>,
    pub last_seen: Option<SystemTime>,
}

impl Visited {
    /// Marks a cell; whether it was unmarked.
    fn insert(&mut self, (x, y): Position) -> bool {
        let rows = self.0.entry(block_of((x, y))).or_insert([0; SIDE as usize]);
        let Some(row) = rows.get_mut(y.rem_euclid(SIDE) as usize) else {
            return false;
        };
        let bit = 1 << x.rem_euclid(SIDE);
        let new = *row & bit == 0;
        *row |= bit;
        new
    }
}

impl Component {
    /// The component around `seed`, unless that is no landslide or visited before.
    pub fn around(seed: Position, votes: &VoteGrid, visited: &mut Visited) -> Option<Self> {
        let mut enter = |at, cell: Cell| cell.open() && visited.insert(at);
        if !enter(seed, votes.cell(seed)) {
            return None;
        }
        let mut cells = vec![seed];
        let mut cut_off = false;
        let mut next = 0;
        while let Some(&(x, y)) = cells.get(next) {
            next += 1;
            let around = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)];
            for at in around {
                let cell = votes.cell(at);
                cut_off |= cell.observations == 0;
                if enter(at, cell) {
                    cells.push(at);
                }
            }
        }
        cells.sort_unstable_by_key(|&(x, y)| (y, x));
        Some(Self { cells, cut_off })
    }

    /// The first cell by row and column.
    pub fn first(&self) -> Position {
        self.cells.first().copied().unwrap_or_default()
    }

    /// Squares of two by two cells in it.
    pub fn squares(&self) -> usize {
        let cell = |at: Position| {
            self.cells
                .binary_search_by_key(&(at.1, at.0), |&(x, y)| (y, x))
        };
        self.cells
            .iter()
            .filter(|&&(x, y)| {
                [(x + 1, y), (x, y + 1), (x + 1, y + 1)]
                    .into_iter()
                    .all(|at| cell(at).is_ok())
            })
            .count()
    }

    /// Its outline in cells from the plane's origin: where hits per observation fall through one half.
    pub fn outline(&self, votes: &VoteGrid) -> Option<Polygon<f64>> {
        let columns = || self.cells.iter().map(|cell| cell.0);
        let rows = || self.cells.iter().map(|cell| cell.1);
        // One cell more on each side: the outline is drawn between inside and outside cells.
        let (left, right) = (columns().min()? - 1, columns().max()? + 2);
        let (bottom, top) = (rows().min()? - 1, rows().max()? + 2);
        let (width, height) = ((right - left) as usize, (top - bottom) as usize);
        let mut samples = Vec::with_capacity(width * height);
        for y in bottom..top {
            samples.extend((left..right).map(|x| {
                let cell = votes.cell((x, y));
                // Another component's cells are not part of this one.
                if cell.majority() { 0.0 } else { cell.share() }
            }));
        }
        for &(x, y) in &self.cells {
            let index = (y - bottom) as usize * width + (x - left) as usize;
            if let Some(sample) = samples.get_mut(index) {
                *sample = votes.cell((x, y)).share();
            }
        }
        let end = Coord {
            x: width as f64,
            y: height as f64,
        };
        let field = Field {
            width,
            height,
            samples: &samples,
            end,
        };
        // 4-connected cells have one outer ring.
        let outline = contours(&field, 0.5).into_iter().next()?;
        Some(outline.map_coords(|c| Coord {
            x: c.x + f64::from(left),
            y: c.y + f64::from(bottom),
        }))
    }

    /// What the votes inside say; none if no detection was ever counted here.
    pub fn findings(&self, votes: &VoteGrid) -> Option<Findings> {
        let cells = || self.cells.iter().map(|&at| votes.cell(at));
        let homes: BTreeSet<Position> = self.cells.iter().map(|&at| block_of(at)).collect();
        let hits = || {
            let corner = |&(x, y): &Position| (x * SIDE, y * SIDE);
            homes
                .iter()
                .filter_map(move |home| votes.block(corner(home))?.hits)
        };
        let count = hits().map(|h| h.count).sum::<u64>();
        if count == 0 {
            return None;
        }
        let ce90_mm: u64 = hits().map(|h| h.ce90_mm).sum();
        Some(Findings {
            confidence: cells().map(|c| c.probability()).sum::<f64>()
                / self.cells.len().max(1) as f64,
            ce90_m: ce90_mm as f64 / count as f64 / 1000.0,
            observations: cells().map(|c| u32::from(c.hits)).max()?,
            first_seen: hits().filter_map(|h| h.first).min(),
            last_seen: hits().filter_map(|h| h.last).max(),
        })
    }
}
