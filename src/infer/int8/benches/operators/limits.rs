//! What limits an operator on this processor.

use std::{hint::black_box, time::Instant};

use scarp_int8::{
    Isa,
    matmul::{Output, Packed, Rows, multiply, padded},
};

use super::case::bytes;

/// Multiplications per second of a product whose operands stay in the first cache.
pub fn product_limit(isa: Isa) -> f64 {
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
pub fn memory_limit() -> f64 {
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
