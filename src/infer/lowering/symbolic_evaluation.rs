//! Follows a typed graph node by node and says what each tensor means.

use std::sync::Arc;

use scarp_int8::{Quantization, Size};
use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        array::{Gather, Slice},
        binary::TypedBinOp,
        cast::Cast,
        change_axes::AxisOp,
        cnn::{Conv, SumPool},
        einsum::EinSum,
        element_wise::ElementWiseOp,
        math,
        nn::{Reduce, Reducer, Softmax, SoftmaxKind},
        quant::{DequantizeLinearF32, QuantizeLinearU8},
        source::TypedSource,
    },
    tract_hir::internal::DimLike as _,
};
use tract_onnx_opl::resize::Resize;

use super::{
    arithmetic,
    axis_layout::{Along, View},
    convolution,
    ir::{Id, Shape, SymbolicTensor, Value, Values, single},
    products,
};

/// What a tensor holds.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// Numbers known beforehand.
    Constant(Arc<Tensor>),
    /// A value, seen in some layout.
    SymbolicTensor(SymbolicTensor),
    /// Nothing that is recognised.
    Unknown,
}

/// The meaning of every tensor of a graph.
pub(super) struct Trace {
    pub values: Values,
    /// By node; only first outputs count.
    pub meanings: Vec<Meaning>,
    /// The first node that was not recognised, with its operator.
    pub unknown: Option<String>,
}

/// Follows `graph` from its one input on.
pub(super) fn trace(graph: &TypedModel) -> TractResult<Trace> {
    let mut trace = Trace {
        values: Values::default(),
        meanings: Vec::new(),
        unknown: None,
    };
    trace.meanings.resize(graph.nodes().len(), Meaning::Unknown);
    for id in graph.eval_order()? {
        let node = graph.node(id);
        let inputs: Vec<Meaning> = node
            .inputs
            .iter()
            .map(|input| {
                if input.slot == 0 {
                    trace.meanings[input.node].clone()
                } else {
                    Meaning::Unknown
                }
            })
            .collect();
        let meaning = trace.node(node, &inputs)?;
        let lost = matches!(meaning, Meaning::Unknown)
            && inputs
                .iter()
                .all(|input| !matches!(input, Meaning::Unknown));
        if lost && trace.unknown.is_none() {
            trace.unknown = Some(format!("{} ({})", node.name, node.op.name()));
        }
        trace.meanings[id] = meaning;
    }
    Ok(trace)
}

impl Trace {
    fn node(&mut self, node: &TypedNode, inputs: &[Meaning]) -> TractResult<Meaning> {
        if let Some(constant) = node
            .outputs
            .first()
            .and_then(|output| output.fact.konst.clone())
        {
            return Ok(Meaning::Constant(constant));
        }
        let constants: Option<TVec<TValue>> = inputs
            .iter()
            .map(|input| match input {
                Meaning::Constant(tensor) => Some(tensor.clone().into_tvalue()),
                _ => None,
            })
            .collect();
        if let Some(constants) = constants.filter(|constants| !constants.is_empty()) {
            let found = node.op.eval_out_of_plan(constants)?;
            let first = found.and_then(|outputs| outputs.into_iter().next());
            return Ok(first.map_or(Meaning::Unknown, |tensor| {
                Meaning::Constant(tensor.into_arc_tensor())
            }));
        }
        let seen = match inputs {
            [] if node.op_is::<TypedSource>() => self.source(node),
            [Meaning::SymbolicTensor(x)] => self.unary(node, x),
            [Meaning::SymbolicTensor(x), Meaning::Constant(c)] => {
                self.with_constant(node, x, c, false)
            }
            [Meaning::Constant(c), Meaning::SymbolicTensor(x)] => {
                self.with_constant(node, x, c, true)
            }
            [Meaning::SymbolicTensor(a), Meaning::SymbolicTensor(b)] => self.binary(node, a, b),
            [
                Meaning::SymbolicTensor(x),
                Meaning::Constant(weights),
                Meaning::Constant(bias),
            ] => node.op_as::<Conv>().and_then(|conv| {
                convolution::convolution(&mut self.values, &node.name, conv, x, weights, bias)
            }),
            _ => None,
        };
        Ok(seen.map_or(Meaning::Unknown, Meaning::SymbolicTensor))
    }

