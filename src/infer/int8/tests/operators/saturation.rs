//! Scales that no sensible model has still saturate, on every set of instructions.

use scarp_int8::{
    Activation, Depthwise, DepthwiseParts, Isa, Linear, Norm, Quantization, Weights, Window,
};

const HUGE: f32 = 1e12;

#[test]
fn products_beyond_32_bits_are_held_at_the_ends_of_the_range() {
    for outputs in [3, 64, 70] {
        let weights = Weights {
            inputs: 4,
            values: (0..4 * outputs)
                .map(|i| if i / 4 % 2 == 0 { 1 } else { -1 })
                .collect(),
            scale: vec![HUGE; outputs],
            bias: vec![0.0; outputs],
        };
        let one = Quantization {
            scale: 1.0,
            zero: 0,
        };
        let layer = Linear::new(&weights, one).quantized(1.0, one);
        for isa in Isa::available() {
            let mut out = vec![7; outputs];
            layer.bytes(isa, &[255; 4], &mut out);
            let expected: Vec<u8> = (0..outputs)
                .map(|n| if n % 2 == 0 { 255 } else { 0 })
                .collect();
            assert_eq!(out, expected, "{}", isa.name());
        }
    }
}

#[test]
fn norms_beyond_32_bits_are_held_at_the_ends_of_the_range() {
    let norm = Norm {
        gain: vec![HUGE; 32],
        shift: vec![0.0; 32],
        epsilon: 1e-6,
    };
    let rows: Vec<f32> = (0..32)
        .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    for isa in Isa::available() {
        let mut out = vec![7; 32];
        norm.quantized(1.0, 0).bytes(isa, &rows, &mut out);
        let expected: Vec<u8> = (0..32).map(|i| if i % 2 == 0 { 255 } else { 0 }).collect();
        assert_eq!(out, expected, "{}", isa.name());
    }
}

#[test]
fn activations_beyond_32_bits_are_held_at_the_end_of_the_range() {
    for activation in [Activation::Gelu, Activation::Clamp] {
        let layer = Depthwise::new(DepthwiseParts {
            window: Window::even(3, 1, 1),
            weights: vec![1; 9 * 64],
            scale: vec![HUGE; 64],
            bias: vec![0.0; 64],
            input_zero: 0,
            activation,
            output_scale: 1.0,
            output_zero: 0,
        });
        let row = [255_u8; 2 * 64];
        for isa in Isa::available() {
            let mut out = vec![7; 2 * 64];
            layer.row(isa, &[&row[..]; 3], &mut out);
            assert_eq!(out, [255; 2 * 64], "{}, {activation:?}", isa.name());
        }
    }
}
