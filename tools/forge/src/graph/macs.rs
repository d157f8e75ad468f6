//! Multiply-accumulates of one run.

use super::{Facts, Graph, NodeExt};

/// Multiply-accumulates of all convolutions and matrix products for one input; `None` if a shape is not known.
#[must_use]
pub fn macs(graph: &Graph, facts: &Facts) -> Option<u64> {
    let size = |shape: &[usize]| shape.iter().map(|&side| side as u64).product::<u64>();
    graph
        .nodes()
        .iter()
        .map(|node| {
            let output = |index: usize| facts.shape(node.output.get(index)?);
            let input = |index: usize| facts.shape(node.input(index)?);
            match node.op_type.as_str() {
                // Each output value takes one product per weight of its filter.
                "Conv" => Some(size(output(0)?) * size(input(1)?.get(1..)?)),
                "ConvTranspose" => Some(size(input(0)?) * size(input(1)?.get(1..)?)),
                "MatMul" => Some(size(output(0)?) * *input(0)?.last()? as u64),
                "Gemm" => {
                    let inner = usize::from(node.int("transA").unwrap_or(0) == 0);
                    Some(size(output(0)?) * *input(0)?.get(inner)? as u64)
                }
                _ => Some(0),
            }
        })
        .sum()
}
