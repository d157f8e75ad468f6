//! The coarse maps' values around the pixels that are fused next.

use super::parameters::{Decoder, MAPS};
use crate::{LerpTap, vectorise::Job};

/// Moves the windows on along a row: every coarse map's values at the height of row `y` of the fused map, up to those that
/// pixels before `until` stand over. Each takes the place of the one a window's length before it.
pub(super) struct Slide<'a> {
    pub decoder: &'a Decoder,
    pub y: usize,
    pub until: usize,
    /// As [`Decoder::project`] left it.
    pub projected: &'a [f32],
    /// Columns of each map that have been in its window.
    pub done: &'a mut [usize; MAPS],
    pub windows: &'a mut [f32],
}

impl Job for Slide<'_> {
    #[inline(always)]
    fn run(self) {
        let (fine, width) = (self.decoder.finest.size, self.decoder.width());
        let (mut projected, mut windows) = (self.projected, self.windows);
        for (branch, done) in self.decoder.coarse.iter().zip(self.done) {
            let length = branch.size.width * width;
            let (rows, rest) = projected.split_at(2 * length);
            projected = rest;
            let columns = self.decoder.window(branch);
            let (window, rest) = windows.split_at_mut(columns * width);
            windows = rest;
            let tap = LerpTap::of(self.y, fine.height, branch.size.height);
            let last = LerpTap::of(self.until - 1, fine.width, branch.size.width).high;
            for column in *done..=last {
                let of = |row: usize| &rows[row % 2 * length + column * width..][..width];
                let (low, high) = (of(tap.low), of(tap.high));
                let values = &mut window[column % columns * width..][..width];
                for ((value, &low), &high) in values.iter_mut().zip(low).zip(high) {
                    *value = (high - low).mul_add(tap.share, low);
                }
            }
            *done = (*done).max(last + 1);
        }
    }
}
