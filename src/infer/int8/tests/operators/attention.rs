use proptest::prelude::*;
use scarp_int8::{Attention, Columns, Isa, Linear, Quantization, Softmax, ThreadPool, Weights};

use crate::reference::{Memory, Random, random_layers};

#[derive(Debug, Clone, Copy)]
struct Sizes {
    heads: usize,
    /// Channels of a head.
    width: usize,
    pixels: usize,
    keys: usize,
}

fn sizes() -> impl Strategy<Value = Sizes> {
    (
        1..4usize,
        prop_oneof![Just(8), 1..10usize],
        1..60usize,
        prop_oneof![1..140usize, Just(64)],
    )
        .prop_map(|(heads, fours, pixels, keys)| Sizes {
            heads,
            width: 4 * fours,
            pixels,
            keys,
        })
}

#[derive(Debug)]
struct Case {
    sizes: Sizes,
    layer: Attention,
    project: Weights,
    x: Vec<f32>,
    normed: Vec<u8>,
    /// Keys and values lie in one map, as one projection gives them, with something before and between them.
    map: Vec<f32>,
    stride: usize,
    first: [usize; 2],
}

impl Case {
    fn new(random: &mut Random, sizes: Sizes) -> Self {
        let Sizes {
            heads,
            width,
            pixels,
            keys,
        } = sizes;
        let channels = heads * width;
        let inputs = 4 * (1 + random.below(5));
        let normed = random_layers::quantization(random);
        let [mut queries, key_step, attended] =
            [(); 3].map(|()| random_layers::quantization(random));
        // From softmax that is nearly even to softmax that picks one key.
        queries.scale *= random.within(0.02, 0.5);
        let factor = random.within(0.1, 0.5);
        // Each output is one channel, scaled: a row of many terms would hide what went wrong in one of them.
        let project = Weights {
            inputs: channels,
            values: (0..channels * channels)
                .map(|i| if i / channels == i % channels { 100 } else { 0 })
                .collect(),
            scale: random.floats(channels, -0.02, 0.02),
            bias: random.floats(channels, -1.0, 1.0),
        };
        let (between, before) = (random.below(5), random.below(5));
        let stride = before + 2 * channels + between;
        let mut map = random.floats(keys * stride, -2.0, 2.0);
        for row in map.chunks_mut(stride) {
            // Keys lie near the middle of a step, so that float and double round them alike.
            for key in &mut row[before..][..channels] {
                let byte = f32::from(random.next() as u8) + random.within(-0.3, 0.3);
                *key = (byte - f32::from(key_step.zero)) * key_step.scale / factor;
            }
        }
        let scale = f64::from(queries.scale) * f64::from(key_step.scale);
        Self {
            sizes,
            layer: Attention {
                query: random_layers::linear(random, inputs, channels, normed)
                    .quantized(1.0, queries),
                project: Linear::new(&project, attended),
                softmax: Softmax::new(scale).expect("a positive scale"),
                heads,
                queries,
                keys: key_step,
                key_factor: factor,
                attended,
                count: keys,
                pixels,
            },
            project,
            x: random.floats(pixels * channels, -2.0, 2.0),
            normed: random.bytes(pixels * inputs),
            map,
            stride,
            first: [before, before + channels + between],
        }
    }

    fn channels(&self) -> usize {
        self.sizes.heads * self.sizes.width
    }

    fn run(&self, isa: Isa, threads: usize) -> Vec<f32> {
        let mut pool = ThreadPool::new(threads);
        let mut context = Memory::new(self.layer.context_bytes());
        let [keys, values] = self.first.map(|first| Columns {
            data: &self.map,
            stride: self.stride,
            first,
        });
        self.layer
            .pack(isa, &mut pool, keys, values, context.bytes());
        let mut scratch = Memory::new(self.layer.scratch() * threads);
        let mut out = vec![f32::NAN; self.x.len()];
        let from = (&*self.x, &*self.normed, &*context.bytes());
        self.layer
            .run(isa, &mut pool, from, scratch.bytes(), &mut out);
        out
    }

