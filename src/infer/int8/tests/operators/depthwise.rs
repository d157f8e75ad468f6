use proptest::prelude::*;
use scarp_int8::{Depthwise, Isa};

use crate::reference::{Random, gelu, random_layers, rounds_to};

proptest! {
    #[test]
    fn a_row_is_the_nearest_to_gelu_of_the_convolution_and_the_same_with_every_set(
        channels in prop_oneof![(1..=50usize).prop_map(|fours| 4 * fours), (1..=3usize).prop_map(|groups| 64 * groups)],
        pixels in 1..=20usize,
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let input = random_layers::quantization(&mut random);
        let parts = random_layers::depthwise_parts(&mut random, channels, input);
        let layer = Depthwise::new(parts.clone());
        prop_assert_eq!((layer.channels(), layer.input_zero()), (channels, input.zero));
        let rows = [(); 3].map(|()| random.bytes(pixels * channels));
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let mut out = vec![0; pixels * channels];
            layer.row(isa, [&rows[0], &rows[1], &rows[2]], &mut out);
            (isa.name(), out)
        }).collect();
        for (place, &found) in outs[0].1.iter().enumerate() {
            let (x, channel) = (place / channels, place % channels);
            let mut sum = 0;
            for (row, values) in rows.iter().enumerate() {
                for column in 0..3 {
                    // Beyond the ends of the row there is nothing.
                    if let Some(x) = (x + column).checked_sub(1).filter(|&x| x < pixels) {
                        let value = i32::from(values[x * channels + channel]) - i32::from(input.zero);
                        sum += value * i32::from(parts.weights[(3 * row + column) * channels + channel]);
                    }
                }
            }
            let gain = 1.0 / f64::from(parts.output_scale);
            let inner = f64::from(sum) * f64::from(parts.scale[channel]) + f64::from(parts.bias[channel]);
            let exact = gelu(inner) * gain + f64::from(parts.output_zero);
            // GELU may be off by 0.0002.
            prop_assert!(rounds_to(found, exact, 0.000_2 * gain), "pixel {x}, channel {channel}: {found} for {exact}");
        }
        for (name, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", name, outs[0].0);
        }
    }
}
