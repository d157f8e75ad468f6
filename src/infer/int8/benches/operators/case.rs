//! What is timed, and what it is fed with.

use scarp_int8::{
    Activation, Depthwise, DepthwiseParts, Linear, Norm, Quantization, Size, Weights, Window,
};

pub const BYTES: Quantization = Quantization {
    scale: 0.02,
    zero: 128,
};

/// What an operator is held against.
pub enum Work {
    /// Multiplications.
    Products(usize),
    /// Bytes read and written.
    Moved(usize),
}

pub struct Case {
    pub name: String,
    pub work: Work,
    pub run: Box<dyn FnMut()>,
    pub times: Vec<f64>,
}

pub fn square(side: usize) -> Size {
    Size {
        height: side,
        width: side,
    }
}

pub fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * 7919 % 251) as u8).collect()
}

pub fn floats(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| (i * 7919 % 251) as f32 * 0.02 - 2.5)
        .collect()
}

fn weights(inputs: usize, outputs: usize) -> Weights {
    Weights {
        inputs,
        values: (0..inputs * outputs)
            .map(|i| (i * 31 % 255) as u8 as i8)
            .collect(),
        scale: vec![0.001; outputs],
        bias: vec![0.1; outputs],
    }
}

pub fn linear(inputs: usize, outputs: usize) -> Linear {
    Linear::new(&weights(inputs, outputs), BYTES)
}

pub fn norm(channels: usize) -> Norm {
    Norm {
        gain: vec![1.1; channels],
        shift: vec![0.1; channels],
        epsilon: 1e-6,
    }
}

pub fn depthwise(channels: usize, window: Window, activation: Activation) -> Depthwise {
    Depthwise::new(DepthwiseParts {
        window,
        activation,
        weights: (0..window.side * window.side * channels)
            .map(|i| (i * 31 % 255) as u8 as i8)
            .collect(),
        scale: vec![0.0002; channels],
        bias: vec![0.1; channels],
        input_zero: 128,
        output_scale: 0.02,
        output_zero: 10,
    })
}

pub fn case(name: String, work: Work, run: impl FnMut() + 'static) -> Case {
    Case {
        name,
        work,
        run: Box::new(run),
        times: Vec::new(),
    }
}
