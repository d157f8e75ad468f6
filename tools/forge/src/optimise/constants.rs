//! Static shapes: what does not depend on the image becomes a constant.

use tract_onnx::pb::NodeProto;

use crate::graph::{Constant, Facts, Graph, NodeExt, float_tensor, int_tensor};

/// Operators that stay although their inputs are constant: a weight that is stored in 8 bits must not become a float again.
const KEPT: [&str; 2] = ["DequantizeLinear", "QuantizeLinear"];
/// Operators that do nothing in a trained network.
const IDLE: [&str; 2] = ["Identity", "Dropout"];

/// Replaces values by constants where `facts` know them, and drops idle operators. Returns how many.
pub(super) fn fold(graph: &mut Graph, facts: &Facts) -> usize {
    let (mut count, mut gone) = (0, Vec::new());
    let mut renamed: Vec<(String, String)> = Vec::new();
    let mut constants = Vec::new();
    for (index, node) in graph.nodes().iter().enumerate() {
        let [output, ..] = node.output.as_slice() else {
            continue;
        };
        if IDLE.contains(&node.op_type.as_str()) || keeps_size(node, facts) {
            if let Some(input) = node.input(0) {
                // One idle operator may follow another.
                let first = renamed.iter().find(|(old, _)| old == input);
                let input = first.map_or(input, |(_, first)| first).to_owned();
                renamed.push((output.clone(), input));
            }
        } else if !KEPT.contains(&node.op_type.as_str())
            && node.output.len() == 1
            && output != graph.output()
            && let Some(constant) = facts.constant(output)
        {
            constants.push((output.clone(), constant.clone()));
            gone.push(index);
            // Exporters write plain constants as nodes too; those are no gain worth counting.
            count += usize::from(node.op_type != "Constant");
        }
    }
    let mut index = 0..;
    graph
        .nodes_mut()
        .retain(|_| index.next().is_none_or(|i| gone.binary_search(&i).is_err()));
    for (name, constant) in constants {
        let tensor = match constant {
            Constant::Ints(values) => int_tensor(&values.shape, &values.data),
            Constant::Floats(values) => float_tensor(&values.shape, &values.data),
        };
        // Nothing makes this name any more, so it is free.
        graph.add_constant(tensor, &name);
    }
    // Giving a value the output's name takes its own away, so that comes last.
    renamed.sort_by_key(|(old, _)| old == graph.output());
    for (old, new) in renamed {
        graph.replace(&old, &new);
        count += 1;
    }
    graph.eliminate_dead();
    count
}

/// Whether a node interpolates to the very pixels it is given.
fn keeps_size(node: &NodeProto, facts: &Facts) -> bool {
    let sides = |name: Option<&str>| name.and_then(|name| facts.shape(name));
    let (from, to) = (
        sides(node.input(0)),
        sides(node.output.first().map(String::as_str)),
    );
    node.op_type == "Resize"
        && node.text("coordinate_transformation_mode") != Some("tf_crop_and_resize")
        && from.is_some()
        && from == to
}
