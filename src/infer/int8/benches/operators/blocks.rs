//! The parts of a Mix Transformer's block, stage by stage.

use std::hint::black_box;

use scarp_int8::{
    Activation, Attention, Columns, FeedForward, Isa, Size, Softmax, ThreadPool, Window,
};

use super::case::{BYTES, Case, Work, bytes, case, depthwise, floats, linear, norm, square};

/// Norm, attention and feed-forward of the four stages.
pub fn blocks(isa: Isa) -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, (channels, heads)) in [(32, 1), (64, 2), (160, 5), (256, 8)]
        .into_iter()
        .enumerate()
    {
        let size = square(128 >> i);
        cases.push(normalisation(isa, size, channels));
        cases.push(attention(isa, size, channels, heads));
        // PVTv2's feed-forward layers are twice as wide in the first two stages.
        for factor in [4, 8].into_iter().take(if i < 2 { 2 } else { 1 }) {
            cases.push(convolved(isa, size, factor * channels));
            cases.push(feed_forward(isa, size, channels, factor * channels));
        }
    }
    cases
}

fn normalisation(isa: Isa, size: Size, channels: usize) -> Case {
    let area = size.area();
    let layer = norm(channels).quantized(0.02, 128);
    let (x, mut out) = (floats(area * channels), vec![0; area * channels]);
    case(
        format!("norm {area} x {channels}"),
        Work::Moved(5 * area * channels),
        move || layer.bytes(isa, &x, black_box(&mut out)),
    )
}

fn attention(isa: Isa, size: Size, channels: usize, heads: usize) -> Case {
    let (area, keys) = (size.area(), 256);
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
    let kv = floats(keys * 2 * channels);
    let columns = |first| Columns {
        data: &kv,
        stride: 2 * channels,
        first,
    };
    let mut pool = ThreadPool::new(1);
    // The packed parts are read as numbers, so they begin on a cache line.
    let mut context = vec![0; layer.context_bytes() + 64];
    let packed = context.as_ptr().align_offset(64);
    layer.pack(
        isa,
        &mut pool,
        columns(0),
        columns(channels),
        &mut context[packed..][..layer.context_bytes()],
    );
    let mut scratch = vec![0; layer.scratch() + 64];
    let start = scratch.as_ptr().align_offset(64);
    let (x, normed) = (floats(area * channels), bytes(area * channels));
    let mut out = vec![0.0; area * channels];
    case(
        format!("attention {area} x {channels}, {heads} heads"),
        Work::Products(area * (2 * channels * channels + 2 * keys * channels)),
        move || {
            let context = &context[packed..][..layer.context_bytes()];
            let scratch = &mut scratch[start..][..layer.scratch()];
            layer.run(
                isa,
                &mut pool,
                (&x, &normed, context),
                scratch,
                black_box(&mut out),
            );
        },
    )
}

/// The feed-forward layer's depthwise convolution alone.
fn convolved(isa: Isa, size: Size, hidden: usize) -> Case {
    let layer = depthwise(hidden, Window::even(3, 1, 1), Activation::Gelu);
    let (row, mut out) = (bytes(size.width * hidden), vec![0; size.width * hidden]);
    case(
        format!("depthwise {} x {hidden}, GELU", size.area()),
        Work::Moved(2 * size.area() * hidden),
        move || {
            for _ in 0..size.height {
                layer.row(isa, &[&row[..]; 3], black_box(&mut out));
            }
        },
    )
}

fn feed_forward(isa: Isa, size: Size, channels: usize, hidden: usize) -> Case {
    let area = size.area();
    let layer = FeedForward {
        norm: norm(channels).quantized(0.02, 128),
        expand: linear(channels, hidden).quantized(1.0, BYTES),
        depthwise: depthwise(hidden, Window::even(3, 1, 1), Activation::Gelu),
        contract: linear(hidden, channels),
        size,
    };
    let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
    let start = scratch.as_ptr().align_offset(64);
    let (x, mut out) = (floats(area * channels), vec![0.0; area * channels]);
    case(
        format!("feed-forward {area} x {channels} x {hidden}"),
        Work::Products(area * (2 * channels * hidden + 9 * hidden)),
        move || {
            let scratch = &mut scratch[start..][..layer.scratch()];
            layer.run(isa, &mut pool, &x, scratch, black_box(&mut out));
        },
    )
}
