//! Operators with numbers of their own: convolution, pooling, upsampling and arithmetic.

use std::sync::Arc;

use scarp_int8::{Size, Window};
use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        binary::BinMiniOp,
        cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec, SumPool},
        math,
    },
};
use tract_onnx_opl::resize::Resize;

use super::{
    super::upsample::is_bilinear,
    value::{Affine, Id, Matrix, Shape, SymbolicTensor, Value, Values},
    view::View,
};

/// A square window without dilation, the same along both axes.
fn window(pool: &PoolSpec) -> Option<Window> {
    let &[side, other] = pool.kernel_shape.as_slice() else {
        return None;
    };
    let border = match &pool.padding {
        PaddingSpec::Valid => 0,
        PaddingSpec::Explicit(before, after)
        | PaddingSpec::ExplicitOnnxPool(before, after, false) => {
            let border = *before.first()?;
            before
                .iter()
                .chain(after)
                .all(|&b| b == border)
                .then_some(border)?
        }
        _ => return None,
    };
    let (strides, dilations) = (pool.strides(), pool.dilations());
    let plain = side == other && strides[0] == strides[1] && dilations.iter().all(|&d| d == 1);
    plain.then_some(Window {
        side,
        step: strides[0],
        border,
    })
}

fn floats(tensor: &Tensor) -> Option<Vec<f32>> {
    Some(
        tensor
            .try_as_plain_ram()
            .ok()?
            .as_slice::<f32>()
            .ok()?
            .to_vec(),
    )
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
        let window = (window
            != Window {
                side: 1,
                step: 1,
                border: 0,
            })
        .then_some(window);
        Value::Product {
            of: x.id,
            weights: matrix,
            bias: Some(bias),
            window,
        }
    } else if conv.group == shape.channels
        && outputs == shape.channels
        && window
            == (Window {
                side: 3,
                step: 1,
                border: 1,
            })
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
    let plain = pool.normalize && window.border == 0 && window.step == window.side;
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

/// Numbers that go with a view's elements.
enum Numbers {
    /// The same for all.
    One(f32),
    /// One for each channel.
    Channels(Arc<[f32]>),
}

fn numbers(tensor: &Tensor, view: &View, channels: usize) -> Option<Numbers> {
    let values = floats(tensor)?;
    if let &[value] = values.as_slice() {
        return Some(Numbers::One(value));
    }
    let axis = view.channel_axis(channels)?;
    let along = tensor.rank() == view.axes.len()
        && tensor.shape()[axis] == channels
        && values.len() == channels;
    along.then(|| Numbers::Channels(values.into()))
}

/// A value with numbers known beforehand: scales, biases and the steps of layer normalisation and GELU.
pub(super) fn with_numbers(
    values: &Values,
    op: &dyn BinMiniOp,
    x: &SymbolicTensor,
    constant: &Tensor,
) -> Option<Value> {
    let channels = values.shape(x.id).channels;
    let numbers = numbers(constant, &x.view, channels)?;
    let (add, mul, div, max) = (
        op.is::<math::Add>(),
        op.is::<math::Mul>(),
        op.is::<math::Div>(),
        op.is::<math::Max>(),
    );
    let of = x.id;
    Some(match (values.get(of).clone(), numbers) {
        (Value::Centred { of }, Numbers::One(2.0)) if op.is::<math::Pow>() => Value::Squared { of },
        (Value::ChannelSum { of: inner }, Numbers::One(n)) if div && n == channels as f32 => {
            match values.get(inner) {
                Value::Squared { of } => Value::Variance {
                    of: *of,
                    epsilon: 0.0,
                },
                _ => Value::Mean { of: inner },
            }
        }
        (Value::Variance { of, epsilon }, Numbers::One(more)) if add => Value::Variance {
            of,
            epsilon: epsilon + more,
        },
        (Value::Norm { of, affine }, Numbers::Channels(gain))
            if mul && affine.shift.iter().all(|&s| s == 0.0) =>
        {
            Value::Norm {
                of,
                affine: Affine {
                    gain: product(&affine.gain, &gain),
                    ..affine
                },
            }
        }
        (Value::Norm { of, affine }, Numbers::Channels(shift)) if add => Value::Norm {
            of,
            affine: Affine {
                shift: sum(&affine.shift, &shift),
                ..affine
            },
        },
        (
            Value::Product {
                of,
                weights,
                bias,
                window,
            },
            Numbers::Channels(more),
        ) if add => {
            let bias = Some(bias.map_or(more.clone(), |bias| sum(&bias, &more)));
            Value::Product {
                of,
                weights,
                bias,
                window,
            }
        }
        (Value::Erf { of, plus: false }, Numbers::One(1.0)) if add => Value::Erf { of, plus: true },
        (Value::Gelu { of, factor }, Numbers::One(more)) if mul => Value::Gelu {
            of,
            factor: factor * more,
        },
        (Value::Scaled { of, factor }, Numbers::One(more)) if mul => Value::Scaled {
            of,
            factor: factor * more,
        },
        (Value::Scaled { of, factor }, Numbers::One(more)) if div => Value::Scaled {
            of,
            factor: factor / more,
        },
        (_, Numbers::One(0.0)) if max => Value::Relu { of },
        (_, Numbers::One(factor)) if mul => Value::Scaled { of, factor },
        (_, Numbers::One(factor)) if div => Value::Scaled {
            of,
            factor: factor.recip(),
        },
        _ => return None,
    })
}

