//! Which layers of a graph can be quantized, and what each of them takes.

use std::collections::HashSet;

use tract_onnx::pb::NodeProto;

use crate::graph::{Graph, NodeExt};

/// A layer that multiplies, or a sum that takes what such a layer reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name of its output, which is unique.
    pub name: String,
    /// Its operator.
    pub op: String,
    /// Inputs that depend on the image: input number and value.
    pub activations: Vec<(usize, String)>,
    /// The weight: value and the axis of the output channels.
    pub weight: Option<(String, usize)>,
    /// The bias.
    pub bias: Option<String>,
}

/// All layers that can be quantized, in running order.
///
/// Everything that multiplies is, and residual sums as [`sums`] says; Resize stays float, because ONNX Runtime computes a
/// bilinear one wrongly between QuantizeLinear and DequantizeLinear (microsoft/onnxruntime 21319); Softmax, LayerNormalization,
/// GELU and other sums lose most and cost little. The product of a Softmax with the values stays float because tract 0.23
/// computes it wrongly in that form.
#[must_use]
pub fn layers(graph: &Graph) -> Vec<Layer> {
    let mut layers = products(graph);
    layers.extend(sums(graph, &layers));
    let place = |layer: &Layer| {
        let makes = |node: &NodeProto| node.output.first() == Some(&layer.name);
        graph.nodes().iter().position(makes)
    };
    layers.sort_by_cached_key(place);
    layers
}

/// Sums of a convolution's output and a map that some of `layers` read: the map, which is in 8 bits already, is added as it is
/// in 8 bits, and need not be kept as floats beside them. So it is in the inverted residuals of MobileNetV2 and EfficientNet;
/// a transformer normalises the map before a layer reads it, and adds it as floats.
fn sums(graph: &Graph, layers: &[Layer]) -> Vec<Layer> {
    let wiring = graph.wiring();
    let read: HashSet<&str> = layers
        .iter()
        .flat_map(|layer| layer.activations.iter().map(|(_, value)| value.as_str()))
        .collect();
    let convolutions: HashSet<&str> = layers
        .iter()
        .filter(|layer| layer.op == "Conv" && wiring.consumers(&layer.name) == 1)
        .map(|layer| layer.name.as_str())
        .collect();
    let sum = |node: &NodeProto| {
        let (a, b) = (node.input(0)?, node.input(1)?);
        let index = match (convolutions.contains(a), convolutions.contains(b)) {
            (true, false) if read.contains(b) => 1,
            (false, true) if read.contains(a) => 0,
            _ => return None,
        };
        Some(Layer {
            name: node.output.first()?.clone(),
            op: node.op_type.clone(),
            activations: vec![(index, node.input(index)?.to_owned())],
            weight: None,
            bias: None,
        })
    };
    let adds = graph.nodes().iter().filter(|node| node.op_type == "Add");
    adds.filter_map(sum).collect()
}

/// The layers that multiply.
fn products(graph: &Graph) -> Vec<Layer> {
    let wiring = graph.wiring();
    let from_softmax = |value: &str| {
        let maker = wiring
            .producer(value)
            .and_then(|index| graph.nodes().get(index));
        maker.is_some_and(|node| node.op_type == "Softmax")
    };
    let quantized: HashSet<&str> = graph
        .nodes()
        .iter()
        .filter(|node| node.op_type == "DequantizeLinear")
        .flat_map(|node| node.output.iter().map(String::as_str))
        .collect();
    graph
        .nodes()
        .iter()
        .filter(|node| ["Conv", "Gemm", "MatMul"].contains(&node.op_type.as_str()))
        .filter(|node| {
            !node
                .input
                .iter()
                .any(|input| quantized.contains(input.as_str()))
        })
        .filter(|node| !node.input.iter().any(|input| from_softmax(input)))
        .filter_map(|node| {
            let is_constant = |index: usize| {
                node.input(index)
                    .is_some_and(|v| graph.constant(v).is_some())
            };
            let axis = match node.op_type.as_str() {
                "Conv" => 0,
                "Gemm" => usize::from(node.int("transB").unwrap_or(0) == 0),
                _ => 1,
            };
            // Other forms are rare, and stay float: they are right, only slower.
            let unit = |name| node.float(name).unwrap_or(1.0) == 1.0;
            if node.op_type == "Gemm" && !(unit("alpha") && unit("beta")) {
                return None;
            }
            let weight = node.input(1).filter(|_| is_constant(1));
            let weight = match weight.map(|name| (name, graph.floats(name))) {
                Some((name, Some(values))) => {
                    let fits = node.op_type == "Conv" || values.shape.len() == 2;
                    Some((name.to_owned(), axis)).filter(|_| fits)
                }
                _ => None,
            };
            let activations: Vec<(usize, String)> = (0..2)
                .filter(|&index| !is_constant(index))
                .filter_map(|index| Some((index, node.input(index)?.to_owned())))
                .collect();
            // Each of the two factors must become 8 bits, or nothing is gained.
            if activations.len() + usize::from(weight.is_some()) != 2 || activations.is_empty() {
                return None;
            }
            let bias = node
                .input(2)
                .filter(|name| weight.is_some() && graph.floats(name).is_some());
            Some(Layer {
                name: node.output.first()?.clone(),
                op: node.op_type.clone(),
                activations,
                weight,
                bias: bias.map(str::to_owned),
            })
        })
        .collect()
}
