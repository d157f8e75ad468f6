//! Arithmetic: of a value with numbers known beforehand, and of two values.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::ops::{binary::BinMiniOp, math},
};

use super::{
    axis_layout::View,
    ir::{Affine, Id, SymbolicTensor, Value, Values, floats},
};

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
    let (add, mul, div, max, min) = (
        op.is::<math::Add>(),
        op.is::<math::Mul>(),
        op.is::<math::Div>(),
        op.is::<math::Max>(),
        op.is::<math::Min>(),
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
        (Value::Relu { of }, Numbers::One(most)) if min && most > 0.0 => {
            Value::Clipped { of, most }
        }
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
