//! Recognises a quantized SegFormer, with its own encoder or EfficientNet-Lite, in tract's typed graph and builds the fused operators that compute the same.
//!
//! Three steps: [`symbolic_evaluation`] follows the graph and says what each tensor means ([`ir`]), freed of its layout ([`axis_layout`]);
//! [`assemble`] groups the values into operators; [`integer_weights`] finds the integers again that the typed graph holds as
//! numbers.
//! Every check is exact: a graph that is not understood to the last tensor is left to tract.

mod arithmetic;
mod assemble;
mod axis_layout;
mod convolution;
mod integer_weights;
mod ir;
mod products;
mod symbolic_evaluation;

use scarp_int8::Network;
use thiserror::Error;
use tract_onnx::prelude::*;

use symbolic_evaluation::{Meaning, Trace, trace};

/// Why a graph is left to tract: the node that stands in the way, and what is the matter with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{node} {reason}")]
pub struct Unfused {
    /// Name of the node.
    pub node: String,
    /// What is the matter with it.
    pub reason: String,
}

/// The fused form of `graph`, a typed graph with one input of fixed size that was not optimised yet. The graph is given up:
/// its weights as floats are four times the size of the bytes that they become.
///
/// # Errors
/// When a part of the graph is not recognised.
pub fn lower(graph: TypedModel) -> Result<Network, Unfused> {
    let whole = |reason: String| Unfused {
        node: "the graph".to_owned(),
        reason,
    };
    let Trace {
        values,
        meanings,
        unknown,
    } = trace(&graph).map_err(|error| whole(format!("cannot be followed: {error}")))?;
    let output = graph
        .output_outlets()
        .ok()
        .and_then(|outputs| match outputs {
            [output] if output.slot == 0 => meanings.get(output.node).cloned(),
            _ => None,
        });
    drop((graph, meanings));
    let Some(Meaning::SymbolicTensor(seen)) = output else {
        return Err(Unfused {
            node: unknown.unwrap_or_else(|| "the graph".to_owned()),
            reason: "is not recognised".to_owned(),
        });
    };
    let shape = values.shape(seen.id);
    if !seen.view.is_planes(shape.size, shape.channels) {
        return Err(whole("gives its answer in an unknown layout".to_owned()));
    }
    assemble::assemble(&values, seen.id)
}
