//! The attention half of a block. Scores live in a thread's scratch memory only, for a few queries at a time.

mod pack;
mod parameters;

use crate::{
    Isa, ThreadPool,
    matmul::{Matrix, Output, Rows, multiply, padded},
    memory::{Scratch, size_of_scratch},
};
use pack::Pack;
pub use parameters::{Attention, Columns};

/// Queries that are worked on together: their scores stay in the first cache.
const BLOCK: usize = 24;

/// The parts of one head's packed keys and values.
struct Context<'a> {
    keys: &'a [i8],
    key_offsets: &'a [i32],
    key_sums: &'a [i32],
    values: &'a [i8],
    value_offsets: &'a [i32],
    value_sums: &'a [i32],
    value_scale: &'a [f32],
}

impl Attention {
    /// Bytes of the packed keys and values of one head.
    fn head_bytes(&self) -> usize {
        let (width, keys) = (self.width(), self.padded_keys());
        size_of_scratch::<u8>(width * keys)
            + 2 * size_of_scratch::<i32>(keys)
            + size_of_scratch::<u8>(keys * padded(width))
            + 3 * size_of_scratch::<i32>(padded(width))
    }

    /// Bytes of all packed keys and values.
    #[must_use]
    pub fn context_bytes(&self) -> usize {
        self.heads * self.head_bytes()
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let (channels, keys) = (self.query.outputs(), self.padded_keys());
        2 * size_of_scratch::<u8>(BLOCK * channels)
            + size_of_scratch::<i32>(BLOCK * keys)
            + size_of_scratch::<u8>(BLOCK * keys)
            + size_of_scratch::<f32>(BLOCK)
    }

    /// Quantizes and packs keys and values of every head into `context`. Values are quantized by channel, to their own
    /// range: the graph leaves them float.
    pub fn pack(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        keys: Columns<'_>,
        values: Columns<'_>,
        context: &mut [u8],
    ) {
        let mut nothing = [(); 0];
        pool.chunks(
            context,
            self.head_bytes(),
            &mut nothing,
            |head, context, _| {
                isa.run(Pack {
                    layer: self,
                    head,
                    keys,
                    values,
                    context,
                });
            },
        );
    }

    /// Attends over a whole map: `normed` is the normed `x`, `context` what [`pack`](Self::pack) gave.
    pub fn run(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        (x, normed, context): (&[f32], &[u8], &[u8]),
        scratch: &mut [u8],
        out: &mut [f32],
    ) {
        let channels = self.query.outputs();
        pool.chunks(
            out,
            BLOCK * self.project.outputs(),
            scratch,
            |block, out, scratch| {
                let mut scratch = Scratch::new(scratch);
                let count = out.len() / self.project.outputs();
                let queries = scratch.take::<u8>(count * channels);
                let attended = scratch.take::<u8>(count * channels);
                let first = block * BLOCK * self.query.inputs();
                self.query.bytes(
                    isa,
                    &normed[first..][..count * self.query.inputs()],
                    queries,
                );
                self.heads(isa, queries, context, attended, &mut scratch);
                let residual = &x[block * BLOCK * self.project.outputs()..][..out.len()];
                self.project
                    .floats(isa, attended, Some(residual), f32::NEG_INFINITY, out);
            },
        );
    }

    /// What each head attends to, for a few queries.
    fn heads(
        &self,
        isa: Isa,
        queries: &[u8],
        context: &[u8],
        attended: &mut [u8],
        scratch: &mut Scratch<'_>,
    ) {
        let (channels, width, keys) = (self.query.outputs(), self.width(), self.padded_keys());
        let count = queries.len() / channels;
        let scores = scratch.take::<i32>(count * keys);
        let weights = scratch.take::<u8>(count * keys);
        let factors = scratch.take::<f32>(count);
        for (head, context) in context.chunks_exact(self.head_bytes()).enumerate() {
            let context = self.context(context);
            let queries = Rows {
                data: &queries[head * width..],
                stride: channels,
                count,
            };
            let matrix = Matrix {
                k: width,
                n: keys,
                panels: context.keys,
                offsets: context.key_offsets,
                sums: context.key_sums,
            };
            multiply(
                isa,
                queries,
                matrix,
                Output::Sums {
                    out: scores,
                    stride: keys,
                },
            );
            self.softmax.rows(isa, keys, scores, weights, factors);
            let matrix = Matrix {
                k: keys,
                n: width,
                panels: context.values,
                offsets: context.value_offsets,
                sums: context.value_sums,
            };
            let output = Output::Weighted {
                out: &mut attended[head * width..],
                stride: channels,
                scale: context.value_scale,
                factors,
                zero: f32::from(self.attended.zero),
            };
            multiply(
                isa,
                Rows {
                    data: weights,
                    stride: keys,
                    count,
                },
                matrix,
                output,
            );
        }
    }

    /// The parts of one head's packed keys and values, in the order that `Pack` wrote them.
    fn context<'a>(&self, bytes: &'a [u8]) -> Context<'a> {
        let (width, keys) = (self.width(), self.padded_keys());
        let mut rest = bytes;
        let mut cut = |size: usize| {
            let (part, after) = rest.split_at(size.next_multiple_of(crate::memory::LINE));
            rest = after;
            &part[..size]
        };
        Context {
            keys: bytemuck::cast_slice(cut(width * keys)),
            key_offsets: bytemuck::cast_slice(cut(4 * keys)),
            key_sums: bytemuck::cast_slice(cut(4 * keys)),
            values: bytemuck::cast_slice(cut(keys * padded(width))),
            value_offsets: bytemuck::cast_slice(cut(4 * padded(width))),
            value_sums: bytemuck::cast_slice(cut(4 * padded(width))),
            value_scale: bytemuck::cast_slice(cut(4 * padded(width))),
        }
    }
}
