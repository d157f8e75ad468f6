use proptest::prelude::*;
use scarp_int8::{
    Convolution, Epilogue, Isa, Linear, Quantization, Size, ThreadPool, Weights, Window,
};

use crate::reference::{Memory, Random, random_layers, rounds_to};

/// Patch embeddings and spatial reductions of SegFormer, 1x1, the stem of EfficientNet-Lite with a border after the map only, and others that are none of them.
const WINDOWS: [Option<Window>; 9] = [
    None,
    Some(Window {
        side: 3,
        step: 2,
        before: 0,
        after: 1,
    }),
    Some(Window {
        side: 3,
        step: 1,
        before: 2,
        after: 0,
    }),
    Some(Window::even(7, 4, 3)),
    Some(Window::even(3, 2, 1)),
    Some(Window::even(8, 8, 0)),
    Some(Window::even(2, 2, 0)),
    Some(Window::even(3, 1, 2)),
    Some(Window::even(1, 1, 0)),
];

#[derive(Debug)]
struct Case {
    window: Option<Window>,
    size: Size,
    channels: usize,
    weights: Weights,
    input: Quantization,
    map: Vec<u8>,
}

impl Case {
    fn new(
        random: &mut Random,
        window: Option<Window>,
        size: Size,
        channels: usize,
        outputs: usize,
    ) -> Self {
        let side = window.map_or(1, |window| window.side);
        Self {
            window,
            size,
            channels,
            weights: random_layers::weights(random, side * side * channels, outputs),
            input: random_layers::quantization(random),
            map: random.bytes(size.area() * channels),
        }
    }

    fn layer(&self, linear: Linear, epilogue: Epilogue) -> Convolution {
        let Self {
            window,
            size,
            channels,
            ..
        } = *self;
        Convolution {
            linear,
            window,
            epilogue,
            size,
            channels,
            zero: self.input.zero,
        }
    }

    fn linear(&self) -> Linear {
        Linear::new(&self.weights, self.input)
    }

    /// The convolution by its definition, pixel by pixel.
    fn exact(&self) -> Vec<f64> {
        let window = self.window.unwrap_or(Window::even(1, 1, 0));
        let output = window
            .over(self.size)
            .expect("cases are made so that it fits");
        let mut exact = Vec::new();
        for place in 0..output.area() {
            let (y, x) = (
                place / output.width * window.step,
                place % output.width * window.step,
            );
            for (channel, scale) in self.weights.scale.iter().enumerate() {
                let weights =
                    &self.weights.values[channel * self.weights.inputs..][..self.weights.inputs];
                let mut sum = 0;
                for (i, &weight) in weights.iter().enumerate() {
                    let (tap, c) = (i / self.channels, i % self.channels);
                    let (y, x) = (y + tap / window.side, x + tap % window.side);
                    let inside = |at: usize, end: usize| {
                        at.checked_sub(window.before).filter(|&at| at < end)
                    };
                    if let (Some(y), Some(x)) =
                        (inside(y, self.size.height), inside(x, self.size.width))
                    {
                        let value =
                            i64::from(self.map[(y * self.size.width + x) * self.channels + c]);
                        sum += (value - i64::from(self.input.zero)) * i64::from(weight);
                    }
                }
                let worth = f64::from(*scale) * f64::from(self.input.scale);
                exact.push(sum as f64 * worth + f64::from(self.weights.bias[channel]));
            }
        }
        exact
    }
}

fn floats(layer: &Convolution, isa: Isa, threads: usize, map: &[u8]) -> Vec<f32> {
    let mut scratch = Memory::new(layer.scratch() * threads);
    let mut out = vec![f32::NAN; layer.output().area() * layer.linear.outputs()];
    layer.floats(
        isa,
        &mut ThreadPool::new(threads),
        map,
        scratch.bytes(),
        &mut out,
    );
    out
}

