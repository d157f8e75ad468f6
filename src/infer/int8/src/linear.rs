//! A matrix product with the scales that turn its integer sums into what the next operator reads.

use crate::{
    Isa,
    matmul::{Output, Packed, Residual, Rows, multiply, padded},
};

/// Quantized weights: `value = weight * scale`, by output.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Inputs of the product.
    pub inputs: usize,
    /// By output, by input.
    pub values: Vec<i8>,
    /// By output.
    pub scale: Vec<f32>,
    /// By output.
    pub bias: Vec<f32>,
}

/// How an 8-bit activation stands for a number: `(byte - zero) * scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantization {
    /// Worth of one step.
    pub scale: f32,
    /// The byte that stands for 0.
    pub zero: u8,
}

/// `y = x W + b` on bytes, with the sums' scale and bias as the output needs them.
#[derive(Debug, Clone)]
pub struct Linear {
    packed: Packed,
    scale: Vec<f32>,
    bias: Vec<f32>,
    /// Worth of a residual's step, in steps of the output.
    gain: f32,
}

impl Linear {
    /// For float outputs.
    ///
    /// # Panics
    /// When the weights disagree in length.
    #[must_use]
    pub fn new(weights: &Weights, input: Quantization) -> Self {
        let (inputs, outputs) = (weights.inputs, weights.bias.len());
        assert!(weights.values.len() == inputs * outputs && weights.scale.len() == outputs);
        let packed = Packed::new(inputs, outputs, input.zero, |k, n| {
            weights.values[n * inputs + k]
        });
        let fill = |values: Vec<f32>| {
            let mut values = values;
            values.resize(padded(outputs), 0.0);
            values
        };
        Self {
            packed,
            scale: fill(
                weights
                    .scale
                    .iter()
                    .map(|scale| scale * input.scale)
                    .collect(),
            ),
            bias: fill(weights.bias.clone()),
            gain: 0.0,
        }
    }

    /// The same product with its outputs multiplied by `factor` and quantized.
    #[must_use]
    pub fn quantized(mut self, factor: f32, output: Quantization) -> Self {
        let gain = factor / output.scale;
        self.scale.iter_mut().for_each(|scale| *scale *= gain);
        self.bias
            .iter_mut()
            .for_each(|bias| *bias = bias.mul_add(gain, f32::from(output.zero)));
        self
    }

    /// The same product, quantized to `output`, for a map of bytes that stand for numbers as `residual` says to be added.
    #[must_use]
    pub fn quantized_with_residual(self, residual: Quantization, output: Quantization) -> Self {
        let mut layer = self.quantized(1.0, output);
        layer.gain = residual.scale / output.scale;
        let zero = layer.gain * f32::from(residual.zero);
        layer.bias.iter_mut().for_each(|bias| *bias -= zero);
        layer
    }

    /// Bytes of an input row, a multiple of 4.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.packed.k()
    }

    /// Elements of an output row.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.packed.n()
    }

    /// The weight from an input to an output, or 0 where the last panel has no such output.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn weight(&self, input: usize, output: usize) -> i8 {
        self.packed.value(input, output)
    }

    /// What each output's sum starts from, is multiplied by and added to, padded to whole panels.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn closing(&self) -> (&[i32], &[f32], &[f32]) {
        (self.packed.view().offsets, &self.scale, &self.bias)
    }

    /// Rows of bytes to rows of bytes; to be called on what [`quantized`](Self::quantized) gave.
    pub fn bytes(&self, isa: Isa, rows: &[u8], out: &mut [u8]) {
        self.quantize(isa, rows, None, out);
    }

    /// The same plus `residual`, rows like the output's; to be called on what
    /// [`quantized_with_residual`](Self::quantized_with_residual) gave.
    pub fn bytes_with_residual(&self, isa: Isa, rows: &[u8], residual: &[u8], out: &mut [u8]) {
        let residual = Residual {
            rows: residual,
            gain: self.gain,
        };
        self.quantize(isa, rows, Some(residual), out);
    }

    fn quantize(&self, isa: Isa, rows: &[u8], residual: Option<Residual<'_>>, out: &mut [u8]) {
        let output = Output::Quantized {
            stride: self.outputs(),
            scale: &self.scale,
            bias: &self.bias,
            residual,
            out,
        };
        multiply(isa, self.rows(rows), self.packed.view(), output);
    }

    /// Rows of bytes to rows of floats, each at least `least`, plus `residual` where there is one.
    pub fn floats(
        &self,
        isa: Isa,
        rows: &[u8],
        residual: Option<&[f32]>,
        least: f32,
        out: &mut [f32],
    ) {
        let output = Output::Float {
            stride: self.outputs(),
            scale: &self.scale,
            bias: &self.bias,
            residual,
            least,
            out,
        };
        multiply(isa, self.rows(rows), self.packed.view(), output);
    }

    fn rows<'a>(&self, data: &'a [u8]) -> Rows<'a> {
        Rows {
            data,
            stride: self.inputs(),
            count: data.len() / self.inputs(),
        }
    }
}
