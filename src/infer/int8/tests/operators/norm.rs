use proptest::prelude::*;
use scarp_int8::Isa;

use crate::reference::{Random, normalised, random_layers, rounds_to};

/// Rows of different level and spread; one of them constant.
fn rows(random: &mut Random, count: usize, width: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(count * width);
    for _ in 0..count {
        let level = random.within(-3.0, 3.0);
        let spread = [0.0, 0.5, 1.0, 8.0][random.below(4)];
        rows.extend((0..width).map(|_| level + random.within(-spread, spread)));
    }
    rows
}

/// Any width, and those in whole vectors.
fn widths() -> impl Strategy<Value = usize> {
    prop_oneof![1..200usize, (1..13usize).prop_map(|vectors| 16 * vectors)]
}

proptest! {
    #[test]
    fn floats_are_normalised_row_by_row_and_the_same_with_every_set(
        width in widths(), count in 0..40usize, seed: u64,
    ) {
        let mut random = Random::new(seed);
        let norm = random_layers::norm(&mut random, width);
        let input = rows(&mut random, count, width);
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let mut out = vec![0.0; input.len()];
            norm.floats(isa, &input, &mut out);
            out
        }).collect();
        for (row, out) in input.chunks(width).zip(outs[0].chunks(width)) {
            for (found, exact) in out.iter().zip(normalised(row, &norm.gain, &norm.shift, norm.epsilon)) {
                // The level, at most 3, is rounded relative to deviations down to that of epsilon, 0.003.
                prop_assert!((f64::from(*found) - exact).abs() < 1e-3, "{found} for {exact}");
            }
        }
        for out in &outs {
            prop_assert_eq!(out, &outs[0]);
        }
    }

    #[test]
    fn bytes_are_the_nearest_to_the_normalised_rows_and_the_same_with_every_set(
        width in widths(), count in 0..40usize, scale in 0.005..0.05f32, zero: u8, seed: u64,
    ) {
        let mut random = Random::new(seed);
        let norm = random_layers::norm(&mut random, width);
        let quantized = norm.quantized(scale, zero);
        let input = rows(&mut random, count, width);
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let mut out = vec![0; input.len()];
            quantized.bytes(isa, &input, &mut out);
            out
        }).collect();
        for (row, out) in input.chunks(width).zip(outs[0].chunks(width)) {
            for (found, exact) in out.iter().zip(normalised(row, &norm.gain, &norm.shift, norm.epsilon)) {
                let exact = exact / f64::from(scale) + f64::from(zero);
                prop_assert!(rounds_to(*found, exact, 1e-3 / f64::from(scale)), "{found} for {exact}");
            }
        }
        for out in &outs {
            prop_assert_eq!(out, &outs[0]);
        }
    }
}
