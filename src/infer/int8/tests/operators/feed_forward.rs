use proptest::prelude::*;
use scarp_int8::{Activation, FeedForward, Isa, Size, ThreadPool, Window};

use crate::reference::{Memory, Random, random_layers};

/// A layer for maps of `channels`, expanded `factor` times.
fn layer(random: &mut Random, size: Size, channels: usize, factor: usize) -> FeedForward {
    let hidden = channels * factor;
    let quantizations: Vec<_> = (0..3)
        .map(|_| random_layers::quantization(random))
        .collect();
    let mut parts = random_layers::depthwise_parts(
        random,
        hidden,
        quantizations[1],
        Window::even(3, 1, 1),
        Activation::Gelu,
    );
    (parts.output_scale, parts.output_zero) = (quantizations[2].scale, quantizations[2].zero);
    FeedForward {
        norm: random_layers::norm(random, channels)
            .quantized(quantizations[0].scale, quantizations[0].zero),
        expand: random_layers::linear(random, channels, hidden, quantizations[0])
            .quantized(1.0, quantizations[1]),
        depthwise: scarp_int8::Depthwise::new(parts),
        contract: random_layers::linear(random, hidden, channels, quantizations[2]),
        size,
    }
}

fn run(layer: &FeedForward, isa: Isa, threads: usize, x: &[f32]) -> Vec<f32> {
    let mut scratch = Memory::new(layer.scratch() * threads);
    let mut out = vec![f32::NAN; x.len()];
    layer.run(
        isa,
        &mut ThreadPool::new(threads),
        x,
        scratch.bytes(),
        &mut out,
    );
    out
}

/// One operator after the other over the whole map.
fn one_by_one(layer: &FeedForward, isa: Isa, x: &[f32]) -> Vec<f32> {
    let Size { height, width } = layer.size;
    let line = width * layer.depthwise.channels();
    let mut normed = vec![0; x.len()];
    layer.norm.bytes(isa, x, &mut normed);
    // A row of zero points above and one below.
    let mut expanded = vec![layer.depthwise.input_zero(); (height + 2) * line];
    layer
        .expand
        .bytes(isa, &normed, &mut expanded[line..(height + 1) * line]);
    let mut activated = vec![0; height * line];
    for (y, activated) in activated.chunks_mut(line).enumerate() {
        let row = |y: usize| &expanded[y * line..][..line];
        layer
            .depthwise
            .row(isa, &[row(y), row(y + 1), row(y + 2)], activated);
    }
    let mut out = vec![0.0; x.len()];
    layer
        .contract
        .floats(isa, &activated, Some(x), f32::NEG_INFINITY, &mut out);
    out
}

proptest! {
    #[test]
    fn the_fused_layer_gives_what_its_operators_give_one_by_one(
        height in 1..40usize,
        width in prop_oneof![1..20usize, 90..100usize],
        (channels, factor) in prop_oneof![
            ((1..6usize).prop_map(|fours| 4 * fours), 1..9usize),
            (Just(16_usize), prop_oneof![Just(4_usize), Just(8_usize)]),
        ],
        threads in 1..5usize,
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let layer = layer(&mut random, Size { height, width }, channels, factor);
        let x = random.floats(height * width * channels, -2.0, 2.0);
        for isa in Isa::available() {
            let exact = one_by_one(&layer, isa, &x);
            prop_assert!(run(&layer, isa, threads, &x) == exact, "{}", isa.name());
        }
    }

    #[test]
    fn every_set_gives_the_same(
        height in 1..12usize,
        width in 1..12usize,
        factor in prop_oneof![Just(4_usize), Just(8_usize)],
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let layer = layer(&mut random, Size { height, width }, 32, factor);
        let x = random.floats(height * width * 32, -2.0, 2.0);
        let exact = run(&layer, Isa::best(), 1, &x);
        for isa in Isa::available() {
            prop_assert!(run(&layer, isa, 1, &x) == exact, "{} and {}", isa.name(), Isa::best().name());
        }
    }
}
