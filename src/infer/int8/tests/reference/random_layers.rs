//! Layers with made-up weights.

use scarp_int8::{Activation, DepthwiseParts, Linear, Norm, Quantization, Weights, Window};

use super::Random;

pub fn quantization(random: &mut Random) -> Quantization {
    Quantization {
        scale: random.within(0.01, 0.05),
        zero: random.next() as u8,
    }
}

/// Weights whose outputs are some units large for inputs of any size.
pub fn weights(random: &mut Random, inputs: usize, outputs: usize) -> Weights {
    let size = 1.0 / (64.0 * (inputs as f32).sqrt());
    Weights {
        inputs,
        values: random.weights(inputs * outputs),
        scale: random.floats(outputs, 0.3 * size, size),
        bias: random.floats(outputs, -1.0, 1.0),
    }
}

pub fn linear(random: &mut Random, inputs: usize, outputs: usize, input: Quantization) -> Linear {
    Linear::new(&weights(random, inputs, outputs), input)
}

/// A layer that gives every input on as it is.
pub fn identity(width: usize, input: Quantization) -> Linear {
    let values = (0..width * width)
        .map(|i| i8::from(i / width == i % width))
        .collect();
    let weights = Weights {
        inputs: width,
        values,
        scale: vec![1.0; width],
        bias: vec![0.0; width],
    };
    Linear::new(&weights, input)
}

pub fn norm(random: &mut Random, width: usize) -> Norm {
    Norm {
        gain: random.floats(width, -1.0, 1.0),
        shift: random.floats(width, -1.0, 1.0),
        epsilon: 1e-5,
    }
}

pub fn depthwise_parts(
    random: &mut Random,
    channels: usize,
    input: Quantization,
    window: Window,
    activation: Activation,
) -> DepthwiseParts {
    DepthwiseParts {
        window,
        activation,
        weights: random.weights(window.side * window.side * channels),
        scale: (0..channels)
            .map(|_| input.scale * random.within(0.001, 0.01))
            .collect(),
        bias: random.floats(channels, -1.0, 1.0),
        input_zero: input.zero,
        output_scale: random.within(0.01, 0.05),
        output_zero: random.next() as u8,
    }
}

/// Windows of depthwise convolutions: SegFormer's, and those of EfficientNet-Lite, whose border TensorFlow puts after the map
/// first; then one that no kernel takes.
pub const DEPTHWISE: [Window; 7] = [
    Window::even(3, 1, 1),
    Window::even(5, 1, 2),
    Window {
        side: 3,
        step: 2,
        before: 0,
        after: 1,
    },
    Window {
        side: 5,
        step: 2,
        before: 1,
        after: 2,
    },
    Window::even(3, 2, 1),
    Window::even(5, 2, 0),
    Window::even(3, 3, 1),
];
