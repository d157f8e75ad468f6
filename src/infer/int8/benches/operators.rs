//! How fast each operator is at the sizes of MiT-B0 and PVTv2-B0 (512 x 512), and what share that is of what limits it:
//! `cargo bench -p scarp-int8`.
//!
//! Two limits are measured first, on the same thread: the rate of a product whose operands stay in the first cache, and
//! of reading and writing memory beyond the second. All operators then run in turns; the median counts.

use std::{
    fmt::Write as _,
    hint::black_box,
    io::{self, Write},
    time::Instant,
};

use scarp_int8::{
    Activation, Attention, Branch, Columns, Convolution, Decoder, Depthwise, DepthwiseParts,
    Epilogue, FeedForward, InputQuantize, InvertedResidual, Isa, Linear, Norm, Pixels,
    Quantization, Size, Softmax, ThreadPool, Weights, Window,
    matmul::{Output, Packed, Rows, multiply, padded},
};

const ROUNDS: usize = 31;
const BYTES: Quantization = Quantization {
    scale: 0.02,
    zero: 128,
};

/// What an operator is held against.
enum Work {
    /// Multiplications.
    Products(usize),
    /// Bytes read and written.
    Moved(usize),
}

struct Case {
    name: String,
    work: Work,
    run: Box<dyn FnMut()>,
    times: Vec<f64>,
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * 7919 % 251) as u8).collect()
}

fn floats(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| (i * 7919 % 251) as f32 * 0.02 - 2.5)
        .collect()
}

fn weights(inputs: usize, outputs: usize) -> Weights {
    Weights {
        inputs,
        values: (0..inputs * outputs)
            .map(|i| (i * 31 % 255) as u8 as i8)
            .collect(),
        scale: vec![0.001; outputs],
        bias: vec![0.1; outputs],
    }
}

fn linear(inputs: usize, outputs: usize) -> Linear {
    Linear::new(&weights(inputs, outputs), BYTES)
}

fn norm(channels: usize) -> Norm {
    Norm {
        gain: vec![1.1; channels],
        shift: vec![0.1; channels],
        epsilon: 1e-6,
    }
}

fn case(name: String, work: Work, run: impl FnMut() + 'static) -> Case {
    Case {
        name,
        work,
        run: Box::new(run),
        times: Vec::new(),
    }
}

/// A product as the network has them, 64 rows at a time.
fn product(isa: Isa, rows: usize, k: usize, n: usize) -> Case {
    let (a, layer, mut out) = (
        bytes(rows * k),
        linear(k, n).quantized(1.0, BYTES),
        vec![0; rows * n],
    );
    case(
        format!("product {rows} x {k} x {n}"),
        Work::Products(rows * k * n),
        move || {
            for (a, out) in a.chunks(64 * k).zip(out.chunks_mut(64 * n)) {
                layer.bytes(isa, a, black_box(out));
            }
        },
    )
}

fn depthwise(channels: usize, window: Window, activation: Activation) -> Depthwise {
    Depthwise::new(DepthwiseParts {
        window,
        activation,
        weights: (0..window.side * window.side * channels)
            .map(|i| (i * 31 % 255) as u8 as i8)
            .collect(),
        scale: vec![0.0002; channels],
        bias: vec![0.1; channels],
        input_zero: 128,
        output_scale: 0.02,
        output_zero: 10,
    })
}

