//! The decoder in one pass over rows: the finest map's projection, the coarser maps' bilinear upsampling, their sum, ReLU
//! and the classifier. Nothing as wide as the decoder is ever kept at full size.

use crate::{
    Between, Isa, Linear, MAPS, Quantization, Size, Team,
    memory::{Scratch, size_of_scratch},
    round::to_u8,
    vectorise::Job,
};

/// Pixels whose sums stay in the first cache.
const PIXELS: usize = 24;
/// Channels that are summed in registers.
const CHANNELS: usize = 64;

/// `classify(relu(project(finest) + sum of coarser maps, projected and upsampled))`.
#[derive(Debug, Clone)]
pub struct Decoder {
    /// Of the finest map.
    pub finest: Branch,
    /// Of the coarser maps.
    pub coarse: Vec<Branch>,
    /// Of the fused map, after ReLU.
    pub fused: Quantization,
    /// From the fused map, to floats: a logit for each class.
    pub classify: Linear,
}

/// One map's way into the decoder.
#[derive(Debug, Clone)]
pub struct Branch {
    /// To floats, as wide as the decoder.
    pub project: Linear,
    /// Of the map.
    pub size: Size,
}

impl Decoder {
    /// Channels of the fused map.
    fn width(&self) -> usize {
        self.finest.project.outputs()
    }

    /// Pixels of one row of every coarse map together.
    fn line(&self) -> usize {
        self.coarse.iter().map(|branch| branch.size.width).sum()
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let width = self.width();
        size_of_scratch::<f32>(PIXELS * width)
            + size_of_scratch::<u8>(PIXELS * width)
            + size_of_scratch::<f32>(2 * self.line() * width)
            + size_of_scratch::<f32>(self.line() * width)
    }

    /// Writes the logits, pixel by pixel, classes last, from the finest map and the coarser ones.
    pub fn run(
        &self,
        isa: Isa,
        team: &mut Team,
        finest: &[u8],
        coarse: &[&[u8]],
        scratch: &mut [u8],
        out: &mut [f32],
    ) {
        let Size { height, width } = self.finest.size;
        let row = width * self.classify.outputs();
        // Neighbouring chunks project the coarse rows between them twice, so they are few.
        let chunks = if team.threads() == 1 {
            1
        } else {
            4 * team.threads()
        };
        let rows = height.div_ceil(chunks);
        team.chunks(out, rows * row, scratch, |chunk, out, scratch| {
            let mut scratch = Scratch::new(scratch);
            let sums = scratch.take::<f32>(PIXELS * self.width());
            let fused = scratch.take::<u8>(PIXELS * self.width());
            let projected = scratch.take::<f32>(2 * self.line() * self.width());
            let lines = scratch.take::<f32>(self.line() * self.width());
            let mut held = [[usize::MAX; 2]; MAPS];
            for (i, out) in out.chunks_exact_mut(row).enumerate() {
                let y = chunk * rows + i;
                self.lines(isa, y, coarse, &mut held, projected, lines);
                let finest = &finest[y * width * self.finest.project.inputs()..];
                for (part, out) in out.chunks_mut(PIXELS * self.classify.outputs()).enumerate() {
                    let (first, count) = (part * PIXELS, out.len() / self.classify.outputs());
                    let inputs = self.finest.project.inputs();
                    let sums = &mut sums[..count * self.width()];
                    let fused = &mut fused[..count * self.width()];
                    self.finest.project.floats(
                        isa,
                        &finest[first * inputs..][..count * inputs],
                        None,
                        f32::NEG_INFINITY,
                        sums,
                    );
                    isa.run(Fuse {
                        decoder: self,
                        first,
                        sums,
                        lines,
                        fused,
                    });
                    self.classify
                        .floats(isa, fused, None, f32::NEG_INFINITY, out);
                }
            }
        });
    }

