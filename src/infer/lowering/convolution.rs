//! Convolution, pooling and upsampling.

use std::sync::Arc;

use scarp_int8::{Size, Window};
use tract_onnx::{
    prelude::*,
    tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec, SumPool},
};
use tract_onnx_opl::resize::Resize;

use super::{
    super::tract_resize::is_bilinear,
    axis_layout::View,
    ir::{Matrix, Shape, SymbolicTensor, Value, Values, floats},
};

/// A square window without dilation, the same along both axes. It may have more border after the map than before it, as
/// TensorFlow's "same" padding does.
fn window(pool: &PoolSpec) -> Option<Window> {
    let &[side, other] = pool.kernel_shape.as_slice() else {
        return None;
    };
    let (before, after) = match &pool.padding {
        PaddingSpec::Valid => (0, 0),
        PaddingSpec::Explicit(before, after)
        | PaddingSpec::ExplicitOnnxPool(before, after, false) => (same(before)?, same(after)?),
        _ => return None,
    };
    let (strides, dilations) = (pool.strides(), pool.dilations());
    let plain = side == other && strides[0] == strides[1] && dilations.iter().all(|&d| d == 1);
    plain.then_some(Window {
        side,
        step: strides[0],
        before,
        after,
    })
}

/// The one number that all of `numbers` are.
fn same(numbers: &[usize]) -> Option<usize> {
    let first = *numbers.first()?;
    numbers.iter().all(|&n| n == first).then_some(first)
}

pub(super) fn convolution(
    values: &mut Values,
    name: &str,
    conv: &Conv,
    x: &SymbolicTensor,
    weights: &Arc<Tensor>,
    bias: &Tensor,
) -> Option<SymbolicTensor> {
    let shape = values.shape(x.id);
    let window = window(&conv.pool_spec)?;
    let size = window.over(shape.size)?;
    let bytes = matches!(values.get(x.id), Value::Bytes { .. });
    let nchw = conv.pool_spec.data_format == tract_onnx::tract_core::ops::nn::DataFormat::NCHW;
    let plain = conv.kernel_fmt == KernelFormat::OIHW && conv.q_params.is_none();
    if !(bytes && nchw && plain && x.view.is_planes(shape.size, shape.channels)) {
        return None;
    }
    let outputs = conv.output_channels();
    let bias = floats(bias)?;
    // A bias of one number is the same for all outputs.
    let bias: Arc<[f32]> = if bias.len() == 1 {
        vec![bias[0]; outputs].into()
    } else {
        bias.into()
    };
    let taps = window.side * window.side;
    let value = if conv.group == 1 && weights.len() == outputs * shape.channels * taps {
        // From output, input, row, column.
        let strides = [shape.channels * taps, 1, taps];
        let matrix = Matrix {
            numbers: Arc::clone(weights),
            outputs,
            taps,
            channels: shape.channels,
            strides,
        };
        let window = (window != Window::even(1, 1, 0)).then_some(window);
        Value::Product {
            of: x.id,
            weights: matrix,
            bias: Some(bias),
            window,
        }
    } else if conv.group == shape.channels
        && outputs == shape.channels
        && weights.len() == outputs * taps
    {
        let strides = [taps, 1, 0];
        let matrix = Matrix {
            numbers: Arc::clone(weights),
            outputs,
            taps,
            channels: 1,
            strides,
        };
        Value::Depthwise {
            of: x.id,
            weights: matrix,
            bias: Some(bias),
            window,
        }
    } else {
        return None;
    };
    let id = values.add(
        value,
        Shape {
            size,
            channels: outputs,
        },
        name,
    );
    Some(SymbolicTensor {
        id,
        view: View::planes(size, outputs),
    })
}

/// Means of squares that do not overlap.
pub(super) fn pooling(
    values: &mut Values,
    name: &str,
    pool: &SumPool,
    x: &SymbolicTensor,
) -> Option<SymbolicTensor> {
    let shape = values.shape(x.id);
    let window = window(&pool.pool_spec)?;
    let fits = shape.size.height.is_multiple_of(window.side)
        && shape.size.width.is_multiple_of(window.side);
    let plain =
        pool.normalize && (window.before, window.after) == (0, 0) && window.step == window.side;
    if !(plain && fits && x.view.is_planes(shape.size, shape.channels)) {
        return None;
    }
    let size = window.over(shape.size)?;
    let id = values.add(
        Value::Pooled {
            of: x.id,
            side: window.side,
        },
        Shape { size, ..shape },
        name,
    );
    Some(SymbolicTensor {
        id,
        view: View::planes(size, shape.channels),
    })
}

/// Bilinear, half-pixel centres; the sizes come from the graph's own inference, `constant` is its sizes or scales.
pub(super) fn upsampling(
    values: &mut Values,
    node: &TypedNode,
    resize: &Resize,
    x: &SymbolicTensor,
    constant: &Tensor,
) -> Option<SymbolicTensor> {
    let Shape { size, channels } = values.shape(x.id);
    let from = [1, channels, size.height, size.width];
    let to = node.outputs.first()?.fact.shape.as_concrete()?;
    if !(is_bilinear(resize, Some(constant), &from, to) && x.view.is_planes(size, channels)) {
        return None;
    }
    let size = Size {
        height: to[2],
        width: to[3],
    };
    let id = values.add(
        Value::Upsampled { of: x.id },
        Shape { size, channels },
        &node.name,
    );
    Some(SymbolicTensor {
        id,
        view: View::planes(size, channels),
    })
}
