use proptest::prelude::*;
use scarp_int8::{Activation, Depthwise, DepthwiseParts, Isa};

use crate::reference::{Random, gelu, random_layers, rounds_to};

/// The convolution by its definition: the number that the byte of pixel `x` and `channel` is rounded from.
fn exact(parts: &DepthwiseParts, rows: &[&[u8]], x: usize, channel: usize) -> f64 {
    let (channels, window) = (parts.bias.len(), parts.window);
    let mut sum = 0;
    for (row, values) in rows.iter().enumerate() {
        for column in 0..window.side {
            // Beyond the ends of the row there is nothing.
            let place = (x * window.step + column).checked_sub(window.before);
            if let Some(x) = place.filter(|x| (x + 1) * channels <= values.len()) {
                let value = i32::from(values[x * channels + channel]) - i32::from(parts.input_zero);
                let tap = window.side * row + column;
                sum += value * i32::from(parts.weights[tap * channels + channel]);
            }
        }
    }
    let inner = f64::from(sum) * f64::from(parts.scale[channel]) + f64::from(parts.bias[channel]);
    let active = match parts.activation {
        Activation::Gelu => gelu(inner),
        Activation::Clamp => inner,
    };
    active / f64::from(parts.output_scale) + f64::from(parts.output_zero)
}

proptest! {
    #[test]
    fn a_row_is_the_nearest_to_the_activated_convolution_and_the_same_with_every_set(
        window in proptest::sample::select(&random_layers::DEPTHWISE[..]),
        channels in prop_oneof![1..=3usize, (1..=50usize).prop_map(|fours| 4 * fours), (1..=3usize).prop_map(|groups| 64 * groups)],
        width in 1..=20usize,
        activation in prop_oneof![Just(Activation::Clamp), Just(Activation::Gelu)],
        seed: u64,
    ) {
        prop_assume!(window.along(width).is_some());
        let pixels = window.along(width).unwrap_or_default();
        let mut random = Random::new(seed);
        let input = random_layers::quantization(&mut random);
        let parts = random_layers::depthwise_parts(&mut random, channels, input, window, activation);
        let layer = Depthwise::new(parts.clone());
        prop_assert_eq!((layer.channels(), layer.input_zero(), layer.window()), (channels, input.zero, window));
        let rows: Vec<Vec<u8>> = (0..window.side).map(|_| random.bytes(width * channels)).collect();
        let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let mut out = vec![0; pixels * channels];
            layer.row(isa, &rows, &mut out);
            (isa.name(), out)
        }).collect();
        // GELU may be off by 0.0002; sums of 32 bits are rounded to floats of 24.
        let slack = 0.000_2 / f64::from(parts.output_scale);
        for (place, &found) in outs[0].1.iter().enumerate() {
            let (x, channel) = (place / channels, place % channels);
            let exact = exact(&parts, &rows, x, channel);
            prop_assert!(rounds_to(found, exact, slack), "pixel {x}, channel {channel}: {found} for {exact}");
        }
        for (name, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", name, outs[0].0);
        }
    }
}

#[test]
#[should_panic(expected = "rows that do not fit")]
fn rows_of_another_number_than_the_window_is_high_are_refused() {
    let mut random = Random::new(1);
    let input = random_layers::quantization(&mut random);
    let window = random_layers::DEPTHWISE[1];
    let parts = random_layers::depthwise_parts(&mut random, 8, input, window, Activation::Clamp);
    let row = [0; 32];
    Depthwise::new(parts).row(Isa::best(), &[&row[..]; 3], &mut [0; 32]);
}
