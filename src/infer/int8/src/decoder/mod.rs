//! The decoder in one pass over rows: the finest map's projection, the coarser maps' bilinear upsampling, their sum, ReLU
//! and the classifier. Nothing as wide as the decoder is ever kept at full size.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod fuse;
mod parameters;
mod slide;

use crate::{
    Isa, LerpTap, Linear, Quantization, Size, ThreadPool,
    memory::{Scratch, size_of_scratch},
};
use fuse::{Fuse, Rounded};
use parameters::PIXELS;
pub use parameters::{Branch, Decoder, MAPS};
use slide::Slide;

/// A thread's scratch memory.
struct Memory<'a> {
    /// The finest map's projection of some pixels.
    sums: &'a mut [f32],
    /// The fused map of some pixels.
    fused: &'a mut [u8],
    /// Two projected rows of each coarse map, see [`Decoder::project`].
    projected: &'a mut [f32],
    /// Which rows these are.
    held: [[usize; 2]; MAPS],
    /// The coarse maps around some pixels, see [`Slide`].
    windows: &'a mut [f32],
    /// See [`Decoder::columns`].
    starts: &'a mut [[u32; 2]],
    shares: &'a mut [[f32; 2]],
}

impl Decoder {
    /// From the finest map and the coarser ones, whose projections give floats as wide as the decoder, through the fused
    /// map, quantized after ReLU, to a logit for each class.
    ///
    /// # Panics
    /// When the layers disagree in width.
    #[must_use]
    pub fn new(finest: Branch, coarse: Vec<Branch>, fused: Quantization, classify: Linear) -> Self {
        let fits = |branch: &Branch| branch.project.outputs() == classify.inputs();
        assert!(fits(&finest) && coarse.iter().all(fits));
        // In steps of the fused map, so that their sum needs no factor.
        let in_steps = |branch: Branch, zero: u8| Branch {
            project: branch
                .project
                .quantized(1.0, Quantization { zero, ..fused }),
            ..branch
        };
        Self {
            finest: in_steps(finest, fused.zero),
            coarse: coarse.into_iter().map(|map| in_steps(map, 0)).collect(),
            zero: f32::from(fused.zero),
            #[cfg(target_arch = "x86_64")]
            packed: avx512::Packed::new(&classify),
            classify,
        }
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let width = self.width();
        size_of_scratch::<f32>(PIXELS * width)
            + size_of_scratch::<u8>(PIXELS * width)
            + size_of_scratch::<f32>(2 * self.line() * width)
            + size_of_scratch::<f32>(self.windows() * width)
            + 2 * size_of_scratch::<[u32; 2]>(self.finest.size.width * self.coarse.len())
    }

    fn memory<'a>(&self, scratch: &'a mut [u8]) -> Memory<'a> {
        let mut scratch = Scratch::new(scratch);
        let (width, columns) = (self.width(), self.finest.size.width * self.coarse.len());
        Memory {
            sums: scratch.take(PIXELS * width),
            fused: scratch.take(PIXELS * width),
            projected: scratch.take(2 * self.line() * width),
            held: [[usize::MAX; 2]; MAPS],
            windows: scratch.take(self.windows() * width),
            starts: scratch.take(columns),
            shares: scratch.take(columns),
        }
    }

    /// Writes the logits, pixel by pixel, classes last, from the finest map and the coarser ones.
    pub fn run(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        finest: &[u8],
        coarse: &[&[u8]],
        scratch: &mut [u8],
        out: &mut [f32],
    ) {
        let Size { height, width } = self.finest.size;
        let row = width * self.classes();
        // Neighbouring chunks project the coarse rows between them twice, so they are few.
        let chunks = if pool.threads() == 1 {
            1
        } else {
            4 * pool.threads()
        };
        let rows = height.div_ceil(chunks);
        pool.chunks(out, rows * row, scratch, |chunk, out, scratch| {
            let mut memory = self.memory(scratch);
            self.columns(memory.starts, memory.shares);
            for (i, out) in out.chunks_exact_mut(row).enumerate() {
                let y = chunk * rows + i;
                self.project(isa, y, coarse, &mut memory);
                self.row(isa, y, finest, &mut memory, out);
            }
        });
    }

    /// The logits of row `y`.
    fn row(&self, isa: Isa, y: usize, finest: &[u8], memory: &mut Memory<'_>, out: &mut [f32]) {
        let (maps, inputs) = (self.coarse.len(), self.finest.project.inputs());
        let mut done = [0; MAPS];
        for (part, out) in out.chunks_mut(PIXELS * self.classes()).enumerate() {
            let (first, count) = (part * PIXELS, out.len() / self.classes());
            isa.run(Slide {
                decoder: self,
                y,
                until: first + count,
                projected: memory.projected,
                done: &mut done,
                windows: memory.windows,
            });
            let pixels = &finest[(y * self.finest.size.width + first) * inputs..][..count * inputs];
            let sums = &mut memory.sums[..count * self.width()];
            self.finest
                .project
                .floats(isa, pixels, None, f32::NEG_INFINITY, sums);
            let pixels = Fuse {
                width: self.width(),
                maps,
                starts: &memory.starts[first * maps..][..count * maps],
                shares: &memory.shares[first * maps..][..count * maps],
                sums,
                windows: memory.windows,
                zero: self.zero,
            };
            self.classified(isa, pixels, memory.fused, out);
        }
    }

    /// The logits of some pixels of the fused map, which passes through `fused` where no kernel keeps it in registers.
    fn classified(&self, isa: Isa, pixels: Fuse<'_>, fused: &mut [u8], out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if let (crate::isa::Set::Avx512Vnni, Some(packed)) = (isa.set(), &self.packed) {
            // SAFETY: the set was found on this processor.
            return unsafe { packed.classify(pixels, out) };
        }
        let fused = &mut fused[..pixels.sums.len()];
        isa.run(Rounded { pixels, fused });
        self.classify
            .floats(isa, fused, None, f32::NEG_INFINITY, out);
    }

    /// The two pixels of each coarse map between which every column of the fused map lies: where they begin in the windows,
    /// and their weights. By column, by map.
    fn columns(&self, starts: &mut [[u32; 2]], shares: &mut [[f32; 2]]) {
        let maps = self.coarse.len();
        let mut window = 0;
        for (map, branch) in self.coarse.iter().enumerate() {
            let length = self.window(branch);
            for x in 0..self.finest.size.width {
                let column = LerpTap::of(x, self.finest.size.width, branch.size.width);
                let start = |column: usize| ((window + column % length) * self.width()) as u32;
                starts[x * maps + map] = [start(column.low), start(column.high)];
                shares[x * maps + map] = [1.0 - column.share, column.share];
            }
            window += length;
        }
    }

    /// Projects the rows of every coarse map between which row `y` of the fused map lies. Both stay for the next.
    fn project(&self, isa: Isa, y: usize, coarse: &[&[u8]], memory: &mut Memory<'_>) {
        let mut projected = &mut *memory.projected;
        for ((map, branch), held) in coarse.iter().zip(&self.coarse).zip(&mut memory.held) {
            let length = branch.size.width * self.width();
            let (rows, rest) = projected.split_at_mut(2 * length);
            projected = rest;
            let tap = LerpTap::of(y, self.finest.size.height, branch.size.height);
            for row in [tap.low, tap.high] {
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
        }
    }
}
