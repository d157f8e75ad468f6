//! Logits brought to the picture's own size, where a network does that itself.

use crate::{Isa, LerpTap, Size, ThreadPool, vectorise::Job};

/// Bilinear upsampling of a map of floats, half-pixel centres, edges repeated.
#[derive(Debug, Clone)]
pub struct Upsample {
    /// Of the input.
    pub from: Size,
    /// Of the output.
    pub to: Size,
    /// Values of each pixel.
    pub channels: usize,
}

impl Upsample {
    /// Runs over a whole map.
    pub fn run(&self, isa: Isa, pool: &mut ThreadPool, input: &[f32], out: &mut [f32]) {
        let row = self.to.width * self.channels;
        pool.chunks(out, row, &mut [(); 0], |y, out, _| {
            isa.run(Row {
                layer: self,
                y,
                input,
                out,
            })
        });
    }
}

/// One row of the output.
struct Row<'a> {
    layer: &'a Upsample,
    y: usize,
    input: &'a [f32],
    out: &'a mut [f32],
}

impl Job for Row<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            layer,
            y,
            input,
            out,
        } = self;
        let length = layer.from.width * layer.channels;
        let tap = LerpTap::of(y, layer.to.height, layer.from.height);
        let above = &input[tap.low * length..][..length];
        let below = &input[tap.high * length..][..length];
        for (x, pixel) in out.chunks_exact_mut(layer.channels).enumerate() {
            let column = LerpTap::of(x, layer.to.width, layer.from.width);
            for (channel, value) in pixel.iter_mut().enumerate() {
                let at = |row: &[f32]| {
                    let low = row[column.low * layer.channels + channel];
                    let high = row[column.high * layer.channels + channel];
                    (high - low).mul_add(column.share, low)
                };
                let (above, below) = (at(above), at(below));
                *value = (below - above).mul_add(tap.share, above);
            }
        }
    }
}
