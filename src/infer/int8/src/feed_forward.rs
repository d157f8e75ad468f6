//! The feed-forward half of a block: norm, expansion, depthwise convolution with GELU, contraction, residual.

use crate::{
    Depthwise, Isa, Linear, Norm, Size, ThreadPool,
    bands::{Bands, Under},
    memory::{Scratch, size_of_scratch},
};

/// `x + contract(gelu(depthwise(expand(norm(x)))))`.
#[derive(Debug, Clone)]
pub struct FeedForward {
    /// Quantized for the expansion.
    pub norm: Norm,
    /// Quantized for the convolution.
    pub expand: Linear,
    /// Quantized for the contraction; its output is as large as its input.
    pub depthwise: Depthwise,
    /// To floats.
    pub contract: Linear,
    /// Size of the map.
    pub size: Size,
}

impl FeedForward {
    fn bands(&self) -> Bands<'_> {
        Bands {
            depthwise: &self.depthwise,
            size: self.size,
        }
    }

    /// Normed values under a group of rows.
    fn normed(&self) -> usize {
        self.bands().under() * self.size.width * self.expand.inputs()
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        size_of_scratch::<u8>(self.normed()) + self.bands().scratch(true)
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
        let (width, bands) = (self.size.width, self.bands());
        let row = width * self.contract.outputs();
        let band = bands.band(pool.threads());
        pool.chunks(out, band * row, scratch, |number, out, scratch| {
            let mut scratch = Scratch::new(scratch);
            let normed = scratch.take::<u8>(self.normed());
            let rows = number * band..number * band + out.len() / row;
            let under = Under::Expanded(&mut |rows, expanded| {
                let normed = &mut normed[..rows.len() * width * self.expand.inputs()];
                self.norm
                    .bytes(isa, &x[rows.start * row..rows.end * row], normed);
                self.expand.bytes(isa, normed, expanded);
            });
            bands.run(
                isa,
                rows,
                under,
                &mut scratch,
                out,
                |first, activated, out| {
                    let residual = &x[first * row..][..out.len()];
                    self.contract
                        .floats(isa, activated, Some(residual), f32::NEG_INFINITY, out);
                },
            );
        });
    }
}
