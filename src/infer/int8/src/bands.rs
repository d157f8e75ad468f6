//! A depthwise convolution between two products, band by band: what lies between them, several times as wide as the map, is
//! never more than a few rows in a thread's scratch memory.

use std::ops::Range;

use crate::{
    Depthwise, Isa, Size, Window,
    depthwise::LARGEST,
    memory::{Scratch, size_of_scratch},
};

/// Pixels that are multiplied together at least, so that weights are fetched once for many of them.
const PIXELS: usize = 96;

/// The walk of a depthwise convolution down a map.
pub(crate) struct Bands<'a> {
    pub depthwise: &'a Depthwise,
    /// Of the map under the convolution.
    pub size: Size,
}

/// Where the rows under the convolution come from.
pub(crate) enum Under<'a> {
    /// A map has them.
    Map(&'a [u8]),
    /// The function gives the rows of a range.
    Expanded(&'a mut dyn FnMut(Range<usize>, &mut [u8])),
}

impl Bands<'_> {
    /// Size of the output; that of the map where the window does not fit, which no checked graph has.
    pub(crate) fn output(&self) -> Size {
        self.depthwise.window().over(self.size).unwrap_or(self.size)
    }

    /// Most rows of the map under a group of rows of the output that are worked on together.
    pub(crate) fn under(&self) -> usize {
        let Window { side, step, .. } = self.depthwise.window();
        ((self.group() - 1) * step + side).min(self.size.height)
    }

    /// Bytes of scratch memory for each thread; `expanded` where the rows under the convolution are no map's.
    pub(crate) fn scratch(&self, expanded: bool) -> usize {
        let under = if expanded { self.under() } else { 0 };
        size_of_scratch::<u8>(under * self.line())
            + size_of_scratch::<u8>(self.group() * self.convolved())
            + size_of_scratch::<u8>(self.line())
    }

    /// Rows of the output that one of `threads` takes at a time.
    pub(crate) fn band(&self, threads: usize) -> usize {
        // The rows between two bands are expanded twice, so bands are as few as keep all threads at work.
        let bands = if threads == 1 { 1 } else { 4 * threads };
        let rows = self.output().height.div_ceil(bands);
        rows.next_multiple_of(self.group())
    }

    fn group(&self) -> usize {
        let Size { height, width } = self.output();
        PIXELS.div_ceil(width).min(height)
    }

    /// Bytes of a row of the map.
    fn line(&self) -> usize {
        self.size.width * self.depthwise.channels()
    }

    /// Bytes of a row of the output.
    fn convolved(&self) -> usize {
        self.output().width * self.depthwise.channels()
    }

    /// Convolves rows `rows` and gives them to `contract`, some at a time: the number of the first, their bytes, and the part
    /// of `out` that they become.
    pub(crate) fn run<T>(
        &self,
        isa: Isa,
        rows: Range<usize>,
        mut under: Under<'_>,
        scratch: &mut Scratch<'_>,
        out: &mut [T],
        mut contract: impl FnMut(usize, &[u8], &mut [T]),
    ) {
        let Window {
            side, step, before, ..
        } = self.depthwise.window();
        let (height, line, length) = (self.size.height, self.line(), self.convolved());
        let buffer = match under {
            Under::Map(_) => 0,
            Under::Expanded(_) => self.under() * line,
        };
        let expanded = scratch.take::<u8>(buffer);
        let convolved = scratch.take::<u8>(self.group() * length);
        let border = scratch.take::<u8>(line);
        border.fill(self.depthwise.input_zero());
        let row = out.len() / rows.len();
        // Rows of the map that lie at the start of `expanded`.
        let mut held = 0..0;
        for (number, out) in out.chunks_mut(self.group() * row).enumerate() {
            let first = rows.start + number * self.group();
            let count = out.len() / row;
            let end = ((first + count - 1) * step + side).saturating_sub(before);
            let bottom = end.min(height);
            let top = (first * step).saturating_sub(before).min(bottom);
            let source = match &mut under {
                Under::Map(map) => &map[top * line..bottom * line],
                Under::Expanded(expand) => {
                    // The last rows under the group before are under this one too.
                    let keep = top.clamp(held.start, held.end);
                    let kept = (keep - held.start) * line..held.len() * line;
                    expanded.copy_within(kept, 0);
                    let fresh = held.end.max(top)..bottom;
                    let place = (fresh.start - top) * line..(bottom - top) * line;
                    expand(fresh, &mut expanded[place]);
                    held = top..bottom;
                    &expanded[..held.len() * line]
                }
            };
            let convolved = &mut convolved[..count * length];
            for (i, convolved) in convolved.chunks_exact_mut(length).enumerate() {
                let mut lines = [&*border; LARGEST];
                for (dy, beneath) in lines.iter_mut().enumerate().take(side) {
                    let y = ((first + i) * step + dy).wrapping_sub(before);
                    if y < height {
                        *beneath = &source[(y - top) * line..][..line];
                    }
                }
                self.depthwise.row(isa, &lines[..side], convolved);
            }
            contract(first, convolved, out);
        }
    }
}
