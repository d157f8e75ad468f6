//! Depthwise convolutions, and the inverted residuals built of them (MobileNetV2, EfficientNet-Lite).

use scarp_int8::{Activation, Depthwise, DepthwiseParts, InvertedResidual, Operator, Quantization};

use super::{
    super::{
        Unfused, integer_weights,
        ir::{Id, Value},
    },
    Assembly,
};

impl Assembly<'_> {
    /// Whether these bytes are those of a depthwise convolution with no more than a ReLU or ReLU6 behind it.
    pub(super) fn is_depthwise(&self, id: Id) -> bool {
        let inner = self
            .bytes_of(id)
            .and_then(|(of, output)| self.clamped(of, output));
        inner.is_ok_and(|inner| matches!(self.values.get(inner), Value::Depthwise { .. }))
    }

    /// The bytes of `branch`, a product of a depthwise convolution, plus those of `x` where there is one.
    pub(super) fn inverted_residual(
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
    pub(super) fn depthwise(
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
}
