//! Every operator against a plain reference, with every set of instructions that this processor has.

mod attention;
mod convolution;
mod decoder;
mod depthwise;
mod feed_forward;
mod input_quantize;
mod inverted_residual;
mod isa_detection;
mod linear;
mod matmul;
mod network;
mod norm;
#[path = "../reference/mod.rs"]
mod reference;
mod saturation;
mod softmax;
mod upsample;