fn bytes(layer: &Convolution, isa: Isa, threads: usize, map: &[u8]) -> Vec<u8> {
    let mut scratch = Memory::new(layer.scratch() * threads);
    let mut out = vec![0; layer.output().area() * layer.linear.outputs()];
    layer.bytes(
        isa,
        &mut ThreadPool::new(threads),
        map,
        scratch.bytes(),
        &mut out,
    );
    out
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..25usize, 1..25usize, 1..=5usize, 1..40usize);
    (0..WINDOWS.len(), sizes, any::<u64>()).prop_filter_map(
        "the window does not fit",
        |(window, (height, width, fours, outputs), seed)| {
            let size = Size { height, width };
            if let Some(window) = WINDOWS[window] {
                window.over(size)?;
            }
            Some(Case::new(
                &mut Random::new(seed),
                WINDOWS[window],
                size,
                4 * fours,
                outputs,
            ))
        },
    )
}

proptest! {
    #[test]
    fn floats_are_the_convolution_by_its_definition(case in cases(), relu: bool) {
        let least = if relu { 0.0 } else { f32::NEG_INFINITY };
        let layer = case.layer(case.linear(), Epilogue::Floats { least });
        prop_assert!(!layer.gives_bytes());
        let exact = case.exact();
        for isa in Isa::available() {
            let found = floats(&layer, isa, 1, &case.map);
            prop_assert_eq!(found.len(), exact.len());
            for (place, (found, exact)) in found.iter().zip(&exact).enumerate() {
                let slack = 1e-6 * (10.0 + exact.abs());
                let exact = exact.max(f64::from(least));
                prop_assert!((f64::from(*found) - exact).abs() < slack, "element {place}: {found} for {exact}");
            }
        }
    }

    #[test]
    fn bytes_are_the_nearest_to_the_convolution(case in cases(), zero: u8) {
        let output = Quantization { scale: 0.03, zero };
        let layer = case.layer(case.linear().quantized(1.0, output), Epilogue::Bytes);
        prop_assert!(layer.gives_bytes());
        let exact = case.exact();
        for isa in Isa::available() {
            let found = bytes(&layer, isa, 1, &case.map);
            prop_assert_eq!(found.len(), exact.len());
            for (place, (found, exact)) in found.iter().zip(&exact).enumerate() {
                let exact = exact / 0.03 + f64::from(zero);
                prop_assert!(rounds_to(*found, exact, 1e-3), "element {place}: {found} for {exact}");
            }
        }
    }

    #[test]
    fn a_norm_follows_as_if_it_were_a_layer_of_its_own(case in cases(), seed: u64) {
        let linear = case.linear();
        let norm = random_layers::norm(&mut Random::new(seed), linear.outputs());
        let quantized = norm.quantized(0.02, 128);
        let plain = case.layer(linear.clone(), Epilogue::Floats { least: f32::NEG_INFINITY });
        for isa in Isa::available() {
            let sums = floats(&plain, isa, 1, &case.map);
            let (mut exact, mut exact_bytes) = (vec![0.0; sums.len()], vec![0; sums.len()]);
            norm.floats(isa, &sums, &mut exact);
            quantized.bytes(isa, &sums, &mut exact_bytes);
            let layer = case.layer(linear.clone(), Epilogue::NormFloats(norm.clone()));
            prop_assert!(!layer.gives_bytes());
            prop_assert_eq!(floats(&layer, isa, 1, &case.map), exact);
            let layer = case.layer(linear.clone(), Epilogue::NormBytes(quantized.clone()));
            prop_assert!(layer.gives_bytes());
            prop_assert_eq!(bytes(&layer, isa, 1, &case.map), exact_bytes);
        }
    }

    #[test]
    fn several_threads_give_what_one_gives(case in cases(), threads in 2..5usize) {
        let isa = Isa::best();
        let layer = case.layer(case.linear(), Epilogue::Floats { least: 0.0 });
        prop_assert_eq!(floats(&layer, isa, threads, &case.map), floats(&layer, isa, 1, &case.map));
        let output = Quantization { scale: 0.03, zero: 100 };
        let layer = case.layer(case.linear().quantized(1.0, output), Epilogue::Bytes);
        prop_assert_eq!(bytes(&layer, isa, threads, &case.map), bytes(&layer, isa, 1, &case.map));
    }
}
