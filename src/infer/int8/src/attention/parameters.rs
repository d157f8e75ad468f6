//! The weights and sizes of an attention.

use crate::{Linear, Quantization, Softmax};

/// Keys come in multiples of this, which the softmax kernels take at once.
const KEYS: usize = 64;

/// The score of a key that is not there: far below all others, and as far from overflow.
pub(super) const ABSENT: i32 = -(1 << 30);

/// `x + project(softmax(q k) v)`, by head.
#[derive(Debug, Clone)]
pub struct Attention {
    /// From the normed map to the queries, quantized as `queries` says.
    pub query: Linear,
    /// To floats.
    pub project: Linear,
    /// For scores worth the product of both scales.
    pub softmax: Softmax,
    /// Number of heads.
    pub heads: usize,
    /// Quantization of the queries.
    pub queries: Quantization,
    /// Quantization of the keys.
    pub keys: Quantization,
    /// What keys are multiplied by before they are quantized.
    pub key_factor: f32,
    /// Quantization of the attended values.
    pub attended: Quantization,
    /// Number of keys.
    pub count: usize,
    /// Number of queries.
    pub pixels: usize,
}

/// Where keys or values lie: a map of floats, elements from key to key, and the first element.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// The map's elements, by key.
    pub data: &'a [f32],
    /// From key to key.
    pub stride: usize,
    /// First of them in a row.
    pub first: usize,
}

impl Attention {
    /// Channels of a head.
    pub(super) fn width(&self) -> usize {
        self.query.outputs() / self.heads
    }

    pub(super) fn padded_keys(&self) -> usize {
        self.count.next_multiple_of(KEYS)
    }
}
