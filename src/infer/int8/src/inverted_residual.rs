//! The inverted residual of MobileNetV2 and EfficientNet-Lite (Sandler et al., 2018; arXiv 1801.04381): expansion, depthwise
//! convolution, projection, and the sum with what came in, all of it bytes.

use crate::{
    Depthwise, Isa, Linear, Size, ThreadPool,
    bands::{Bands, Under},
    memory::Scratch,
};

/// `project(depthwise(expand(x)))`, plus `x` where it is a residual. Activations are the ranges of the bytes.
#[derive(Debug, Clone)]
pub struct InvertedResidual {
    /// Quantized for the convolution; nothing where the convolution reads the map itself.
    pub expand: Option<Linear>,
    /// Quantized for the projection.
    pub depthwise: Depthwise,
    /// Quantized for the output, with a residual where `residual` says so.
    pub project: Linear,
    /// Whether the input is added; the output is as large then.
    pub residual: bool,
    /// Size of the input.
    pub size: Size,
}

impl InvertedResidual {
    fn bands(&self) -> Bands<'_> {
        Bands {
            depthwise: &self.depthwise,
            size: self.size,
        }
    }

    /// Size of the output.
    #[must_use]
    pub fn output(&self) -> Size {
        self.bands().output()
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        self.bands().scratch(self.expand.is_some())
    }

    /// Multiplications of a run's products.
    pub(crate) fn multiplications(&self) -> usize {
        let linear = |layer: &Linear| layer.inputs() * layer.outputs();
        let convolved = self.depthwise.multiplications() + linear(&self.project);
        self.size.area() * self.expand.as_ref().map_or(0, linear) + self.output().area() * convolved
    }

    /// Runs over a whole map.
    pub fn run(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        x: &[u8],
        scratch: &mut [u8],
        out: &mut [u8],
    ) {
        let bands = self.bands();
        let row = bands.output().width * self.project.outputs();
        let band = bands.band(pool.threads());
        pool.chunks(out, band * row, scratch, |number, out, scratch| {
            let rows = number * band..number * band + out.len() / row;
            let mut expand;
            let under = match &self.expand {
                Some(layer) => {
                    let line = self.size.width * layer.inputs();
                    expand = move |rows: std::ops::Range<usize>, expanded: &mut [u8]| {
                        layer.bytes(isa, &x[rows.start * line..rows.end * line], expanded);
                    };
                    Under::Expanded(&mut expand)
                }
                None => Under::Map(x),
            };
            let mut scratch = Scratch::new(scratch);
            bands.run(
                isa,
                rows,
                under,
                &mut scratch,
                out,
                |first, convolved, out| {
                    if self.residual {
                        let residual = &x[first * row..][..out.len()];
                        self.project
                            .bytes_with_residual(isa, convolved, residual, out);
                    } else {
                        self.project.bytes(isa, convolved, out);
                    }
                },
            );
        });
    }
}
