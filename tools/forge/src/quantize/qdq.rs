//! Writing the 8-bit form: QuantizeLinear and DequantizeLinear around what multiplies, as every engine reads it.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;

use super::{layers::Layer, observe::Range};
use crate::graph::{Graph, NodeExt, Values, float_tensor, node, raw_tensor};

/// A copy of `graph` in which `layers` work on 8 bits: weights int8, symmetric, per output channel; activations uint8, per
/// tensor, over the given ranges; biases int32. A layer of which a range is missing stays float.
#[must_use]
pub fn insert(graph: &Graph, layers: &[&Layer], ranges: &HashMap<String, Range>) -> Graph {
    let mut writer = Writer {
        graph: graph.clone(),
        activations: HashMap::new(),
        weights: HashMap::new(),
    };
    let mut inputs: HashMap<&str, Vec<(usize, String)>> = HashMap::new();
    for layer in layers {
        if layer
            .activations
            .iter()
            .any(|(_, value)| !ranges.contains_key(value))
        {
            continue;
        }
        let new = inputs.entry(&layer.name).or_default();
        let mut scale_in = 1.0;
        for (index, value) in &layer.activations {
            if let Some(range) = ranges.get(value) {
                scale_in = range.scale().0;
                new.push((*index, writer.activation(value, *range)));
            }
        }
        if let Some((weight, axis)) = &layer.weight
            && let Some((name, scales)) = writer.weight(weight, *axis)
        {
            new.push((1, name));
            let bias = layer
                .bias
                .as_deref()
                .and_then(|bias| writer.bias(bias, scale_in, &scales));
            new.extend(bias.map(|name| (2, name)));
        }
    }
    for node in writer.graph.nodes_mut() {
        let changes = node
            .output
            .first()
            .and_then(|name| inputs.remove(name.as_str()));
        for (index, name) in changes.into_iter().flatten() {
            if let Some(input) = node.input.get_mut(index) {
                *input = name;
            }
        }
    }
    writer.graph.eliminate_dead();
    writer.graph
}

struct Writer {
    graph: Graph,
    /// Values in 8 bits by the value they stand for.
    activations: HashMap<String, String>,
    /// Weights likewise, with their scales.
    weights: HashMap<String, (String, Vec<f32>)>,
}

impl Writer {
    fn activation(&mut self, value: &str, range: Range) -> String {
        if let Some(done) = self.activations.get(value) {
            return done.clone();
        }
        let (scale, zero) = range.scale();
        let scale = self
            .graph
            .add_constant(float_tensor(&[], &[scale]), &format!("{value}.scale"));
        let zero = raw_tensor(DataType::Uint8, &[], vec![zero]);
        let zero = self.graph.add_constant(zero, &format!("{value}.zero"));
        let quantized = self.graph.fresh(&format!("{value}.q"));
        self.graph
            .add_node(node("QuantizeLinear", &[value, &scale, &zero], &quantized));
        let name = self.graph.fresh(&format!("{value}.dq"));
        self.graph.add_node(node(
            "DequantizeLinear",
            &[&quantized, &scale, &zero],
            &name,
        ));
        self.activations.insert(value.to_owned(), name.clone());
        name
    }

    fn weight(&mut self, weight: &str, axis: usize) -> Option<(String, Vec<f32>)> {
        if let Some(done) = self.weights.get(weight) {
            return Some(done.clone());
        }
        let values = self.graph.floats(weight)?;
        let scales = channel_scales(&values, axis);
        let numbers = channels(&values, axis)
            .zip(&values.data)
            .map(|(channel, value)| {
                let scale = scales.get(channel).copied().unwrap_or(1.0);
                (value / scale).round().clamp(-127.0, 127.0) as i8
            });
        let bytes = numbers.map(|number| number.to_le_bytes()[0]).collect();
        let stored = raw_tensor(DataType::Int8, &values.shape, bytes);
        let zeros = raw_tensor(DataType::Int8, &[scales.len()], vec![0; scales.len()]);
        let name = self.dequantized(weight, stored, &scales, zeros, axis);
        self.weights
            .insert(weight.to_owned(), (name.clone(), scales.clone()));
        Some((name, scales))
    }

    /// The bias in int32 at the scale of the sums it is added to; none if it does not fit.
    fn bias(&mut self, bias: &str, scale_in: f32, scales: &[f32]) -> Option<String> {
        let values = self.graph.floats(bias)?;
        if values.data.len() != scales.len() {
            return None;
        }
        let scales: Vec<f32> = scales.iter().map(|scale| scale * scale_in).collect();
        let numbers = values.data.iter().zip(&scales).map(|(value, scale)| {
            let number = (f64::from(*value) / f64::from(*scale)).round();
            (number.abs() <= f64::from(i32::MAX)).then_some(number as i32)
        });
        let numbers: Vec<i32> = numbers.collect::<Option<_>>()?;
        let bytes = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        let stored = raw_tensor(DataType::Int32, &values.shape, bytes);
        let zeros = raw_tensor(DataType::Int32, &[scales.len()], vec![0; 4 * scales.len()]);
        Some(self.dequantized(bias, stored, &scales, zeros, 0))
    }

    fn dequantized(
        &mut self,
        like: &str,
        stored: tract_onnx::pb::TensorProto,
        scales: &[f32],
        zeros: tract_onnx::pb::TensorProto,
        axis: usize,
    ) -> String {
        let stored = self.graph.add_constant(stored, &format!("{like}.q"));
        let scale = float_tensor(&[scales.len()], scales);
        let scale = self.graph.add_constant(scale, &format!("{like}.scale"));
        let zero = self.graph.add_constant(zeros, &format!("{like}.zero"));
        let name = self.graph.fresh(&format!("{like}.dq"));
        let made = node("DequantizeLinear", &[&stored, &scale, &zero], &name);
        self.graph.add_node(made.with_int("axis", axis as i64));
        name
    }
}

/// One scale per output channel: its largest weight becomes 127. A channel of zeros gets 1.
fn channel_scales(values: &Values<f32>, axis: usize) -> Vec<f32> {
    let mut largest = vec![0.0_f32; values.shape.get(axis).copied().unwrap_or(1)];
    for (channel, value) in channels(values, axis).zip(&values.data) {
        if let Some(most) = largest.get_mut(channel) {
            *most = most.max(value.abs());
        }
    }
    largest
        .iter()
        .map(|most| if *most > 0.0 { most / 127.0 } else { 1.0 })
        .collect()
}

/// The channel of each number in turn.
fn channels<T>(values: &Values<T>, axis: usize) -> impl Iterator<Item = usize> + use<T> {
    let inner: usize = values.shape.iter().skip(axis + 1).product();
    let count = values.shape.get(axis).copied().unwrap_or(1);
    (0..values.data.len()).map(move |index| index / inner.max(1) % count.max(1))
}
