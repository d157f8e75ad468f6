use proptest::prelude::*;
use scarp_int8::{Branch, Decoder, Isa, Linear, Quantization, Size, ThreadPool, Weights};

use crate::reference::{Memory, Random, bilinear, random_layers, rounds_to};

#[derive(Debug)]
struct Case {
    fused: Quantization,
    /// From the fused map.
    classify: Linear,
    /// The finest first.
    maps: Vec<Map>,
}

/// A map and its way into the decoder.
#[derive(Debug)]
struct Map {
    size: Size,
    weights: Weights,
    input: Quantization,
    bytes: Vec<u8>,
}

impl Map {
    fn new(random: &mut Random, size: Size, width: usize) -> Self {
        let inputs = 4 * (1 + random.below(6));
        Self {
            size,
            weights: random_layers::weights(random, inputs, width),
            input: random_layers::quantization(random),
            bytes: random.bytes(size.area() * inputs),
        }
    }

    fn branch(&self) -> Branch {
        Branch {
            project: Linear::new(&self.weights, self.input),
            size: self.size,
        }
    }

    /// One element of the projected map.
    fn exact(&self, y: usize, x: usize, channel: usize) -> f64 {
        let inputs = self.weights.inputs;
        let row = &self.bytes[(y * self.size.width + x) * inputs..][..inputs];
        let products = row.iter().zip(&self.weights.values[channel * inputs..]);
        let zero = i64::from(self.input.zero);
        let sum: i64 = products
            .map(|(&value, &weight)| (i64::from(value) - zero) * i64::from(weight))
            .sum();
        let worth = f64::from(self.weights.scale[channel]) * f64::from(self.input.scale);
        sum as f64 * worth + f64::from(self.weights.bias[channel])
    }
}

impl Case {
    /// The classifier gives the fused map itself.
    fn new(random: &mut Random, sizes: &[Size], width: usize) -> Self {
        let fused = random_layers::quantization(random);
        let maps: Vec<Map> = sizes
            .iter()
            .map(|&size| Map::new(random, size, width))
            .collect();
        Self {
            fused,
            classify: random_layers::identity(width, fused),
            maps,
        }
    }

    fn decoder(&self) -> Decoder {
        let coarse = self.maps[1..].iter().map(Map::branch).collect();
        Decoder::new(
            self.maps[0].branch(),
            coarse,
            self.fused,
            self.classify.clone(),
        )
    }

    fn run(&self, isa: Isa, threads: usize) -> Vec<f32> {
        let decoder = self.decoder();
        let mut scratch = Memory::new(decoder.scratch() * threads);
        let mut out = vec![f32::NAN; decoder.size().area() * decoder.classes()];
        let coarse: Vec<&[u8]> = self.maps[1..].iter().map(|map| &*map.bytes).collect();
        decoder.run(
            isa,
            &mut ThreadPool::new(threads),
            &self.maps[0].bytes,
            &coarse,
            scratch.bytes(),
            &mut out,
        );
        out
    }

    /// The fused map before it is rounded, by its definition.
    fn exact(&self, y: usize, x: usize, channel: usize) -> f64 {
        let Size { height, width } = self.maps[0].size;
        let shares = self.maps.iter().map(|map| {
            let size = (map.size.height, map.size.width);
            bilinear((y, x), (height, width), size, |y, x| {
                map.exact(y, x, channel)
            })
        });
        shares.sum::<f64>().max(0.0) / f64::from(self.fused.scale) + f64::from(self.fused.zero)
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let coarse = prop::collection::vec((1..12usize, 1..12usize), 0..4);
    let finest = (1..20usize, 1..60usize);
    // A few channels or whole vectors of them.
    let fours = prop_oneof![1..40usize, (1..4usize).prop_map(|groups| 16 * groups)];
    (finest, coarse, fours, any::<u64>()).prop_map(|(finest, coarse, fours, seed)| {
        let sizes = std::iter::once(finest).chain(coarse);
        let sizes: Vec<Size> = sizes
            .map(|(height, width)| Size { height, width })
            .collect();
        Case::new(&mut Random::new(seed), &sizes, 4 * fours)
    })
}

proptest! {
    #[test]
    fn the_fused_map_is_the_nearest_to_the_sum_of_upsampled_maps(case in cases()) {
        let (fused, width) = (case.fused, case.classify.outputs());
        for isa in Isa::available() {
            let out = case.run(isa, 1);
            prop_assert_eq!(out.len(), case.maps[0].size.area() * width);
            for (place, logit) in out.iter().enumerate() {
                let (pixel, channel) = (place / width, place % width);
                let (y, x) = (pixel / case.maps[0].size.width, pixel % case.maps[0].size.width);
                let found = (logit / fused.scale + f32::from(fused.zero)).round() as u8;
                let exact = case.exact(y, x, channel);
                // Sums of a few units are rounded a few times.
                let slack = 1e-5 / f64::from(fused.scale);
                prop_assert!(rounds_to(found, exact, slack), "({y}, {x}), channel {channel}: {found} for {exact}");
            }
        }
    }

    #[test]
    fn logits_are_the_classifiers_of_the_fused_map(case in cases(), classes in 1..5usize, seed: u64) {
        let (fused, width) = (case.fused, case.classify.outputs());
        let classify = random_layers::linear(&mut Random::new(seed), width, classes, fused);
        let isa = Isa::best();
        let map: Vec<u8> =
            case.run(isa, 1).iter().map(|value| (value / fused.scale + f32::from(fused.zero)).round() as u8).collect();
        let mut exact = vec![0.0; case.maps[0].size.area() * classes];
        classify.floats(isa, &map, None, f32::NEG_INFINITY, &mut exact);
        let case = Case { classify, ..case };
        for isa in Isa::available() {
            prop_assert!(case.run(isa, 1) == exact, "{}", isa.name());
        }
    }

    #[test]
    fn every_set_and_any_number_of_threads_give_the_same(case in cases(), threads in 2..5usize) {
        let exact = case.run(Isa::best(), 1);
        for isa in Isa::available() {
            prop_assert!(case.run(isa, 1) == exact, "{} and {}", isa.name(), Isa::best().name());
            prop_assert!(case.run(isa, threads) == exact, "{} threads", threads);
        }
    }
}
