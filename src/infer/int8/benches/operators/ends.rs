//! The network's two ends: from the picture to its first map, and from the maps to the answer.

use std::hint::black_box;

use scarp_int8::{
    Branch, Convolution, Decoder, Epilogue, InputQuantize, Isa, Pixels, Quantization, ThreadPool,
    Window,
};

use super::case::{BYTES, Case, Work, bytes, case, linear, norm, square};

pub fn entry(isa: Isa) -> Case {
    let size = square(512);
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

pub fn embedding(isa: Isa) -> Case {
    let size = square(512);
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

pub fn decoder(isa: Isa) -> Case {
    let branch = |i: usize| Branch {
        project: linear([32, 64, 160, 256][i], 256),
        size: square(128 >> i),
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