    /// Every coarse map's row at the height of row `y` of the fused map. The two projected rows that it lies between stay
    /// in `projected` for the next; `held` tells which they are.
    fn lines(
        &self,
        isa: Isa,
        y: usize,
        coarse: &[&[u8]],
        held: &mut [[usize; 2]; MAPS],
        mut projected: &mut [f32],
        mut lines: &mut [f32],
    ) {
        for ((map, branch), held) in coarse.iter().zip(&self.coarse).zip(held) {
            let length = branch.size.width * self.width();
            let (rows, rest) = std::mem::take(&mut projected).split_at_mut(2 * length);
            projected = rest;
            let (line, rest) = std::mem::take(&mut lines).split_at_mut(length);
            lines = rest;
            let between = Between::of(y, self.finest.size.height, branch.size.height);
            for row in [between.low, between.high] {
                if held[row % 2] != row {
                    let inputs = branch.size.width * branch.project.inputs();
                    let row_of = &map[row * inputs..][..inputs];
                    let out = &mut rows[row % 2 * length..][..length];
                    branch
                        .project
                        .floats(isa, row_of, None, f32::NEG_INFINITY, out);
                    held[row % 2] = row;
                }
            }
            let row = |row: usize| &rows[row % 2 * length..][..length];
            isa.run(Line {
                low: row(between.low),
                high: row(between.high),
                share: between.share,
                line,
            });
        }
    }
}

/// The mean of two rows, weighted.
struct Line<'a> {
    low: &'a [f32],
    high: &'a [f32],
    /// Of `high`.
    share: f32,
    line: &'a mut [f32],
}

impl Job for Line<'_> {
    #[inline(always)]
    fn run(self) {
        for ((value, &low), &high) in self.line.iter_mut().zip(self.low).zip(self.high) {
            *value = (high - low).mul_add(self.share, low);
        }
    }
}

/// Some pixels of one row of the fused map: the sum of all maps, ReLU, rounding.
struct Fuse<'a> {
    decoder: &'a Decoder,
    /// The first pixel's column.
    first: usize,
    /// The finest map's share.
    sums: &'a [f32],
    lines: &'a [f32],
    fused: &'a mut [u8],
}

/// Where a pixel's neighbours in a coarse map's line begin, and their weights.
#[derive(Clone, Copy, Default)]
struct Neighbours {
    low: usize,
    high: usize,
    shares: [f32; 2],
}

impl Job for Fuse<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            decoder,
            first,
            sums,
            lines,
            fused,
        } = self;
        let (width, maps) = (decoder.width(), decoder.coarse.len());
        let gain = decoder.fused.scale.recip();
        let zero = f32::from(decoder.fused.zero);
        let pixels = sums.chunks_exact(width).zip(fused.chunks_exact_mut(width));
        for (x, (sums, fused)) in pixels.enumerate() {
            let mut neighbours = [Neighbours::default(); MAPS];
            let mut start = 0;
            for (neighbours, branch) in neighbours.iter_mut().zip(&decoder.coarse) {
                let column = Between::of(first + x, decoder.finest.size.width, branch.size.width);
                *neighbours = Neighbours {
                    low: start + column.low * width,
                    high: start + column.high * width,
                    shares: [1.0 - column.share, column.share],
                };
                start += branch.size.width * width;
            }
            let neighbours = &neighbours[..maps];
            let (sums, last_sums) = sums.as_chunks::<CHANNELS>();
            let (fused, last_fused) = fused.as_chunks_mut::<CHANNELS>();
            for (chunk, (sums, fused)) in sums.iter().zip(fused).enumerate() {
                let mut total = *sums;
                for Neighbours { low, high, shares } in neighbours {
                    let (low, high) = (low + chunk * CHANNELS, high + chunk * CHANNELS);
                    let (low, high) = (&lines[low..low + CHANNELS], &lines[high..high + CHANNELS]);
                    for ((total, &low), &high) in total.iter_mut().zip(low).zip(high) {
                        *total = high.mul_add(shares[1], low.mul_add(shares[0], *total));
                    }
                }
                for (byte, total) in fused.iter_mut().zip(total) {
                    *byte = closed(total, gain, zero);
                }
            }
            let done = width - last_sums.len();
            for (i, (byte, &sum)) in last_fused.iter_mut().zip(last_sums).enumerate() {
                let at = |n: &Neighbours| {
                    lines[n.low + done + i] * n.shares[0] + lines[n.high + done + i] * n.shares[1]
                };
                *byte = closed(
                    neighbours.iter().fold(sum, |sum, n| sum + at(n)),
                    gain,
                    zero,
                );
            }
        }
    }
}

/// ReLU and rounding.
#[inline(always)]
fn closed(total: f32, gain: f32, zero: f32) -> u8 {
    let value = if total > 0.0 { total } else { 0.0 };
    to_u8(value.mul_add(gain, zero))
}
