//! The int8 operators of SegFormer, fused: activations are bytes, channels last, and nothing wider than a few rows is ever
//! written between two products.
//!
//! The crate knows nothing of ONNX or tract; `scarp::infer` recognises a network and builds a [`Network`] of it. Each operator
//! is plain Rust that the compiler vectorises for the processor at hand, but for the products, the norms, the depthwise
//! convolution and softmax, which have kernels of their own. `unsafe` stands in the kernels, in [`Team`] and nowhere else.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod attention;
mod between;
mod convolution;
mod decoder;
mod depthwise;
mod feed_forward;
mod gather;
mod gelu;
mod input;
mod isa;
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
mod team;
mod upsample;
mod vectorise;

pub use attention::{Attention, Columns};
pub use between::Between;
pub use convolution::{Convolution, Finish};
pub use decoder::{Branch, Decoder, MAPS};
pub use depthwise::{Depthwise, DepthwiseParts};
pub use feed_forward::FeedForward;
pub use input::{Entry, IMAGE_CHANNELS, Pixels};
pub use isa::Isa;
pub use linear::{Linear, Quantization, Weights};
pub use network::{Builder, Network, StepInfo};
pub use norm::Norm;
pub use operator::{Activation, Operator, Source};
pub use session::{Input, Session, WrongInput};
pub use size::{Size, Window};
pub use softmax::Softmax;
pub use team::Team;
pub use upsample::Upsample;
