//! Exact rewrites of a segmentation graph: the same function for less work.
//!
//! SegFormer's decoder is linear up to its first ReLU (in mmsegmentation's form: linear between two of them), and a map of the
//! channels of one pixel commutes with any interpolation between pixels. So each stage's projection, its slice of the fusion
//! convolution and the batch norm multiply into one matrix that is applied before upsampling. The rules say nothing about
//! SegFormer: they hold for every graph, and a graph to which none applies is left as it is.

mod channels;
mod constants;
mod fold;
mod parity;
mod push_down;

pub use self::{
    channels::ChannelMap,
    parity::{Parity, parity},
};
use crate::graph::{Facts, Graph, GraphError, facts, macs};

/// What was done to a graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Values that do not depend on the image and became constants.
    pub constants: usize,
    /// Batch norms multiplied into the layer before them.
    pub batch_norms: usize,
    /// 1x1 convolutions moved before an upsampling, or multiplied into the layer before them.
    pub convolutions: usize,
    /// Multiply-accumulates before and after, if all shapes are known.
    pub macs: Option<(u64, u64)>,
}

impl Summary {
    /// Whether no rule applied.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.constants + self.batch_norms + self.convolutions == 0
    }
}

/// Rewrites a graph for an input of `shape` (batch, channels, height, width).
///
/// # Errors
/// When tract does not understand the graph.
pub fn optimise(graph: &Graph, shape: &[usize; 4]) -> Result<(Graph, Summary), GraphError> {
    let before = facts(graph, shape)?;
    let mut changed = graph.clone();
    let mut summary = Summary {
        constants: constants::fold(&mut changed, &before),
        ..Summary::default()
    };
    let mut known = facts(&changed, shape)?;
    loop {
        let batch_norms = fold::batch_norms(&mut changed, &mut known);
        let convolutions = fold::convolutions(&mut changed, &mut known);
        summary.batch_norms += batch_norms;
        summary.convolutions += convolutions;
        if batch_norms + convolutions == 0 {
            break;
        }
        changed.eliminate_dead();
    }
    let after = facts(&changed, shape)?;
    summary.macs = macs(graph, &before).zip(macs(&changed, &after));
    if summary.is_unchanged() {
        changed = graph.clone();
    }
    if let Some(sides) = output_shape(&changed, &after) {
        changed.declare(shape, &sides);
    }
    Ok((changed, summary))
}

fn output_shape(graph: &Graph, facts: &Facts) -> Option<Vec<usize>> {
    facts.shape(graph.output()).map(<[usize]>::to_vec)
}
