//! The two branches of a Mix Transformer's block: attention and feed-forward (SegFormer).

use std::sync::Arc;

use scarp_int8::{
    Activation, Attention, FeedForward, Linear, Operator, Quantization, Softmax, Source,
};

use super::{
    super::{
        Unfused,
        ir::{Id, Value},
    },
    Assembly, norm,
};

impl Assembly<'_> {
    /// `x` plus one of a block's two branches.
    pub(super) fn branch(&mut self, x: Id, branch: Id) -> Result<Operator, Unfused> {
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
}
