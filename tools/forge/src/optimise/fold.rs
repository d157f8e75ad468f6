//! Which linear maps move towards the image, where there are fewer pixels, and into the layers they meet.

use nalgebra::{DMatrix, DVector};
use tract_onnx::pb::NodeProto;

use super::{
    channels::{ChannelMap, Matrix, batch_norm, vector},
    push_down::{CHANNELS, PushDown, is_upsampling, maker},
};
use crate::graph::{Facts, Graph, NodeExt, Wiring};

/// Multiplies batch norms into what comes before them, where that can take them. Returns how many.
pub(super) fn batch_norms(graph: &mut Graph, facts: &mut Facts) -> usize {
    move_all(graph, facts, |_, graph, _, node| {
        (node.op_type == "BatchNormalization")
            .then(|| batch_norm(graph, node))
            .flatten()
    })
}

/// Moves 1x1 convolutions before an upsampling. Returns how many.
pub(super) fn convolutions(graph: &mut Graph, facts: &mut Facts) -> usize {
    move_all(graph, facts, |wiring, graph, facts, node| {
        let map = (node.op_type == "Conv")
            .then(|| pointwise(graph, node))
            .flatten()?;
        let source = maker(graph, wiring, node.input(0)?)?;
        let gains = match source.op_type.as_str() {
            "Concat" => source.input.iter().any(|input| {
                maker(graph, wiring, input).is_some_and(|maker| is_upsampling(facts, maker))
            }),
            _ => is_upsampling(facts, source),
        };
        gains.then_some(map)
    })
}

/// Moves the map of every node for which `map_of` gives one.
fn move_all(
    graph: &mut Graph,
    facts: &mut Facts,
    map_of: impl Fn(&Wiring, &Graph, &Facts, &NodeProto) -> Option<ChannelMap>,
) -> usize {
    let mut moved = 0;
    for name in graph
        .nodes()
        .iter()
        .map(|node| node.output.clone())
        .collect::<Vec<_>>()
    {
        let Some(output) = name.first() else { continue };
        let wiring = graph.wiring();
        let Some(node) = maker(graph, &wiring, output) else {
            continue;
        };
        let (Some(map), Some(input)) = (map_of(&wiring, graph, facts, node), node.input(0)) else {
            continue;
        };
        let input = input.to_owned();
        let mut mover = PushDown {
            graph,
            facts,
            wiring,
        };
        if let Some(moved_output) = mover.push(&input, CHANNELS, &map) {
            graph.replace(output, &moved_output);
            moved += 1;
        }
        // Also after an attempt that led nowhere: what it added would count as taking values.
        graph.eliminate_dead();
    }
    moved
}

/// A 1x1 convolution as a map of channels.
fn pointwise(graph: &Graph, conv: &NodeProto) -> Option<ChannelMap> {
    let weight = graph.floats(conv.input(1)?)?;
    let &[outputs, inputs, 1, 1] = weight.shape.as_slice() else {
        return None;
    };
    let all = |name, value| {
        conv.ints(name)
            .is_none_or(|v| v.iter().all(|v| *v == value))
    };
    if conv.int("group").unwrap_or(1) != 1 || !all("strides", 1) || !all("pads", 0) {
        return None;
    }
    let data = weight.data.iter().map(|&w| f64::from(w));
    Some(ChannelMap {
        matrix: Matrix::Full(DMatrix::from_row_iterator(outputs, inputs, data)),
        bias: match conv.input(2) {
            Some(bias) => vector(&graph.floats(bias)?.data),
            None => DVector::zeros(outputs),
        },
    })
}