fn cases(isa: Isa) -> Vec<Case> {
    let stage = |i: usize| {
        let side = 128 >> i;
        (
            Size {
                height: side,
                width: side,
            },
            [32, 64, 160, 256][i],
            [1, 2, 5, 8][i],
        )
    };
    let mut cases = vec![
        product(isa, 16_384, 32, 128),
        product(isa, 4096, 256, 64),
        product(isa, 1024, 160, 640),
        product(isa, 256, 1024, 256),
    ];
    for i in 0..4 {
        let (size, channels, heads) = stage(i);
        let area = size.area();
        let (x, normed) = (floats(area * channels), bytes(area * channels));

        let (layer, source, mut out) = (
            norm(channels).quantized(0.02, 128),
            x.clone(),
            vec![0; area * channels],
        );
        cases.push(case(
            format!("norm {area} x {channels}"),
            Work::Moved(5 * area * channels),
            move || {
                layer.bytes(isa, &source, black_box(&mut out));
            },
        ));

        let keys = 256;
        let layer = Attention {
            query: linear(channels, channels).quantized(0.4, BYTES),
            project: linear(channels, channels),
            softmax: Softmax::new(0.0004).expect("a sensible scale"),
            heads,
            queries: BYTES,
            keys: BYTES,
            key_factor: 0.4,
            attended: BYTES,
            count: keys,
            pixels: area,
        };
        let products = area * (2 * channels * channels + 2 * keys * channels);
        let kv = floats(keys * 2 * channels);
        let mut context = vec![0; layer.context_bytes()];
        let mut scratch = vec![0; layer.scratch() + 64];
        let start = scratch.as_ptr().align_offset(64);
        let mut pool = ThreadPool::new(1);
        let columns = |first| Columns {
            data: &kv,
            stride: 2 * channels,
            first,
        };
        // The packed parts are read as numbers, so they begin on a cache line.
        context.resize(layer.context_bytes() + 64, 0);
        let packed = context.as_ptr().align_offset(64);
        layer.pack(
            isa,
            &mut pool,
            columns(0),
            columns(channels),
            &mut context[packed..][..layer.context_bytes()],
        );
        let (source, mut out) = (x.clone(), vec![0.0; area * channels]);
        cases.push(case(
            format!("attention {area} x {channels}, {heads} heads"),
            Work::Products(products),
            move || {
                let context = &context[packed..][..layer.context_bytes()];
                let scratch = &mut scratch[start..][..layer.scratch()];
                layer.run(
                    isa,
                    &mut pool,
                    (&source, &normed, context),
                    scratch,
                    black_box(&mut out),
                );
            },
        ));

        // PVTv2's feed-forward layers are twice as wide in the first two stages.
        for factor in [4, 8].into_iter().take(if i < 2 { 2 } else { 1 }) {
            let hidden = factor * channels;
            let depthwise = depthwise(hidden, Window::even(3, 1, 1), Activation::Gelu);
            let (layer, row, mut out) = (
                depthwise.clone(),
                bytes(size.width * hidden),
                vec![0; size.width * hidden],
            );
            let height = size.height;
            cases.push(case(
                format!("depthwise {area} x {hidden}, GELU"),
                Work::Moved(2 * area * hidden),
                move || {
                    for _ in 0..height {
                        layer.row(isa, &[&row[..]; 3], black_box(&mut out));
                    }
                },
            ));

            let layer = FeedForward {
                norm: norm(channels).quantized(0.02, 128),
                expand: linear(channels, hidden).quantized(1.0, BYTES),
                depthwise,
                contract: linear(hidden, channels),
                size,
            };
            let products = area * (2 * channels * hidden + 9 * hidden);
            let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
            let start = scratch.as_ptr().align_offset(64);
            let (source, mut out) = (x.clone(), vec![0.0; area * channels]);
            cases.push(case(
                format!("feed-forward {area} x {channels} x {hidden}"),
                Work::Products(products),
                move || {
                    let scratch = &mut scratch[start..][..layer.scratch()];
                    layer.run(isa, &mut pool, &source, scratch, black_box(&mut out));
                },
            ));
        }
    }
    cases.extend(inverted_residuals(isa));
    cases.extend([
        entry(isa),
        embedding(isa),
        decoder(isa),
        resized_product(isa),
    ]);
    cases
}

