//! Convolutions as gathered matrix products: patch embedding, spatial reduction and, gathering nothing, 1x1.

use crate::{
    Isa, Linear, Norm, Size, ThreadPool, Window,
    im2col::{Im2col, PIECE},
    memory::{Scratch, size_of_scratch},
};

/// Output pixels that are gathered and multiplied together.
const BLOCK: usize = 48;

/// What follows the product.
#[derive(Debug, Clone)]
pub enum Epilogue {
    /// Floats, at least `least`: 0 for ReLU.
    Floats {
        /// Smallest value let through.
        least: f32,
    },
    /// Bytes, as the product was quantized.
    Bytes,
    /// Normalised floats.
    NormFloats(Norm),
    /// Normalised bytes, as the norm was quantized.
    NormBytes(Norm),
}

/// A convolution of a map of bytes, channels last.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// The product: rows are side x side x channels.
    pub linear: Linear,
    /// Nothing for 1x1.
    pub window: Option<Window>,
    /// What follows.
    pub epilogue: Epilogue,
    /// Size of the input.
    pub size: Size,
    /// Channels of the input, as they lie in memory.
    pub channels: usize,
    /// Zero point of the input: what the border holds.
    pub zero: u8,
}

impl Convolution {
    /// Size of the output; that of the input where the window does not fit, which no checked graph has.
    #[must_use]
    pub fn output(&self) -> Size {
        self.window
            .and_then(|window| window.over(self.size))
            .unwrap_or(self.size)
    }

    /// Whether the output is bytes, not floats.
    #[must_use]
    pub fn gives_bytes(&self) -> bool {
        matches!(self.epilogue, Epilogue::Bytes | Epilogue::NormBytes(_))
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let gathered = if self.window.is_some() {
            size_of_scratch::<u8>(BLOCK * self.linear.inputs() + PIECE)
        } else {
            0
        };
        gathered + size_of_scratch::<f32>(BLOCK * self.linear.outputs())
    }

    /// Where the output is floats.
    pub fn floats(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        input: &[u8],
        scratch: &mut [u8],
        out: &mut [f32],
    ) {
        let width = self.linear.outputs();
        pool.chunks(out, BLOCK * width, scratch, |block, out, scratch| {
            let mut scratch = Scratch::new(scratch);
            let rows = self.rows(block, out.len() / width, input, &mut scratch);
            match &self.epilogue {
                Epilogue::NormFloats(norm) => {
                    let sums = scratch.take(out.len());
                    self.linear.floats(isa, rows, None, f32::NEG_INFINITY, sums);
                    norm.floats(isa, sums, out);
                }
                Epilogue::Floats { least } => self.linear.floats(isa, rows, None, *least, out),
                Epilogue::Bytes | Epilogue::NormBytes(_) => unreachable!("the output is bytes"),
            }
        });
    }

    /// Where the output is bytes.
    pub fn bytes(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        input: &[u8],
        scratch: &mut [u8],
        out: &mut [u8],
    ) {
        let width = self.linear.outputs();
        pool.chunks(out, BLOCK * width, scratch, |block, out, scratch| {
            let mut scratch = Scratch::new(scratch);
            let rows = self.rows(block, out.len() / width, input, &mut scratch);
            match &self.epilogue {
                Epilogue::NormBytes(norm) => {
                    let sums = scratch.take(out.len());
                    self.linear.floats(isa, rows, None, f32::NEG_INFINITY, sums);
                    norm.bytes(isa, sums, out);
                }
                Epilogue::Bytes => self.linear.bytes(isa, rows, out),
                Epilogue::Floats { .. } | Epilogue::NormFloats(_) => {
                    unreachable!("the output is floats")
                }
            }
        });
    }

    /// The product's rows of the `count` output pixels of a block.
    fn rows<'a>(
        &self,
        block: usize,
        count: usize,
        input: &'a [u8],
        scratch: &mut Scratch<'a>,
    ) -> &'a [u8] {
        let first = block * BLOCK;
        let Some(window) = self.window else {
            return &input[first * self.channels..][..count * self.channels];
        };
        let width = self.linear.inputs();
        let rows = scratch.take::<u8>(count * width + PIECE);
        let im2col = Im2col {
            input,
            size: self.size,
            channels: self.channels,
            window,
            zero: self.zero,
        };
        im2col.rows((first, count), self.output().width, width, rows);
        &rows[..count * width]
    }
}