    fn source(&mut self, node: &TypedNode) -> Option<SymbolicTensor> {
        let shape = node.outputs.first()?.fact.shape.as_concrete()?;
        let &[1, 3, height, width] = shape else {
            return None;
        };
        let size = Size { height, width };
        let id = self
            .values
            .add(Value::Image, Shape { size, channels: 3 }, &node.name);
        Some(SymbolicTensor {
            id,
            view: View::planes(size, 3),
        })
    }

    /// Layout changes and functions of one tensor.
    fn unary(&mut self, node: &TypedNode, x: &SymbolicTensor) -> Option<SymbolicTensor> {
        if let Some(op) = node.op_as::<AxisOp>() {
            return Some(SymbolicTensor {
                id: x.id,
                view: moved(&x.view, op)?,
            });
        }
        if let Some(slice) = node.op_as::<Slice>() {
            let (start, end) = (slice.start.to_usize().ok()?, slice.end.to_usize().ok()?);
            return Some(SymbolicTensor {
                id: x.id,
                view: x.view.sliced(slice.axis, start, end)?,
            });
        }
        if let Some(pool) = node.op_as::<SumPool>() {
            return convolution::pooling(&mut self.values, &node.name, pool, x);
        }
        let shape = self.values.shape(x.id);
        let mut view = x.view.clone();
        let value = if let Some(cast) = node.op_as::<Cast>() {
            return (cast.to == f32::datum_type()).then(|| x.clone());
        } else if let Some(op) = node.op_as::<DequantizeLinearF32>() {
            // Bytes already stand for their numbers; only that both ends agree is to be checked.
            let Value::Bytes { quantization, .. } = self.values.get(x.id) else {
                return None;
            };
            let scales = (quantization.scale / op.scale - 1.0).abs() < 1e-6;
            let agree = scales && i32::from(quantization.zero) == op.zero_point;
            return agree.then(|| x.clone());
        } else if let Some(reduce) = node.op_as::<Reduce>() {
            let axis = view.channel_axis(shape.channels)?;
            if reduce.axes.as_slice() != [axis] || reduce.reducer != Reducer::Sum {
                return None;
            }
            view = view.without_channels(shape.channels)?;
            Value::ChannelSum { of: x.id }
        } else if let Some(softmax) = node.op_as::<Softmax>() {
            let &[axis] = softmax.axes.as_slice() else {
                return None;
            };
            let scores = match self.values.get(x.id) {
                Value::Scaled { of, .. } => *of,
                _ => x.id,
            };
            let Value::Scores { keys, .. } = self.values.get(scores) else {
                return None;
            };
            let count = self.values.shape(*keys).size.area();
            let over_keys = view.is_all(axis, Along::Keys, count);
            let plain = softmax.kind == SoftmaxKind::Softmax && softmax.quant_output_dt.is_none();
            if !over_keys || !plain {
                return None;
            }
            Value::Weights { of: x.id }
        } else {
            let op = &node.op_as::<ElementWiseOp>()?.0;
            if let Some(op) = op.downcast_ref::<QuantizeLinearU8>() {
                // tract keeps the reciprocal.
                Value::Bytes {
                    of: x.id,
                    quantization: Quantization {
                        scale: op.scale.recip(),
                        zero: op.zero_point,
                    },
                }
            } else {
                self.function(op.as_ref(), x.id)?
            }
        };
        Some(SymbolicTensor {
            id: self.values.add(value, shape, &node.name),
            view,
        })
    }