/// Blocks of EfficientNet-Lite1 under a picture of 512 x 512: each kind of window, and its convolution alone.
fn inverted_residuals(isa: Isa) -> Vec<Case> {
    let after = |side| Window {
        side,
        step: 2,
        before: side / 2 - 1,
        after: side / 2,
    };
    let mut cases = Vec::new();
    for (side, window, inputs, expansion, outputs) in [
        (256, Window::even(3, 1, 1), 32, 1, 16),
        (256, after(3), 16, 6, 24),
        (128, Window::even(3, 1, 1), 24, 6, 24),
        (128, after(5), 24, 6, 40),
        (64, Window::even(5, 1, 2), 40, 6, 40),
        (32, Window::even(3, 1, 1), 80, 6, 80),
        (32, Window::even(5, 1, 2), 112, 6, 112),
        (16, Window::even(5, 1, 2), 192, 6, 192),
    ] {
        let size = Size {
            height: side,
            width: side,
        };
        let hidden = inputs * expansion;
        let depthwise = depthwise(hidden, window, Activation::Clamp);
        let project = linear(hidden, outputs);
        let residual = inputs == outputs;
        let layer = InvertedResidual {
            expand: (expansion > 1).then(|| linear(inputs, hidden).quantized(1.0, BYTES)),
            depthwise: depthwise.clone(),
            project: if residual {
                project.quantized_with_residual(BYTES, BYTES)
            } else {
                project.quantized(1.0, BYTES)
            },
            residual,
            size,
        };
        let name = format!("{0}x{0} step {1}", window.side, window.step);
        let Size { height, width } = layer.output();
        let (row, mut line) = (bytes(side * hidden), vec![0; width * hidden]);
        cases.push(case(
            format!("depthwise {name} {} x {hidden}", size.area()),
            Work::Moved((size.area() + height * width) * hidden),
            move || {
                let rows = [&row[..]; 5];
                for _ in 0..height {
                    depthwise.row(isa, &rows[..window.side], black_box(&mut line));
                }
            },
        ));
        let taps = window.side * window.side;
        let products = (expansion > 1) as usize * size.area() * inputs * hidden
            + height * width * hidden * (taps + outputs);
        let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
        let start = scratch.as_ptr().align_offset(64);
        let (x, mut out) = (
            bytes(size.area() * inputs),
            vec![0; height * width * outputs],
        );
        cases.push(case(
            format!("residual {name} {side} {inputs} {hidden} {outputs}"),
            Work::Products(products),
            move || {
                let scratch = &mut scratch[start..][..layer.scratch()];
                layer.run(isa, &mut pool, &x, scratch, black_box(&mut out));
            },
        ));
    }
    cases
}

fn entry(isa: Isa) -> Case {
    let size = Size {
        height: 512,
        width: 512,
    };
    let layer = InputQuantize {
        size,
        reduction: 1,
        output: BYTES,
    };
    let (data, mut out) = (bytes(3 * size.area()), vec![0; 4 * size.area()]);
    let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
    let start = scratch.as_ptr().align_offset(64);
    case(
        "picture to bytes 512 x 512".to_owned(),
        Work::Moved(7 * size.area()),
        move || {
            let pixels = Pixels {
                data: &data,
                size,
                corner: (0, 0),
                scale: [0.017; 3],
                shift: [-2.0; 3],
            };
            layer.pixels(
                isa,
                &mut pool,
                pixels,
                &mut scratch[start..],
                black_box(&mut out),
            );
        },
    )
}

fn embedding(isa: Isa) -> Case {
    let size = Size {
        height: 512,
        width: 512,
    };
    let layer = Convolution {
        linear: linear(7 * 7 * 4, 32),
        window: Some(Window::even(7, 4, 3)),
        epilogue: Epilogue::NormFloats(norm(32)),
        size,
        channels: 4,
        zero: 128,
    };
    let area = layer.output().area();
    let (input, mut out) = (bytes(4 * size.area()), vec![0.0; area * 32]);
    let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
    let start = scratch.as_ptr().align_offset(64);
    case(
        "patch embedding 7x7 of 512 x 512".to_owned(),
        Work::Products(area * 196 * 32),
        move || {
            layer.floats(
                isa,
                &mut pool,
                &input,
                &mut scratch[start..],
                black_box(&mut out),
            );
        },
    )
}

fn decoder(isa: Isa) -> Case {
    let side = |side: usize| Size {
        height: side,
        width: side,
    };
    let branch = |i: usize| Branch {
        project: linear([32, 64, 160, 256][i], 256),
        size: side(128 >> i),
    };
    let coarse = vec![branch(1), branch(2), branch(3)];
    let products = |branch: &Branch| branch.size.area() * branch.project.inputs() * 256;
    let count =
        products(&branch(0)) + coarse.iter().map(products).sum::<usize>() + 128 * 128 * 256 * 2;
    let maps: Vec<Vec<u8>> = coarse
        .iter()
        .map(|branch| bytes(branch.size.area() * branch.project.inputs()))
        .collect();
    let fused = Quantization {
        scale: 0.02,
        zero: 0,
    };
    let layer = Decoder::new(branch(0), coarse, fused, linear(256, 2));
    let (finest, mut out) = (bytes(128 * 128 * 32), vec![0.0; 128 * 128 * 2]);
    let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
    let start = scratch.as_ptr().align_offset(64);
    case(
        "decoder 128 x 128 x 256".to_owned(),
        Work::Products(count),
        move || {
            let maps: [&[u8]; 3] = [&maps[0], &maps[1], &maps[2]];
            layer.run(
                isa,
                &mut pool,
                &finest,
                &maps,
                &mut scratch[start..],
                black_box(&mut out),
            );
        },
    )
}

