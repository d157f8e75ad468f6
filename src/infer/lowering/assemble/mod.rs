//! Groups the values of a graph into fused operators, from the output back to the image.

mod decoder;
mod inverted_residual;
mod transformer;

use std::collections::HashMap;

use scarp_int8::{
    Builder, Convolution, Epilogue, IMAGE_CHANNELS, InputQuantize, Linear, Network, Norm, Operator,
    Quantization, TensorId, Window,
};

use super::{
    Unfused, integer_weights,
    ir::{Affine, Id, Matrix, Value, Values},
};

/// The network whose output is `output`.
pub(super) fn assemble(values: &Values, output: Id) -> Result<Network, Unfused> {
    let mut assembly = Assembly {
        values,
        builder: Builder::default(),
        done: HashMap::new(),
    };
    assembly.answer(output)?;
    Ok(assembly.builder.finish())
}

struct Assembly<'a> {
    values: &'a Values,
    builder: Builder,
    /// Activations that hold values already.
    done: HashMap<Id, TensorId>,
}

/// A product of bytes.
struct Product<'a> {
    /// The bytes.
    of: Id,
    input: Quantization,
    weights: &'a Matrix,
    bias: Option<&'a [f32]>,
    window: Option<Window>,
}

impl<'a> Assembly<'a> {
    fn refuse(&self, id: Id, why: &str) -> Unfused {
        Unfused {
            node: self.values.name(id).to_owned(),
            reason: why.to_owned(),
        }
    }

    /// Bytes, what they stand for, and how.
    fn bytes_of(&self, id: Id) -> Result<(Id, Quantization), Unfused> {
        match self.values.get(id) {
            Value::Bytes { of, quantization } => Ok((*of, *quantization)),
            _ => Err(self.refuse(id, "is not quantized")),
        }
    }

