//! What the tensors of a graph mean, freed of their layout.

use std::sync::Arc;

use scarp_int8::{Quantization, Size, Window};
use tract_onnx::prelude::Tensor;

use super::axis_layout::View;

/// Number of a value.
pub(super) type Id = usize;

/// A map: its size and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub size: Size,
    pub channels: usize,
}

/// Weights of a product, as the graph holds them: the number for output `n`, position `t` of the window (row by row) and
/// input channel `c` lies at `n`, `t` and `c` times their strides.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub numbers: Arc<Tensor>,
    pub outputs: usize,
    pub taps: usize,
    pub channels: usize,
    /// Of outputs, positions, channels.
    pub strides: [usize; 3],
}

impl PartialEq for Matrix {
    fn eq(&self, other: &Self) -> bool {
        // The same numbers elsewhere would make another value; that costs a step, comparing all of them costs more.
        Arc::ptr_eq(&self.numbers, &other.numbers)
            && self.strides == other.strides
            && self.taps == other.taps
    }
}

impl Matrix {
    /// Inputs of the product.
    pub(super) fn inputs(&self) -> usize {
        self.taps * self.channels
    }

    /// The weights of each output, positions first; nothing where the tensor is no plain one of floats, or too short.
    pub(super) fn rows(&self) -> Option<impl Iterator<Item = Vec<f32>>> {
        let plain = self.numbers.try_as_plain_ram().ok()?;
        let numbers = plain.as_slice::<f32>().ok()?.to_vec();
        let [n, t, c] = self.strides;
        let last = |count: usize, stride: usize| count.checked_sub(1).map(|last| last * stride);
        let end = last(self.outputs, n)? + last(self.taps, t)? + last(self.channels, c)?;
        let (taps, channels) = (self.taps, self.channels);
        let row = move |output: usize| {
            let at = |tap: usize, channel: usize| numbers[output * n + tap * t + channel * c];
            (0..taps)
                .flat_map(|tap| (0..channels).map(move |channel| (tap, channel)))
                .map(|(t, c)| at(t, c))
                .collect()
        };
        (end < self.numbers.len()).then(|| (0..self.outputs).map(row))
    }
}

/// Layer normalisation's numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affine {
    pub epsilon: f32,
    pub gain: Arc<[f32]>,
    pub shift: Arc<[f32]>,
}

/// An expression of other values. Those from `Mean` to `InverseDeviation` have one element for each pixel.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// The network's input.
    Image,
    /// Means of squares of `side` pixels.
    Pooled { of: Id, side: usize },
    /// Rounded to bytes.
    Bytes { of: Id, quantization: Quantization },
    /// Convolution or linear layer.
    Product {
        of: Id,
        weights: Matrix,
        bias: Option<Arc<[f32]>>,
        window: Option<Window>,
    },
    /// Convolution of each channel by itself: side x side x channels.
    Depthwise {
        of: Id,
        weights: Matrix,
        bias: Option<Arc<[f32]>>,
        window: Window,
    },
    /// Sum over channels.
    ChannelSum { of: Id },
    /// Mean over channels.
    Mean { of: Id },
    /// Less its own mean.
    Centred { of: Id },
    /// Square of what is centred.
    Squared { of: Id },
    /// Variance over channels, plus epsilon.
    Variance { of: Id, epsilon: f32 },
    /// Root of the variance.
    Deviation { of: Id, epsilon: f32 },
    /// One by the root of the variance.
    InverseDeviation { of: Id, epsilon: f32 },
    /// Layer normalisation.
    Norm { of: Id, affine: Affine },
    /// Times a number.
    Scaled { of: Id, factor: f32 },
    /// `erf(x / sqrt(2))`, and one more where `plus` says so.
    Erf { of: Id, plus: bool },
    /// `x (1 + erf(x / sqrt(2))) factor`; GELU where the factor is a half.
    Gelu { of: Id, factor: f32 },
    /// Not below zero.
    Relu { of: Id },
    /// Not below zero, not above `most`: ReLU6 where that is 6.
    Clipped { of: Id, most: f32 },
    /// Queries times keys, by head.
    Scores {
        queries: Id,
        keys: Id,
        heads: usize,
        first: usize,
    },
    /// Softmax over keys.
    Weights { of: Id },
    /// Weights times values, by head.
    Attended {
        weights: Id,
        values: Id,
        first: usize,
    },
    /// Sum of two maps.
    Sum { of: [Id; 2] },
    /// Bilinear, half-pixel centres.
    Upsampled { of: Id },
}

/// All values of a graph; equal ones are one.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: Vec<(Value, Shape, String)>,
}

impl Values {
    /// The number of `value`, computed by the node called `name`.
    pub(super) fn add(&mut self, value: Value, shape: Shape, name: &str) -> Id {
        let known = self.values.iter().position(|(other, ..)| *other == value);
        known.unwrap_or_else(|| {
            self.values.push((value, shape, name.to_owned()));
            self.values.len() - 1
        })
    }

    pub(super) fn get(&self, id: Id) -> &Value {
        &self.values[id].0
    }

    pub(super) fn shape(&self, id: Id) -> Shape {
        self.values[id].1
    }

    pub(super) fn name(&self, id: Id) -> &str {
        &self.values[id].2
    }
}

/// A value in some layout.
#[derive(Debug, Clone)]
pub(super) struct SymbolicTensor {
    pub id: Id,
    pub view: View,
}

/// The one element of a tensor.
pub(super) fn single(tensor: &Tensor) -> Option<i64> {
    let view = tensor.try_as_plain_ram().ok()?;
    match view.as_slice::<i64>().ok()? {
        &[index] => Some(index),
        _ => None,
    }
}

/// The numbers of a tensor of floats.
pub(super) fn floats(tensor: &Tensor) -> Option<Vec<f32>> {
    Some(
        tensor
            .try_as_plain_ram()
            .ok()?
            .as_slice::<f32>()
            .ok()?
            .to_vec(),
    )
}