/// A product of sums as they are, as attention's scores.
fn resized_product(isa: Isa) -> Case {
    let (rows, k, n) = (24, 32, 256);
    let (a, b, mut out) = (
        bytes(rows * k),
        Packed::new(k, n, 3, |k, n| (k * 31 + n * 17) as u8 as i8),
        vec![0; rows * n],
    );
    case(
        "scores 24 x 32 x 256, 683 times".to_owned(),
        Work::Products(683 * rows * k * n),
        move || {
            for _ in 0..683 {
                let rows = Rows {
                    data: black_box(&a),
                    stride: k,
                    count: rows,
                };
                multiply(
                    isa,
                    rows,
                    b.view(),
                    Output::Sums {
                        out: black_box(&mut out),
                        stride: n,
                    },
                );
            }
        },
    )
}

/// Multiplications per second of a product whose operands stay in the first cache.
fn product_limit(isa: Isa) -> f64 {
    let (rows, k, n) = (24, 256, 64);
    let a = bytes(rows * k);
    let b = Packed::new(k, n, 3, |k, n| (k * 31 + n * 17) as u8 as i8);
    let (scale, bias, mut out) = (
        vec![0.001; padded(n)],
        vec![1.0; padded(n)],
        vec![0; rows * n],
    );
    let once = || {
        let start = Instant::now();
        for _ in 0..200 {
            let rows = Rows {
                data: black_box(&a),
                stride: k,
                count: rows,
            };
            let out = Output::Quantized {
                out: black_box(&mut out),
                stride: n,
                scale: &scale,
                bias: &bias,
                residual: None,
            };
            multiply(isa, rows, b.view(), out);
        }
        start.elapsed().as_secs_f64()
    };
    let least = std::iter::repeat_with(once)
        .take(200)
        .fold(f64::INFINITY, f64::min);
    (200 * rows * k * n) as f64 / least
}

/// Bytes per second of copying beyond the second cache, reading and writing counted.
fn memory_limit() -> f64 {
    let (source, mut target) = (bytes(4 << 20), vec![0; 4 << 20]);
    let once = || {
        let start = Instant::now();
        target.copy_from_slice(black_box(&source));
        black_box(&mut target);
        start.elapsed().as_secs_f64()
    };
    let least = std::iter::repeat_with(once)
        .take(50)
        .fold(f64::INFINITY, f64::min);
    (8 << 20) as f64 / least
}

fn main() -> io::Result<()> {
    let isa = Isa::best();
    let (products, moved) = (product_limit(isa), memory_limit());
    let mut table = String::new();
    let head = format!(
        "{}, one thread; limits: {:.0} billion multiplications/s, {:.1} GB/s\n{:<36} {:>9} {:>9} {:>12} {:>7}",
        isa.name(),
        products / 1e9,
        moved / 1e9,
        "operator",
        "median ms",
        "least ms",
        "rate",
        "share"
    );
    let mut cases = cases(isa);
    for round in 0..=ROUNDS {
        for case in &mut cases {
            let start = Instant::now();
            (case.run)();
            // The first round warms up.
            if round > 0 {
                case.times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    for case in &mut cases {
        case.times.sort_by(f64::total_cmp);
        let (least, median) = (case.times[0], case.times[ROUNDS / 2]);
        let (rate, unit, share) = match case.work {
            Work::Products(count) => (
                count as f64 / median / 1e9,
                "GMAC/s",
                count as f64 / median / products,
            ),
            Work::Moved(count) => (
                count as f64 / median / 1e9,
                "GB/s",
                count as f64 / median / moved,
            ),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            table,
            "\n{:<36} {:>9.3} {:>9.3} {rate:>5.1} {unit:<6} {:>6.0}%",
            case.name,
            median * 1e3,
            least * 1e3,
            100.0 * share
        );
    }
    writeln!(io::stdout(), "{head}{table}")
}