    fn product(&self, id: Id) -> Option<Product<'a>> {
        let Value::Product {
            of,
            weights,
            bias,
            window,
        } = self.values.get(id)
        else {
            return None;
        };
        let (_, input) = self.bytes_of(*of).ok()?;
        Some(Product {
            of: *of,
            input,
            weights,
            bias: bias.as_deref(),
            window: *window,
        })
    }

    /// The product's integers, for an input that lies in memory as [`width`](Self::width) says.
    fn linear(&self, id: Id, product: &Product<'_>) -> Result<Linear, Unfused> {
        let weights = integer_weights::quantized(product.weights, product.bias)
            .ok_or_else(|| self.refuse(id, "has weights that are not symmetric 8-bit by output"))?;
        let channels = self.values.shape(product.of).channels;
        let weights = integer_weights::padded(weights, channels, self.width(product.of)?);
        Ok(Linear::new(&weights, product.input))
    }

    /// Channels as they lie in memory.
    fn width(&self, id: Id) -> Result<usize, Unfused> {
        match self.values.shape(id).channels {
            3 => Ok(IMAGE_CHANNELS),
            channels if channels.is_multiple_of(4) => Ok(channels),
            _ => Err(self.refuse(id, "has channels that are no multiple of 4")),
        }
    }

    fn add(&mut self, id: Id, operator: Operator) -> TensorId {
        let activation = self.builder.add(self.values.name(id), operator);
        self.done.insert(id, activation);
        activation
    }

    fn convolution(
        &self,
        id: Id,
        product: &Product<'_>,
        linear: Linear,
        epilogue: Epilogue,
    ) -> Result<Convolution, Unfused> {
        let size = self.values.shape(product.of).size;
        if product
            .window
            .is_some_and(|window| window.over(size).is_none())
        {
            return Err(self.refuse(id, "has a window larger than its map"));
        }
        Ok(Convolution {
            linear,
            window: product.window,
            epilogue,
            size,
            channels: self.width(product.of)?,
            zero: product.input.zero,
        })
    }

    /// Of the two terms of a block's sum, the map itself and the branch, which is a product.
    fn map_and_branch(&self, a: Id, b: Id) -> (Id, Id) {
        if self.product(b).is_some() {
            (a, b)
        } else {
            (b, a)
        }
    }

    /// The activation that holds these bytes.
    fn bytes(&mut self, id: Id) -> Result<TensorId, Unfused> {
        if let Some(&done) = self.done.get(&id) {
            return Ok(done);
        }
        let (of, output) = self.bytes_of(id)?;
        let operator = match self.values.get(of) {
            Value::Image => Operator::InputQuantize(InputQuantize {
                size: self.values.shape(of).size,
                reduction: 1,
                output,
            }),
            // Sums of squares of bytes fit 16 bits up to this side.
            Value::Pooled { of: image, side }
                if *side <= 16 && *self.values.get(*image) == Value::Image =>
            {
                Operator::InputQuantize(InputQuantize {
                    size: self.values.shape(*image).size,
                    reduction: *side,
                    output,
                })
            }
            Value::Norm { of: inner, affine } => {
                let norm = norm(affine).quantized(output.scale, output.zero);
                match self.product(*inner) {
                    Some(product) if !self.done.contains_key(inner) => {
                        let linear = self.linear(*inner, &product)?;
                        let layer =
                            self.convolution(*inner, &product, linear, Epilogue::NormBytes(norm))?;
                        Operator::Convolution(layer, self.bytes(product.of)?)
                    }
                    _ => {
                        let pixels = self.values.shape(*inner).size.area();
                        Operator::Norm(norm, pixels, self.floats(*inner)?)
                    }
                }
            }
            Value::Sum { of: [a, b] } => {
                let (x, branch) = self.map_and_branch(*a, *b);
                self.inverted_residual(branch, Some(x), output)?
            }
            Value::Product { of: inner, .. } if self.is_depthwise(*inner) => {
                self.inverted_residual(of, None, output)?
            }
            Value::Relu { .. } | Value::Clipped { .. } | Value::Product { .. } => {
                self.byte_product(self.clamped(of, output)?, output)?
            }
            _ => return Err(self.refuse(of, "is no part of a SegFormer that is known here")),
        };
        Ok(self.add(id, operator))
    }

    /// What becomes `id` where bytes of `output` hold it in their range: the value before ReLU or ReLU6, or `id` itself.
    fn clamped(&self, id: Id, output: Quantization) -> Result<Id, Unfused> {
        let (of, most) = match self.values.get(id) {
            Value::Relu { of } => (*of, f32::INFINITY),
            Value::Clipped { of, most } => (*of, *most),
            _ => return Ok(id),
        };
        // Bytes at the zero point or above stand for nothing below zero.
        if output.zero != 0 {
            return Err(self.refuse(id, "is a ReLU with a zero point above 0"));
        }
        if (most / output.scale).round() < 255.0 {
            return Err(self.refuse(id, "is held below the greatest byte"));
        }
        Ok(of)
    }

    fn byte_product(&mut self, id: Id, output: Quantization) -> Result<Operator, Unfused> {
        let product = self
            .product(id)
            .ok_or_else(|| self.refuse(id, "is no product of bytes"))?;
        let linear = self.linear(id, &product)?.quantized(1.0, output);
        let layer = self.convolution(id, &product, linear, Epilogue::Bytes)?;
        Ok(Operator::Convolution(layer, self.bytes(product.of)?))
    }

    /// The activation that holds this map of floats.
    fn floats(&mut self, id: Id) -> Result<TensorId, Unfused> {
        if let Some(&done) = self.done.get(&id) {
            return Ok(done);
        }
        let operator = match self.values.get(id) {
            Value::Norm { of, affine } => {
                let product = self
                    .product(*of)
                    .ok_or_else(|| self.refuse(id, "normalises no product of bytes"))?;
                let linear = self.linear(*of, &product)?;
                let layer =
                    self.convolution(*of, &product, linear, Epilogue::NormFloats(norm(affine)))?;
                Operator::Convolution(layer, self.bytes(product.of)?)
            }
            Value::Product { .. } => {
                let product = self
                    .product(id)
                    .ok_or_else(|| self.refuse(id, "is no product of bytes"))?;
                let linear = self.linear(id, &product)?;
                let layer = self.convolution(
                    id,
                    &product,
                    linear,
                    Epilogue::Floats {
                        least: f32::NEG_INFINITY,
                    },
                )?;
                Operator::Convolution(layer, self.bytes(product.of)?)
            }
            Value::Sum { of: [a, b] } => {
                let (x, branch) = self.map_and_branch(*a, *b);
                self.branch(x, branch)?
            }
            _ => return Err(self.refuse(id, "is no part of a SegFormer that is known here")),
        };
        Ok(self.add(id, operator))
    }
}

fn norm(affine: &Affine) -> Norm {
    Norm {
        gain: affine.gain.to_vec(),
        shift: affine.shift.to_vec(),
        epsilon: affine.epsilon,
    }
}
