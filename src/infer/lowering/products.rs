//! Products of two tensors: linear layers, and the two of attention.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::{axes::Axis, ops::einsum::EinSum},
};

use super::{
    axis_layout::{Along, Atom, View},
    ir::{Matrix, Shape, SymbolicTensor, Value, Values},
};

/// Positions of an axis in the left factor, the right one and the result.
struct Place {
    left: Option<usize>,
    right: Option<usize>,
    out: Option<usize>,
}

fn place(axis: &Axis) -> Option<Place> {
    let one = |positions: &[usize]| match positions {
        [] => Some(None),
        &[at] => Some(Some(at)),
        _ => None,
    };
    Some(Place {
        left: one(&axis.inputs[0])?,
        right: one(&axis.inputs[1])?,
        out: one(&axis.outputs[0])?,
    })
}

fn places(product: &EinSum) -> Option<Vec<Place>> {
    let plain = product.axes.input_count() == 2
        && product.axes.output_count() == 1
        && product.q_params.is_none();
    plain.then(|| product.axes.iter_all_axes().map(place).collect())?
}

/// A map of bytes times a matrix of numbers.
pub(super) fn linear(
    values: &mut Values,
    name: &str,
    product: &EinSum,
    x: &SymbolicTensor,
    weights: &Arc<Tensor>,
    weights_first: bool,
) -> Option<SymbolicTensor> {
    let Value::Bytes { .. } = values.get(x.id) else {
        return None;
    };
    let shape = values.shape(x.id);
    let (mut view, mut inner, mut outer) = (
        View {
            axes: Vec::new(),
            first: 0,
        },
        None,
        None,
    );
    view.axes.resize(
        product
            .axes
            .rank(tract_onnx::tract_core::internal::InOut::Out(0)),
        Vec::new(),
    );
    for axis in places(product)? {
        let (map, matrix) = if weights_first {
            (axis.right, axis.left)
        } else {
            (axis.left, axis.right)
        };
        match (map, matrix, axis.out) {
            // Inputs: summed over.
            (Some(map), Some(matrix), None) if inner.is_none() => {
                (x.view.first == 0 && x.view.is_all(map, Along::Channels, shape.channels))
                    .then_some(())?;
                inner = Some(matrix);
            }
            // Outputs.
            (None, Some(matrix), Some(out)) if outer.is_none() => {
                let size = weights.shape()[matrix];
                view.axes[out] = View::all(Along::Channels, size);
                outer = Some((matrix, size));
            }
            // Pixels; where the matrix has such an axis too, it is of one element.
            (Some(map), matrix, Some(out)) if matrix.is_none_or(|at| weights.shape()[at] == 1) => {
                x.view.axes[map]
                    .iter()
                    .all(|atom| atom.along == Along::Pixels)
                    .then_some(())?;
                view.axes[out] = x.view.axes[map].clone();
            }
            (None, Some(matrix), None) if weights.shape()[matrix] == 1 => {}
            _ => return None,
        }
    }
    let (inner, (outer, outputs)) = (inner?, outer?);
    let strides = weights.strides();
    let stride = |axis: usize| usize::try_from(strides[axis]).ok();
    let weights = Matrix {
        numbers: Arc::clone(weights),
        outputs,
        taps: 1,
        channels: weights.shape()[inner],
        strides: [stride(outer)?, 0, stride(inner)?],
    };
    let value = Value::Product {
        of: x.id,
        weights,
        bias: None,
        window: None,
    };
    Some(SymbolicTensor {
        id: values.add(
            value,
            Shape {
                channels: outputs,
                ..shape
            },
            name,
        ),
        view,
    })
}

/// Queries times keys, or weights times values; the left factor is the queries' side.
pub(super) fn attention(
    values: &mut Values,
    name: &str,
    product: &EinSum,
    a: &SymbolicTensor,
    b: &SymbolicTensor,
) -> Option<SymbolicTensor> {
    let (left, right) = (values.shape(a.id), values.shape(b.id));
    let scores = match values.get(a.id) {
        Value::Bytes { .. } if a.view.first == 0 => true,
        Value::Weights { .. } => false,
        _ => return None,
    };
    // The keys' pixels, seen as keys.
    let as_keys = |atoms: &[Atom]| -> Vec<Atom> {
        atoms
            .iter()
            .map(|atom| Atom {
                along: Along::Keys,
                ..*atom
            })
            .collect()
    };
    let pixels = |size: usize| View::all(Along::Pixels, size);
    let (mut heads, mut width) = (None, None);
    let mut view = View {
        axes: Vec::new(),
        first: 0,
    };
    view.axes.resize(
        product
            .axes
            .rank(tract_onnx::tract_core::internal::InOut::Out(0)),
        Vec::new(),
    );
    for axis in places(product)? {
        let atoms =
            |seen: &SymbolicTensor, at: Option<usize>| at.map(|at| seen.view.axes[at].clone());
        match (atoms(a, axis.left), atoms(b, axis.right), axis.out) {
            (None | Some(_), None | Some(_), Some(out))
                if axis.left.is_none_or(|at| a.view.axes[at].is_empty())
                    && axis.right.is_none_or(|at| b.view.axes[at].is_empty()) =>
            {
                view.axes[out] = Vec::new();
            }
            // Heads, in both.
            (Some(of_a), Some(of_b), Some(out)) if of_a == of_b && heads.is_none() => {
                let [
                    Atom {
                        along: Along::Channels,
                        ..
                    },
                ] = of_a.as_slice()
                else {
                    return None;
                };
                heads = Some(of_a[0]);
                view.axes[out] = of_a;
            }
            // Queries.
            (Some(of_a), None, Some(out)) => {
                (of_a == pixels(left.size.area())).then_some(())?;
                view.axes[out] = of_a;
            }
            // Keys or, for values, the width of a head.
            (None, Some(of_b), Some(out)) if scores => {
                (of_b == pixels(right.size.area())).then_some(())?;
                view.axes[out] = as_keys(&of_b);
            }
            (None, Some(of_b), Some(out)) => {
                width = Some(one_by_one(&of_b)?);
                view.axes[out] = of_b;
            }
            // Summed over: the width of a head or, for values, the keys.
            (Some(of_a), Some(of_b), None) if scores => {
                (of_a == of_b).then_some(())?;
                width = Some(one_by_one(&of_a)?);
            }
            (Some(of_a), Some(of_b), None) => {
                let keys = as_keys(&of_b);
                (of_a == keys && of_b == pixels(right.size.area())).then_some(())?;
            }
            _ => return None,
        }
    }
    let width = width?;
    let count = heads.map_or(1, |atom| atom.size);
    heads
        .is_none_or(|atom| atom.stride == width)
        .then_some(())?;
    let channels = count * width;
    let first = b.view.first;
    if scores {
        (channels == left.channels).then_some(())?;
        let value = Value::Scores {
            queries: a.id,
            keys: b.id,
            heads: count,
            first,
        };
        return Some(SymbolicTensor {
            id: values.add(value, left, name),
            view,
        });
    }
    let value = Value::Attended {
        weights: a.id,
        values: b.id,
        first,
    };
    Some(SymbolicTensor {
        id: values.add(value, Shape { channels, ..left }, name),
        view,
    })
}

/// How many channels an axis runs over one by one.
fn one_by_one(atoms: &[Atom]) -> Option<usize> {
    match atoms {
        [
            Atom {
                along: Along::Channels,
                stride: 1,
                size,
            },
        ] => Some(*size),
        _ => None,
    }
}