    /// What a query attends to in each channel of its head, and how far integer weights and values may be off.
    fn attended(&self, query: &[u8], head: usize) -> Vec<(f64, f64)> {
        let Sizes { width, keys, .. } = self.sizes;
        let at = |first: usize, key: usize, channel: usize| {
            f64::from(self.map[key * self.stride + first + head * width + channel])
        };
        let queries = query[head * width..][..width]
            .iter()
            .map(|&byte| worth(byte, self.layer.queries));
        let queries: Vec<f64> = queries.collect();
        let scores = (0..keys).map(|key| {
            let key = (0..width).map(|channel| {
                let (step, zero) = (
                    f64::from(self.layer.keys.scale),
                    f64::from(self.layer.keys.zero),
                );
                let value = at(self.first[0], key, channel) * f64::from(self.layer.key_factor)
                    / step
                    + zero;
                (value.round().clamp(0.0, 255.0) - zero) * step
            });
            queries.iter().zip(key).map(|(q, k)| q * k).sum::<f64>()
        });
        let scores: Vec<f64> = scores.collect();
        let greatest = scores.iter().copied().fold(f64::MIN, f64::max);
        // In units of the integer weights, the greatest of which is 255. `doubt` is how far an integer weight is off: by the
        // precision of its exponential and by rounding; what rounds to zero is off by all of it.
        let weights: Vec<(f64, f64)> = scores
            .iter()
            .map(|score| {
                let weight = 255.0 * (score - greatest).exp();
                (weight, 0.001 * weight + weight.min(0.5))
            })
            .collect();
        let sum: f64 = weights.iter().map(|(weight, _)| weight).sum();
        let least_sum = (sum - weights.iter().map(|(_, doubt)| doubt).sum::<f64>()).max(255.0);
        (0..width)
            .map(|channel| {
                let values: Vec<f64> = (0..keys)
                    .map(|key| at(self.first[1], key, channel))
                    .collect();
                let mean = weights
                    .iter()
                    .zip(&values)
                    .map(|((weight, _), value)| weight * value)
                    .sum::<f64>()
                    / sum;
                // A weight that is off moves the mean by its share of the value's distance from the mean.
                let moved = weights
                    .iter()
                    .zip(&values)
                    .map(|((_, doubt), value)| doubt * (value - mean).abs());
                let greatest = values
                    .iter()
                    .fold(0.0_f64, |greatest, value| greatest.max(value.abs()));
                // Values are rounded to 127 steps.
                (
                    mean,
                    moved.sum::<f64>() / least_sum + 0.51 * greatest / 127.0,
                )
            })
            .collect()
    }
}

fn worth(byte: u8, quantization: Quantization) -> f64 {
    (f64::from(byte) - f64::from(quantization.zero)) * f64::from(quantization.scale)
}

proptest! {
    #[test]
    fn queries_attend_as_softmax_in_floats_says(sizes in sizes(), seed: u64) {
        let case = Case::new(&mut Random::new(seed), sizes);
        let channels = case.channels();
        // The queries' projection is held against its definition elsewhere.
        let mut queries = vec![0; sizes.pixels * channels];
        case.layer.query.bytes(Isa::best(), &case.normed, &mut queries);
        let out = case.run(Isa::best(), 1);
        let step = f64::from(case.layer.attended.scale);
        let (least, greatest) = (worth(0, case.layer.attended), worth(255, case.layer.attended));
        for (pixel, query) in queries.chunks(channels).enumerate() {
            for head in 0..sizes.heads {
                for (i, (attended, doubt)) in case.attended(query, head).into_iter().enumerate() {
                    let channel = head * sizes.width + i;
                    let weight = 100.0 * f64::from(case.project.scale[channel]);
                    let more = f64::from(case.project.bias[channel]) + f64::from(case.x[pixel * channels + channel]);
                    let exact = attended.clamp(least, greatest) * weight + more;
                    // What is attended is rounded once more, to its own bytes.
                    let slack = (doubt + 0.51 * step) * weight.abs() + 1e-5;
                    let found = f64::from(out[pixel * channels + channel]);
                    prop_assert!(
                        (found - exact).abs() <= slack,
                        "pixel {pixel}, channel {channel}: {found} for {exact}, off by more than {slack}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_set_and_any_number_of_threads_give_the_same(sizes in sizes(), threads in 2..5usize, seed: u64) {
        let case = Case::new(&mut Random::new(seed), sizes);
        let exact = case.run(Isa::best(), 1);
        for isa in Isa::available() {
            prop_assert!(case.run(isa, 1) == exact, "{} and {}", isa.name(), Isa::best().name());
        }
        prop_assert!(case.run(Isa::best(), threads) == exact, "{} threads", threads);
    }
}

#[test]
fn values_of_nothing_but_zero_give_zero() {
    let sizes = Sizes {
        heads: 2,
        width: 8,
        pixels: 3,
        keys: 5,
    };
    let mut case = Case::new(&mut Random::new(1), sizes);
    case.map.fill(0.0);
    for isa in Isa::available() {
        let out = case.run(isa, 1);
        for (i, (found, x)) in out.iter().zip(&case.x).enumerate() {
            assert_eq!(*found, case.project.bias[i % case.channels()] + x);
        }
    }
}
