//! Linear maps of the channels of one pixel.

use nalgebra::{DMatrix, DVector};
use tract_onnx::pb::NodeProto;

use crate::graph::{Graph, NodeExt};

/// `y = matrix x + bias` for the channel vector x of each pixel; sums are formed in double precision.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMap {
    /// What multiplies.
    pub matrix: Matrix,
    /// Added to each output channel.
    pub bias: DVector<f64>,
}

/// A matrix that may be known to be diagonal.
#[derive(Debug, Clone, PartialEq)]
pub enum Matrix {
    /// Outputs by inputs.
    Full(DMatrix<f64>),
    /// One factor per channel.
    Diagonal(DVector<f64>),
}

impl ChannelMap {
    /// Number of output channels.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Number of input channels.
    #[must_use]
    pub fn inputs(&self) -> usize {
        match &self.matrix {
            Matrix::Full(matrix) => matrix.ncols(),
            Matrix::Diagonal(factors) => factors.len(),
        }
    }

    /// Whether every channel stays by itself.
    #[must_use]
    pub fn is_diagonal(&self) -> bool {
        matches!(self.matrix, Matrix::Diagonal(_))
    }

    /// `matrix x`, without the bias.
    #[must_use]
    pub fn times(&self, x: &DVector<f64>) -> DVector<f64> {
        match &self.matrix {
            Matrix::Full(matrix) => matrix * x,
            Matrix::Diagonal(factors) => factors.component_mul(x),
        }
    }

    /// `matrix rows`, where `rows` has one row per input channel.
    #[must_use]
    pub fn times_rows(&self, rows: &DMatrix<f64>) -> DMatrix<f64> {
        match &self.matrix {
            Matrix::Full(matrix) => matrix * rows,
            Matrix::Diagonal(factors) => {
                let mut scaled = rows.clone();
                for (mut row, factor) in scaled.row_iter_mut().zip(factors) {
                    row *= *factor;
                }
                scaled
            }
        }
    }

    /// This map of `x + offset`, as a map of x.
    #[must_use]
    pub fn after_offset(&self, offset: &DVector<f64>) -> Self {
        Self {
            matrix: self.matrix.clone(),
            bias: self.times(offset) + &self.bias,
        }
    }

    /// This map after `first`.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let bias = self.times(&first.bias) + &self.bias;
        let matrix = match (&self.matrix, &first.matrix) {
            (Matrix::Diagonal(a), Matrix::Diagonal(b)) => Matrix::Diagonal(a.component_mul(b)),
            (_, Matrix::Full(b)) => Matrix::Full(self.times_rows(b)),
            (Matrix::Full(a), Matrix::Diagonal(b)) => Matrix::Full(a * DMatrix::from_diagonal(b)),
        };
        Self { matrix, bias }
    }

    /// The part that sees input channels `from .. from + count` only, without the bias.
    #[must_use]
    pub fn slice(&self, from: usize, count: usize) -> Self {
        let bias = DVector::zeros(self.outputs());
        let matrix = match &self.matrix {
            Matrix::Full(matrix) => Matrix::Full(matrix.columns(from, count).into_owned()),
            Matrix::Diagonal(factors) => Matrix::Diagonal(factors.rows(from, count).into_owned()),
        };
        Self { matrix, bias }
    }

    /// The same map without its bias.
    #[must_use]
    pub fn unbiased(&self) -> Self {
        Self {
            matrix: self.matrix.clone(),
            bias: DVector::zeros(self.outputs()),
        }
    }

    /// Whether the bias does anything.
    #[must_use]
    pub fn is_biased(&self) -> bool {
        self.bias.iter().any(|b| *b != 0.0)
    }
}

/// A trained batch norm: `(x - mean) / sqrt(variance + epsilon) * scale + shift`.
pub(super) fn batch_norm(graph: &Graph, node: &NodeProto) -> Option<ChannelMap> {
    let input = |index| Some(vector(&graph.floats(node.input(index)?)?.data));
    let (scale, shift, mean, variance) = (input(1)?, input(2)?, input(3)?, input(4)?);
    // 1e-5 is the operator's default.
    let epsilon = f64::from(node.float("epsilon").unwrap_or(1e-5));
    let factors = scale.component_div(&variance.map(|v| (v + epsilon).sqrt()));
    Some(ChannelMap {
        bias: shift - factors.component_mul(&mean),
        matrix: Matrix::Diagonal(factors),
    })
}

/// In double precision.
pub(super) fn vector(data: &[f32]) -> DVector<f64> {
    DVector::from_iterator(data.len(), data.iter().map(|&v| v.into()))
}
