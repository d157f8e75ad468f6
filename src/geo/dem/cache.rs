//! Heights of the tiles that are used, within bounds.

use std::sync::Arc;

use parking_lot::Mutex;

use super::SampleError;

/// A tile's heights, row by row from the top; gaps are NaN.
pub(super) type Heights = Arc<Vec<f32>>;

/// Heights by the number of their tile, the one used last at the end.
#[derive(Debug)]
pub(super) struct Cache {
    held: Mutex<Vec<(usize, Heights)>>,
    max_cells: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            max_cells: Self::MAX_CELLS,
        }
    }
}

impl Cache {
    /// Cells that are held at most, unless a single tile has more: 256 MB of heights. Rays go 20 km, so that four tiles of a
    /// degree hold them all.
    pub(super) const MAX_CELLS: usize = 64_000_000;

    /// Holds the heights of a tile.
    #[cfg(feature = "geotiff")]
    #[cfg_attr(
        not(feature = "geotiff"),
        expect(dead_code, reason = "files have them")
    )]
    pub(super) fn hold(&self, tile: usize, heights: Heights) {
        let mut held = self.held.lock();
        self.make_room(&mut held, heights.len());
        held.push((tile, heights));
    }

    /// The heights of a tile, read by `read` where they are not held.
    pub(super) fn heights(
        &self,
        tile: usize,
        read: impl FnOnce() -> Result<Heights, SampleError>,
    ) -> Result<Heights, SampleError> {
        let mut held = self.held.lock();
        if let Some(at) = held.iter().position(|(held, _)| *held == tile) {
            held[at..].rotate_left(1);
        } else {
            // Under the lock: two threads that need a tile read it once.
            let heights = read()?;
            self.make_room(&mut held, heights.len());
            held.push((tile, heights));
        }
        let newest = held.last().map(|(_, heights)| Arc::clone(heights));
        newest.ok_or(SampleError::Unreadable)
    }

    fn make_room(&self, held: &mut Vec<(usize, Heights)>, cells: usize) {
        let mut all = cells + held.iter().map(|(_, h)| h.len()).sum::<usize>();
        while all > self.max_cells && !held.is_empty() {
            all -= held.remove(0).1.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let cache = Cache {
            held: Mutex::default(),
            max_cells: 25,
        };
        let read = std::cell::RefCell::new(Vec::new());
        let ask = |tile: usize| {
            let heights = cache.heights(tile, || {
                read.borrow_mut().push(tile);
                Ok(Arc::new(vec![tile as f32; 10]))
            });
            assert_eq!(heights.unwrap()[0], tile as f32);
        };
        for tile in [1, 2, 1, 3, 1, 2, 2] {
            ask(tile);
        }
        assert_eq!(*read.borrow(), [1, 2, 3, 2]);
    }
}
