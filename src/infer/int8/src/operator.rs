//! The operators of a network, and what is known of each without running it.

use std::sync::Arc;

use crate::{
    Attention, Convolution, Decoder, Epilogue, FeedForward, IMAGE_CHANNELS, InputQuantize,
    InvertedResidual, Linear, Norm, Upsample,
};

/// Number of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TensorId(pub(crate) usize);

/// An operator with the activations that it reads.
#[derive(Debug, Clone)]
pub enum Operator {
    /// The way in.
    InputQuantize(InputQuantize),
    /// Convolution of an activation.
    Convolution(Convolution, TensorId),
    /// A map of floats to normalised bytes, so many pixels of it.
    Norm(Norm, usize, TensorId),
    /// Packs the keys and values that the attention will read.
    Context(Arc<Attention>, [Source; 2]),
    /// Attention of a map of floats, given it normed and its context.
    Attention(Arc<Attention>, [TensorId; 3]),
    /// Feed-forward of a map of floats.
    FeedForward(FeedForward, TensorId),
    /// Expansion, depthwise convolution and projection of a map of bytes.
    InvertedResidual(InvertedResidual, TensorId),
    /// Logits of the finest map, then the coarser ones.
    Decoder(Decoder, TensorId, Vec<TensorId>),
    /// Logits brought to another size.
    Upsample(Upsample, TensorId),
}

/// Where the keys or the values of a context lie.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// A map of floats, one row for each key.
    pub map: TensorId,
    /// Elements of a row.
    pub stride: usize,
    /// The first that counts.
    pub first: usize,
}

/// An operator in a network's order, with the name of its output in the graph.
#[derive(Debug)]
pub(crate) struct Step {
    pub operator: Operator,
    pub output: TensorId,
    pub name: String,
}

impl Operator {
    /// What it reads.
    pub(crate) fn reads(&self) -> Vec<TensorId> {
        match self {
            Self::InputQuantize(_) => Vec::new(),
            Self::Convolution(_, x)
            | Self::Norm(_, _, x)
            | Self::FeedForward(_, x)
            | Self::InvertedResidual(_, x)
            | Self::Upsample(_, x) => {
                vec![*x]
            }
            Self::Context(_, from) => from.iter().map(|source| source.map).collect(),
            Self::Attention(_, from) => from.to_vec(),
            Self::Decoder(_, finest, coarse) => [&[*finest], coarse.as_slice()].concat(),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::InputQuantize(_) => "average and quantize",
            Self::Convolution(layer, _)
                if matches!(
                    layer.epilogue,
                    Epilogue::NormFloats(_) | Epilogue::NormBytes(_)
                ) =>
            {
                "convolution and norm"
            }
            Self::Convolution(layer, _) if layer.window.is_some() => "convolution",
            Self::Convolution(..) => "linear",
            Self::Norm(..) => "norm",
            Self::Context(..) => "pack keys and values",
            Self::Attention(..) => "attention",
            Self::FeedForward(..) => "feed-forward",
            Self::InvertedResidual(..) => "inverted residual",
            Self::Decoder(..) => "decoder",
            Self::Upsample(..) => "upsample",
        }
    }

    pub(crate) fn precision(&self) -> &'static str {
        match self {
            Self::InputQuantize(_) | Self::Norm(..) | Self::Context(..) => "f32 to u8",
            Self::Upsample(..) => "f32",
            Self::Convolution(..)
            | Self::Attention(..)
            | Self::FeedForward(..)
            | Self::InvertedResidual(..)
            | Self::Decoder(..) => "u8 x i8",
        }
    }

    /// Multiplications of its products.
    pub(crate) fn multiplications(&self) -> u64 {
        let linear = |layer: &Linear| layer.inputs() * layer.outputs();
        let count = match self {
            Self::InputQuantize(_) | Self::Norm(..) | Self::Context(..) | Self::Upsample(..) => 0,
            Self::Convolution(layer, _) => layer.output().area() * linear(&layer.linear),
            Self::Attention(layer, _) => {
                let products = 2 * layer.count * layer.query.outputs();
                layer.pixels * (linear(&layer.query) + linear(&layer.project) + products)
            }
            Self::FeedForward(layer, _) => {
                let taps = layer.depthwise.multiplications();
                layer.size.area() * (linear(&layer.expand) + linear(&layer.contract) + taps)
            }
            Self::InvertedResidual(layer, _) => layer.multiplications(),
            Self::Decoder(layer, ..) => layer.multiplications(),
        };
        count as u64
    }

    /// Bytes of the output.
    pub(crate) fn output_bytes(&self) -> usize {
        match self {
            Self::InputQuantize(layer) => layer.output_size().area() * IMAGE_CHANNELS,
            Self::Convolution(layer, _) => {
                let elements = layer.output().area() * layer.linear.outputs();
                if layer.gives_bytes() {
                    elements
                } else {
                    4 * elements
                }
            }
            Self::Norm(norm, pixels, _) => norm.gain.len() * pixels,
            Self::Context(layer, _) => layer.context_bytes(),
            Self::Attention(layer, _) => 4 * layer.pixels * layer.project.outputs(),
            Self::FeedForward(layer, _) => 4 * layer.size.area() * layer.contract.outputs(),
            Self::InvertedResidual(layer, _) => layer.output().area() * layer.project.outputs(),
            Self::Decoder(layer, ..) => 4 * layer.size().area() * layer.classes(),
            Self::Upsample(layer, _) => 4 * layer.to.area() * layer.channels,
        }
    }

    /// Bytes of scratch memory for each thread.
    pub(crate) fn scratch(&self) -> usize {
        match self {
            Self::Convolution(layer, _) => layer.scratch(),
            Self::Attention(layer, _) => layer.scratch(),
            Self::FeedForward(layer, _) => layer.scratch(),
            Self::InvertedResidual(layer, _) => layer.scratch(),
            Self::Decoder(layer, ..) => layer.scratch(),
            Self::InputQuantize(layer) => layer.scratch(),
            Self::Norm(..) | Self::Context(..) | Self::Upsample(..) => 0,
        }
    }
}
