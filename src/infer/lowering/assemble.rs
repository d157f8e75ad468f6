//! Groups the values of a graph into fused operators, from the output back to the image.

use std::{collections::HashMap, sync::Arc};

use scarp_int8::{
    Activation, Attention, Branch, Builder, Convolution, Decoder, Depthwise, DepthwiseParts,
    Epilogue, FeedForward, IMAGE_CHANNELS, InputQuantize, InvertedResidual, Linear, MAPS, Network,
    Norm, Operator, Quantization, Softmax, Source, TensorId, Upsample, Window,
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
                // A branch is a product; the other term is the map itself.
                let (x, branch) = if self.product(*b).is_some() {
                    (*a, *b)
                } else {
                    (*b, *a)
                };
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

    /// Whether these bytes are those of a depthwise convolution with no more than a ReLU or ReLU6 behind it.
    fn is_depthwise(&self, id: Id) -> bool {
        let inner = self
            .bytes_of(id)
            .and_then(|(of, output)| self.clamped(of, output));
        inner.is_ok_and(|inner| matches!(self.values.get(inner), Value::Depthwise { .. }))
    }

    /// The bytes of `branch`, a product of a depthwise convolution, plus those of `x` where there is one.
    fn inverted_residual(
        &mut self,
        branch: Id,
        x: Option<Id>,
        output: Quantization,
    ) -> Result<Operator, Unfused> {
        let product = self
            .product(branch)
            .filter(|product| product.window.is_none())
            .ok_or_else(|| self.refuse(branch, "is no linear layer of bytes"))?;
        let (convolved, convolved_bytes) = self.bytes_of(product.of)?;
        let convolved = self.clamped(convolved, convolved_bytes)?;
        let (depthwise, under) = self.depthwise(convolved, Activation::Clamp, convolved_bytes)?;
        let (expanded, expanded_bytes) = self.bytes_of(under)?;
        let expansion = self
            .clamped(expanded, expanded_bytes)
            .ok()
            .and_then(|inner| Some((inner, self.product(inner)?)))
            .filter(|(_, product)| product.window.is_none() && x != Some(under));
        let (expand, input) = match expansion {
            Some((inner, product)) => {
                let expand = self.linear(inner, &product)?;
                (Some(expand.quantized(1.0, expanded_bytes)), product.of)
            }
            None => (None, under),
        };
        let project = self.linear(branch, &product)?;
        let project = match x {
            Some(x) if x == input => {
                let (_, residual) = self.bytes_of(x)?;
                project.quantized_with_residual(residual, output)
            }
            Some(x) => return Err(self.refuse(x, "is added to a branch that begins elsewhere")),
            None => project.quantized(1.0, output),
        };
        let layer = InvertedResidual {
            expand,
            depthwise,
            project,
            residual: x.is_some(),
            size: self.values.shape(under).size,
        };
        Ok(Operator::InvertedResidual(layer, self.bytes(input)?))
    }

    /// A depthwise convolution that gives bytes of `output`, and the bytes under it.
    fn depthwise(
        &self,
        id: Id,
        activation: Activation,
        output: Quantization,
    ) -> Result<(Depthwise, Id), Unfused> {
        let Value::Depthwise {
            of,
            weights,
            bias,
            window,
        } = self.values.get(id)
        else {
            return Err(self.refuse(id, "is no depthwise convolution"));
        };
        if !Depthwise::takes(*window) {
            return Err(self.refuse(id, "is a depthwise convolution of neither 3x3 nor 5x5"));
        }
        let (_, input) = self.bytes_of(*of)?;
        let weights = integer_weights::quantized(weights, bias.as_deref()).ok_or_else(|| {
            self.refuse(id, "has weights that are not symmetric 8-bit by channel")
        })?;
        let (channels, taps) = (self.values.shape(id).channels, window.side * window.side);
        let parts = DepthwiseParts {
            window: *window,
            weights: (0..taps * channels)
                .map(|i| weights.values[i % channels * taps + i / channels])
                .collect(),
            scale: weights
                .scale
                .iter()
                .map(|scale| scale * input.scale)
                .collect(),
            bias: weights.bias,
            input_zero: input.zero,
            activation,
            output_scale: output.scale,
            output_zero: output.zero,
        };
        Ok((Depthwise::new(parts), *of))
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
                // A branch is a product; the other term is the map itself.
                let (x, branch) = if self.product(*b).is_some() {
                    (*a, *b)
                } else {
                    (*b, *a)
                };
                self.branch(x, branch)?
            }
            _ => return Err(self.refuse(id, "is no part of a SegFormer that is known here")),
        };
        Ok(self.add(id, operator))
    }

    /// `x` plus one of a block's two branches.
    fn branch(&mut self, x: Id, branch: Id) -> Result<Operator, Unfused> {
        let product = self
            .product(branch)
            .ok_or_else(|| self.refuse(branch, "is no product of bytes"))?;
        if product.window.is_some() {
            return Err(self.refuse(branch, "is no linear layer"));
        }
        let last = self.linear(branch, &product)?;
        let (inner, quantization) = self.bytes_of(product.of)?;
        match self.values.get(inner) {
            Value::Attended {
                weights,
                values,
                first,
            } => self.attention(x, last, quantization, (*weights, *values, *first)),
            Value::Gelu { of, factor } if *factor == 0.5 => {
                self.feed_forward(x, last, quantization, *of)
            }
            _ => Err(self.refuse(branch, "is neither attention nor feed-forward")),
        }
    }

    fn feed_forward(
        &mut self,
        x: Id,
        contract: Linear,
        activated: Quantization,
        depthwise: Id,
    ) -> Result<Operator, Unfused> {
        let (convolution, under) = self.depthwise(depthwise, Activation::Gelu, activated)?;
        if self.values.shape(depthwise).size != self.values.shape(x).size {
            return Err(self.refuse(depthwise, "is not as large as what it is added to"));
        }
        let (expansion, expanded) = self.bytes_of(under)?;
        let product = self
            .product(expansion)
            .ok_or_else(|| self.refuse(expansion, "is no product of bytes"))?;
        let expand = self.linear(expansion, &product)?.quantized(1.0, expanded);
        let (normed, input) = self.bytes_of(product.of)?;
        let affine = match self.values.get(normed) {
            Value::Norm { of, affine } if *of == x => affine,
            _ => return Err(self.refuse(normed, "does not normalise what it is added to")),
        };
        let layer = FeedForward {
            norm: norm(affine).quantized(input.scale, input.zero),
            expand,
            depthwise: convolution,
            contract,
            size: self.values.shape(x).size,
        };
        Ok(Operator::FeedForward(layer, self.floats(x)?))
    }

    fn attention(
        &mut self,
        x: Id,
        project: Linear,
        attended: Quantization,
        (weights, values, first_value): (Id, Id, usize),
    ) -> Result<Operator, Unfused> {
        let Value::Weights { of: scores } = self.values.get(weights) else {
            return Err(self.refuse(weights, "is no softmax"));
        };
        let (scores, score_factor) = self.scaled(*scores);
        let &Value::Scores {
            queries,
            keys,
            heads,
            first,
        } = self.values.get(scores)
        else {
            return Err(self.refuse(scores, "is no product of queries and keys"));
        };
        let (query, query_bytes) = self.bytes_of(queries)?;
        let (query, query_factor) = self.scaled(query);
        let product = self
            .product(query)
            .ok_or_else(|| self.refuse(query, "is no product of bytes"))?;
        let linear = self
            .linear(query, &product)?
            .quantized(query_factor, query_bytes);
        let (key, key_bytes) = self.bytes_of(keys)?;
        let (key, key_factor) = self.scaled(key);
        let step =
            f64::from(query_bytes.scale) * f64::from(key_bytes.scale) * f64::from(score_factor);
        let softmax =
            Softmax::new(step).ok_or_else(|| self.refuse(scores, "has scores without a scale"))?;
        let count = self.values.shape(key).size.area();
        if !(linear.outputs() / heads).is_multiple_of(4)
            || self.values.shape(values).size.area() != count
        {
            return Err(self.refuse(scores, "has heads that are no multiple of 4 wide"));
        }
        let layer = Arc::new(Attention {
            query: linear,
            project,
            softmax,
            heads,
            queries: query_bytes,
            keys: key_bytes,
            key_factor,
            attended,
            count,
            pixels: self.values.shape(x).size.area(),
        });
        let x = self.floats(x)?;
        let normed = self.bytes(product.of)?;
        let source = |map, id: Id, first| Source {
            map,
            stride: self.values.shape(id).channels,
            first,
        };
        let sources = [
            source(self.floats(key)?, key, first),
            source(self.floats(values)?, values, first_value),
        ];
        let context = self.builder.add(
            self.values.name(scores),
            Operator::Context(Arc::clone(&layer), sources),
        );
        Ok(Operator::Attention(layer, [x, normed, context]))
    }

    /// What a value is a multiple of, and how often.
    fn scaled(&self, id: Id) -> (Id, f32) {
        match self.values.get(id) {
            Value::Scaled { of, factor } => (*of, *factor),
            _ => (id, 1.0),
        }
    }

    /// The way out: a decoder's logits, at the picture's size where the network itself brings them there.
    fn answer(&mut self, output: Id) -> Result<(), Unfused> {
        let Value::Upsampled { of } = self.values.get(output) else {
            self.decoder(output)?;
            return Ok(());
        };
        let (from, to) = (self.values.shape(*of), self.values.shape(output));
        let layer = Upsample {
            from: from.size,
            to: to.size,
            channels: from.channels,
        };
        let logits = self.decoder(*of)?;
        self.add(output, Operator::Upsample(layer, logits));
        Ok(())
    }

    /// Classifier, ReLU, and the sum of the finest map's projection and the coarser maps upsampled.
    fn decoder(&mut self, output: Id) -> Result<TensorId, Unfused> {
        let product = self
            .product(output)
            .ok_or_else(|| self.refuse(output, "is no classifier of bytes"))?;
        let classify = self.linear(output, &product)?;
        let (relu, fused) = self.bytes_of(product.of)?;
        let Value::Relu { of: sum } = self.values.get(relu) else {
            return Err(self.refuse(relu, "is no ReLU"));
        };
        let (mut finest, mut coarse) = (None, Vec::new());
        for term in self.terms(*sum) {
            match self.values.get(term) {
                Value::Upsampled { of } => coarse.push(*of),
                Value::Product { .. } if finest.is_none() => finest = Some(term),
                _ => return Err(self.refuse(term, "is no term of the decoder's sum")),
            }
        }
        let finest = finest.ok_or_else(|| self.refuse(*sum, "has no map at full size"))?;
        if coarse.len() > MAPS || product.window.is_some() {
            return Err(self.refuse(*sum, "is no decoder that is known here"));
        }
        let (finest, finest_bytes) = self.decoder_branch(finest)?;
        let mut branches = Vec::new();
        let mut maps = Vec::new();
        for map in coarse {
            let (branch, bytes) = self.decoder_branch(map)?;
            branches.push(branch);
            maps.push(bytes);
        }
        let layer = Decoder::new(finest, branches, fused, classify);
        Ok(self.add(output, Operator::Decoder(layer, finest_bytes, maps)))
    }

    /// The projection `id` of a map, and the activation that holds the map.
    fn decoder_branch(&mut self, id: Id) -> Result<(Branch, TensorId), Unfused> {
        let product = self.product(id).filter(|product| product.window.is_none());
        let product = product.ok_or_else(|| self.refuse(id, "is no linear layer of bytes"))?;
        let project = self.linear(id, &product)?;
        let size = self.values.shape(product.of).size;
        Ok((Branch { project, size }, self.bytes(product.of)?))
    }

    /// The terms of nested sums.
    fn terms(&self, id: Id) -> Vec<Id> {
        match self.values.get(id) {
            Value::Sum { of } => of.iter().flat_map(|&term| self.terms(term)).collect(),
            _ => vec![id],
        }
    }
}

fn norm(affine: &Affine) -> Norm {
    Norm {
        gain: affine.gain.to_vec(),
        shift: affine.shift.to_vec(),
        epsilon: affine.epsilon,
    }
}