    /// Functions of single elements.
    fn function(
        &self,
        op: &dyn tract_onnx::tract_core::ops::element_wise::ElementWiseMiniOp,
        of: Id,
    ) -> Option<Value> {
        match self.values.get(of) {
            Value::Centred { of } if op.is::<math::Square>() => Some(Value::Squared { of: *of }),
            Value::Variance { of, epsilon } if op.is::<math::Sqrt>() => Some(Value::Deviation {
                of: *of,
                epsilon: *epsilon,
            }),
            Value::Variance { of, epsilon } if op.is::<math::Rsqrt>() => {
                Some(Value::InverseDeviation {
                    of: *of,
                    epsilon: *epsilon,
                })
            }
            Value::Scaled { of, factor }
                if op.is::<math::Erf>()
                    && (factor - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6 =>
            {
                Some(Value::Erf {
                    of: *of,
                    plus: false,
                })
            }
            _ => None,
        }
    }

    /// A tensor and numbers known beforehand, in either order.
    fn with_constant(
        &mut self,
        node: &TypedNode,
        x: &SymbolicTensor,
        constant: &Arc<Tensor>,
        constant_first: bool,
    ) -> Option<SymbolicTensor> {
        if let Some(product) = node.op_as::<EinSum>() {
            return products::linear(
                &mut self.values,
                &node.name,
                product,
                x,
                constant,
                constant_first,
            );
        }
        if constant_first
            && !node
                .op_as::<TypedBinOp>()
                .is_some_and(|op| op.0.is::<math::Add>() || op.0.is::<math::Mul>())
        {
            return None;
        }
        if let Some(gather) = node.op_as::<Gather>() {
            let index = constant
                .cast_to::<i64>()
                .ok()
                .and_then(|index| single(&index))?;
            let view = x.view.picked(gather.axis, usize::try_from(index).ok()?)?;
            return Some(SymbolicTensor {
                id: x.id,
                view: without(view, gather.axis, constant.rank())?,
            });
        }
        if let Some(resize) = node.op_as::<Resize>() {
            return convolution::upsampling(&mut self.values, node, resize, x, constant);
        }
        let op = &node.op_as::<TypedBinOp>()?.0;
        let value = arithmetic::with_numbers(&self.values, op.as_ref(), x, constant)?;
        let shape = self.values.shape(x.id);
        Some(SymbolicTensor {
            id: self.values.add(value, shape, &node.name),
            view: x.view.clone(),
        })
    }

    fn binary(
        &mut self,
        node: &TypedNode,
        a: &SymbolicTensor,
        b: &SymbolicTensor,
    ) -> Option<SymbolicTensor> {
        if let Some(product) = node.op_as::<EinSum>() {
            return products::attention(&mut self.values, &node.name, product, a, b);
        }
        let op = &node.op_as::<TypedBinOp>()?.0;
        let value = arithmetic::binary(&self.values, op.as_ref(), a, b)?;
        let shape = self.values.shape(a.id);
        Some(SymbolicTensor {
            id: self.values.add(value, shape, &node.name),
            view: a.view.clone(),
        })
    }
}

/// A view after a change of axes.
fn moved(view: &View, op: &AxisOp) -> Option<View> {
    let mut view = view.clone();
    match op {
        AxisOp::Add(at) => view.axes.insert(*at, Vec::new()),
        AxisOp::Rm(at) => {
            view.axes.remove(*at);
        }
        AxisOp::Move(from, to) => {
            let axis = view.axes.remove(*from);
            view.axes.insert(*to, axis);
        }
        AxisOp::Reshape(at, from, to) => {
            let to: Option<Vec<usize>> = to.iter().map(|dim| dim.to_usize().ok()).collect();
            return view.reshaped(*at, from.len(), &to?);
        }
    }
    Some(view)
}

/// A gathered axis goes where the index is a plain number, and stays where it is a list of one.
fn without(mut view: View, axis: usize, index_rank: usize) -> Option<View> {
    match index_rank {
        0 => {
            view.axes.remove(axis);
        }
        1 => {}
        _ => return None,
    }
    Some(view)
}
