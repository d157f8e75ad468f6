use proptest::prelude::*;
use scarp_int8::{Isa, Linear};

use crate::reference::{Random, random_layers, rounds_to};

proptest! {
    #[test]
    fn outputs_are_weights_times_dequantized_inputs(
        rows in 1..20usize, inputs in 1..60usize, outputs in 1..60usize, factor in -2.0..2.0f32, relu: bool, seed: u64,
    ) {
        let mut random = Random::new(seed);
        let (input, output) = (random_layers::quantization(&mut random), random_layers::quantization(&mut random));
        let weights = random_layers::weights(&mut random, inputs, outputs);
        let floats = Linear::new(&weights, input);
        let bytes = floats.clone().quantized(factor, output);
        prop_assert_eq!((floats.inputs(), floats.outputs()), (inputs.next_multiple_of(4), outputs));
        let width = floats.inputs();
        let data = random.bytes(rows * width);
        let residual = random.floats(rows * outputs, -5.0, 5.0);
        let least = if relu { 0.0 } else { f32::NEG_INFINITY };
        for isa in Isa::available() {
            let mut out = vec![0; rows * outputs];
            let mut out_floats = vec![0.0; rows * outputs];
            bytes.bytes(isa, &data, &mut out);
            floats.floats(isa, &data, Some(&residual), least, &mut out_floats);
            for place in 0..rows * outputs {
                let (row, o) = (place / outputs, place % outputs);
                let worth = f64::from(input.scale) * f64::from(weights.scale[o]);
                let sum: i64 = (0..inputs).map(|i| {
                    (i64::from(data[row * width + i]) - i64::from(input.zero)) * i64::from(weights.values[o * inputs + i])
                }).sum();
                let value = sum as f64 * worth + f64::from(weights.bias[o]);
                let exact = value.max(f64::from(least)) + f64::from(residual[place]);
                let slack = 1e-6 * (10.0 + value.abs());
                prop_assert!((f64::from(out_floats[place]) - exact).abs() < slack);
                let exact = value * f64::from(factor) / f64::from(output.scale) + f64::from(output.zero);
                prop_assert!(rounds_to(out[place], exact, 1e-3));
            }
        }
    }
}
