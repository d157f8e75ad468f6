//! Products alone, as the networks have them.

use std::hint::black_box;

use scarp_int8::{
    Isa,
    matmul::{Output, Packed, Rows, multiply},
};

use super::case::{BYTES, Case, Work, bytes, case, linear};

/// A product as the network has them, 64 rows at a time.
pub fn product(isa: Isa, rows: usize, k: usize, n: usize) -> Case {
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

/// A product of sums as they are, as attention's scores.
pub fn resized_product(isa: Isa) -> Case {
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
