use proptest::prelude::*;
use scarp_int8::{Isa, Softmax};

use crate::reference::Random;

fn portable() -> Isa {
    *Isa::available().last().expect("there is always one")
}

/// Scores near each other, far apart or anything between; some keys are absent, as attention marks them.
fn scores(random: &mut Random, count: usize, scale: f64) -> Vec<i32> {
    let spread = [0.1, 1.0, 5.0, 50.0][random.below(4)] / scale;
    let absent = random.below(3) == 0;
    let score = |random: &mut Random| f64::from(random.within(-1.0, 1.0)) * spread;
    (0..count)
        .map(|_| match random.below(10) {
            0 if absent => -(1 << 30),
            _ => score(random).clamp(-5e8, 5e8) as i32,
        })
        .collect()
}

proptest! {
    #[test]
    fn weights_are_rounded_exponentials(
        width in 1..200usize, rows in 1..6usize, fineness in 0.0..18f64, seed: u64,
    ) {
        let scale = (-fineness).exp();
        let softmax = Softmax::new(scale).unwrap();
        let mut random = Random::new(seed);
        let scores = scores(&mut random, rows * width, scale);
        let (mut weights, mut factors) = (vec![7; rows * width], vec![0.0; rows]);
        softmax.rows(portable(), width, &scores, &mut weights, &mut factors);
        for ((scores, weights), factor) in
            scores.chunks(width).zip(weights.chunks(width)).zip(factors)
        {
            let greatest = scores.iter().max().unwrap();
            prop_assert_eq!(weights.iter().max(), Some(&255));
            for (score, &weight) in scores.iter().zip(weights) {
                let exact = 255.0 * (-f64::from(greatest - score) * scale).exp();
                // The polynomial is off by 1 in 10,000, the powers that floats round hardly at all.
                let bound = 0.5 + exact * 1.2e-4;
                prop_assert!((f64::from(weight) - exact).abs() <= bound, "{weight} instead of {exact}");
            }
            let sum: u32 = weights.iter().copied().map(u32::from).sum();
            prop_assert_eq!(factor, 1.0 / sum as f32);
        }
    }

    #[test]
    fn every_set_gives_the_same_weights(
        width in prop_oneof![1..200usize, (1..30usize).prop_map(|lines| 16 * lines)],
        rows in 1..6usize, fineness in 0.0..18f64, seed: u64,
    ) {
        let scale = (-fineness).exp();
        let softmax = Softmax::new(scale).unwrap();
        let mut random = Random::new(seed);
        let scores = scores(&mut random, rows * width, scale);
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let (mut weights, mut factors) = (vec![7; rows * width], vec![0.0; rows]);
            softmax.rows(isa, width, &scores, &mut weights, &mut factors);
            (isa.name(), weights, factors)
        }).collect();
        let portable = outs.last().unwrap();
        for (name, weights, factors) in &outs {
            prop_assert_eq!(weights, &portable.1, "{}", name);
            prop_assert_eq!(factors, &portable.2, "{}", name);
        }
    }
}

#[test]
fn scores_worth_no_positive_number_are_refused() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        assert!(Softmax::new(scale).is_none(), "{scale}");
    }
    assert!(Softmax::new(1e-9).is_some());
}

#[test]
fn equal_scores_weigh_the_same() {
    let softmax = Softmax::new(0.001).unwrap();
    for isa in Isa::available() {
        let (mut weights, mut factors) = ([0; 128], [0.0]);
        softmax.rows(isa, 128, &[-77; 128], &mut weights, &mut factors);
        assert_eq!((weights, factors), ([255; 128], [1.0 / (128.0 * 255.0)]));
    }
}
