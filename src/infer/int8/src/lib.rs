//! The int8 operators of SegFormer and EfficientNet-Lite, fused: activations are bytes, channels last, and nothing wider than a few rows is ever
//! written between two products.
//!
//! The crate knows nothing of ONNX or tract; `scarp_infer` recognises a network and builds a [`Network`] of it. Each operator
//! is plain Rust that the compiler vectorises for the processor at hand, but for the products, the norms, the depthwise
//! convolution and softmax, which have kernels of their own. `unsafe` stands in the kernels, in [`ThreadPool`] and nowhere else.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod attention;
mod bands;
mod convolution;
mod decoder;
mod depthwise;
mod feed_forward;
mod gelu;
mod im2col;
mod input;
mod inverted_residual;
mod isa;
mod lerp_tap;
mod linear;
pub mod matmul;
mod memory;
mod network;
mod norm;
mod operator;
mod plan;
mod round;
mod session;
mod size;
mod softmax;
mod thread_pool;
mod upsample;
mod vectorise;

pub use attention::{Attention, Columns};
pub use convolution::{Convolution, Epilogue};
pub use decoder::{Branch, Decoder, MAPS};
pub use depthwise::{Activation, Depthwise, DepthwiseParts};
pub use feed_forward::FeedForward;
pub use input::{IMAGE_CHANNELS, InputQuantize, Pixels};
pub use inverted_residual::InvertedResidual;
pub use isa::Isa;
pub use lerp_tap::LerpTap;
pub use linear::{Linear, Quantization, Weights};
pub use network::{Builder, Network, StepInfo};
pub use norm::Norm;
pub use operator::{Operator, Source, TensorId};
pub use session::{Input, Session, WrongInput};
pub use size::{Size, Window};
pub use softmax::Softmax;
pub use thread_pool::ThreadPool;
pub use upsample::Upsample;
