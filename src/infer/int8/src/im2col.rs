//! The windows of a convolution, laid out as rows of a product.

use crate::{Size, Window};

/// Bytes that are copied at once.
pub(crate) const PIECE: usize = 32;

/// A map of bytes, channels last, under a window that moves over it.
#[derive(Clone, Copy)]
pub(crate) struct Im2col<'a> {
    pub input: &'a [u8],
    pub size: Size,
    pub channels: usize,
    pub window: Window,
    /// What the border holds.
    pub zero: u8,
}

impl Im2col<'_> {
    /// Writes one row for each of `count` windows, `width` bytes apart, from number `first` on, of which there are `across`
    /// side by side. `rows` is a piece longer than needed: what follows a window there may be overwritten.
    pub(crate) fn rows(
        &self,
        (first, count): (usize, usize),
        across: usize,
        width: usize,
        rows: &mut [u8],
    ) {
        let mut done = 0;
        while done < count {
            let (y, x) = ((first + done) / across, (first + done) % across);
            let rows = &mut rows[done * width..];
            let inside = self.inside(y, x, across).min(count - done);
            let copied = match (self.window.side * self.channels).div_ceil(PIECE) {
                1 => self.copy::<1>((y, x), inside, width, rows),
                2 => self.copy::<2>((y, x), inside, width, rows),
                3 => self.copy::<3>((y, x), inside, width, rows),
                _ => self.copy::<0>((y, x), inside, width, rows),
            };
            if copied == 0 {
                self.bordered((y, x), rows);
            }
            done += copied.max(1);
        }
    }

    /// Windows from (`y`, `x`) on in their row that reach over no border.
    fn inside(&self, y: usize, x: usize, across: usize) -> usize {
        let Window {
            side, step, before, ..
        } = self.window;
        let (top, left) = (y * step, x * step);
        if top < before || left < before || top + side > self.size.height + before {
            return 0;
        }
        let fitting = (self.size.width + before)
            .checked_sub(side)
            .map_or(0, |more| more / step + 1);
        fitting.min(across).saturating_sub(x)
    }

    /// Copies up to `count` windows that reach over no border in `N` pieces for each of their lines, which single
    /// instructions move; lines of more pieces (`N` = 0) by their length. Returns how many, fewer than `count` where pieces
    /// would reach beyond the end of the map.
    fn copy<const N: usize>(
        &self,
        (y, x): (usize, usize),
        count: usize,
        width: usize,
        rows: &mut [u8],
    ) -> usize {
        if count == 0 {
            return 0;
        }
        let Window {
            side, step, before, ..
        } = self.window;
        let line = side * self.channels;
        let (stride, advance) = (self.size.width * self.channels, step * self.channels);
        let corner = (y * step - before) * stride + (x * step - before) * self.channels;
        let length = if N == 0 { line } else { N * PIECE };
        let first_end = corner + (side - 1) * stride + length;
        let Some(more) = self.input.len().checked_sub(first_end) else {
            return 0;
        };
        let count = count.min(more / advance + 1);
        for i in 0..count {
            let source = &self.input[corner + i * advance..];
            let row = &mut rows[i * width..];
            for dy in 0..side {
                row[dy * line..][..length].copy_from_slice(&source[dy * stride..][..length]);
            }
        }
        count
    }

    /// Copies one window that reaches beyond the map.
    fn bordered(&self, (y, x): (usize, usize), row: &mut [u8]) {
        let Window {
            side, step, before, ..
        } = self.window;
        let line = side * self.channels;
        let stride = self.size.width * self.channels;
        // Columns of the window that lie inside the map.
        let left = before.saturating_sub(x * step).min(side);
        let right = (self.size.width + before)
            .saturating_sub(x * step)
            .min(side);
        for dy in 0..side {
            let to = dy * line;
            row[to..to + line].fill(self.zero);
            let y = (y * step + dy).wrapping_sub(before);
            if y < self.size.height && left < right {
                let from = y * stride + (x * step + left - before) * self.channels;
                let length = (right - left) * self.channels;
                row[to + left * self.channels..][..length]
                    .copy_from_slice(&self.input[from..from + length]);
            }
        }
    }
}
