//! The feed-forward half of a block: norm, expansion, depthwise convolution with GELU, contraction, residual. The expanded
//! rows, four or eight times as wide as the map, live in a thread's scratch memory only.

use crate::{
    Depthwise, Isa, Linear, Norm, Size, ThreadPool,
    memory::{Scratch, size_of_scratch},
};

/// Pixels that are multiplied together at least, so that weights are fetched once for many of them.
const PIXELS: usize = 96;

/// `x + contract(gelu(depthwise(expand(norm(x)))))`.
#[derive(Debug, Clone)]
pub struct FeedForward {
    /// Quantized for the expansion.
    pub norm: Norm,
    /// Quantized for the convolution.
    pub expand: Linear,
    /// Quantized for the contraction.
    pub depthwise: Depthwise,
    /// To floats.
    pub contract: Linear,
    /// Size of the map.
    pub size: Size,
}

impl FeedForward {
    /// Rows of the map that are worked on together.
    fn group(&self) -> usize {
        PIXELS.div_ceil(self.size.width).min(self.size.height)
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let hidden = self.size.width * self.depthwise.channels();
        let group = self.group();
        size_of_scratch::<u8>((group + 2) * self.size.width * self.expand.inputs())
            + size_of_scratch::<u8>((group + 2) * hidden)
            + size_of_scratch::<u8>(group * hidden)
            + size_of_scratch::<u8>(hidden)
    }

    /// Runs over a whole map of floats.
    pub fn run(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        x: &[f32],
        scratch: &mut [u8],
        out: &mut [f32],
    ) {
        let row = self.size.width * self.contract.outputs();
        // Bands overlap by two rows of the expansion, so they are as few as keep all threads at work.
        let bands = if pool.threads() == 1 {
            1
        } else {
            4 * pool.threads()
        };
        let band = self
            .size
            .height
            .div_ceil(bands)
            .next_multiple_of(self.group());
        pool.chunks(out, band * row, scratch, |number, out, scratch| {
            self.band(isa, x, number * band, out, &mut Scratch::new(scratch));
        });
    }

    /// The rows of `out`, the first of which is row `top` of the map.
    fn band(&self, isa: Isa, x: &[f32], top: usize, out: &mut [f32], scratch: &mut Scratch<'_>) {
        let (width, height) = (self.size.width, self.size.height);
        let (row, hidden) = (
            width * self.contract.outputs(),
            width * self.depthwise.channels(),
        );
        let group = self.group();
        let normed = scratch.take::<u8>((group + 2) * width * self.expand.inputs());
        let expanded = scratch.take::<u8>((group + 2) * hidden);
        let activated = scratch.take::<u8>(group * hidden);
        let border = scratch.take::<u8>(hidden);
        border.fill(self.depthwise.input_zero());

        let bottom = top + out.len() / row;
        // Rows `first..end` of the map lie expanded at the start of `expanded`.
        let (mut first, mut end) = (top.saturating_sub(1), top.saturating_sub(1));
        for (number, out) in out.chunks_mut(group * row).enumerate() {
            let y = top + number * group;
            let rows = out.len() / row;
            // The row above is still there, and the first of these rows; the rest is new.
            let keep = y.saturating_sub(1).max(first);
            expanded.copy_within((keep - first) * hidden..(end - first) * hidden, 0);
            first = keep;
            let until = (y + rows + 1).min(height).min(bottom + 1);
            let fresh = &x[end * row..until * row];
            let normed = &mut normed[..(until - end) * width * self.expand.inputs()];
            self.norm.bytes(isa, fresh, normed);
            self.expand.bytes(
                isa,
                normed,
                &mut expanded[(end - first) * hidden..(until - first) * hidden],
            );
            end = until;

            let line = |y: usize| &expanded[(y - first) * hidden..][..hidden];
            for (i, activated) in activated[..rows * hidden]
                .chunks_exact_mut(hidden)
                .enumerate()
            {
                let y = y + i;
                let above = if y == 0 { &*border } else { line(y - 1) };
                let below = if y + 1 == height {
                    &*border
                } else {
                    line(y + 1)
                };
                self.depthwise.row(isa, [above, line(y), below], activated);
            }
            let residual = &x[y * row..][..out.len()];
            self.contract.floats(
                isa,
                &activated[..rows * hidden],
                Some(residual),
                f32::NEG_INFINITY,
                out,
            );
        }
    }
}