fn sum(a: &[f32], b: &[f32]) -> Arc<[f32]> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn product(a: &[f32], b: &[f32]) -> Arc<[f32]> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// Two values in the same layout.
pub(super) fn binary(
    values: &Values,
    op: &dyn BinMiniOp,
    a: &SymbolicTensor,
    b: &SymbolicTensor,
) -> Option<Value> {
    let (add, sub, mul) = (
        op.is::<math::Add>(),
        op.is::<math::Sub>(),
        op.is::<math::Mul>(),
    );
    let same = a.view == b.view;
    // One number for each pixel, over the channels of the other.
    let by_pixel = a
        .view
        .without_channels(values.shape(a.id).channels)
        .as_ref()
        == Some(&b.view);
    match (values.get(a.id), values.get(b.id)) {
        (_, Value::Mean { of }) if sub && by_pixel && *of == a.id => {
            Some(Value::Centred { of: *of })
        }
        (Value::Centred { of }, Value::Centred { of: other }) if mul && same && of == other => {
            Some(Value::Squared { of: *of })
        }
        (Value::Centred { of }, Value::InverseDeviation { of: other, epsilon })
            if mul && by_pixel && of == other =>
        {
            Some(normalised(values, *of, *epsilon))
        }
        (Value::Centred { of }, Value::Deviation { of: other, epsilon })
            if op.is::<math::Div>() && by_pixel && of == other =>
        {
            Some(normalised(values, *of, *epsilon))
        }
        (_, Value::Erf { of, plus: true }) if mul && same && *of == a.id => Some(Value::Gelu {
            of: *of,
            factor: 1.0,
        }),
        (Value::Erf { of, plus: true }, _) if mul && same && *of == b.id => Some(Value::Gelu {
            of: *of,
            factor: 1.0,
        }),
        (
            Value::Scaled { of, factor },
            Value::Erf {
                of: other,
                plus: true,
            },
        )
        | (
            Value::Erf {
                of: other,
                plus: true,
            },
            Value::Scaled { of, factor },
        ) if mul && same && of == other => Some(Value::Gelu {
            of: *of,
            factor: *factor,
        }),
        _ if add && same && values.shape(a.id) == values.shape(b.id) => {
            Some(Value::Sum { of: [a.id, b.id] })
        }
        _ => None,
    }
}

/// A map normalised over its channels, without gain and shift.
fn normalised(values: &Values, of: Id, epsilon: f32) -> Value {
    let channels = values.shape(of).channels;
    let affine = Affine {
        epsilon,
        gain: vec![1.0; channels].into(),
        shift: vec![0.0; channels].into(),
    };
    Value::Norm { of, affine }
}
