use proptest::prelude::*;
use scarp_int8::{
    Isa,
    matmul::{Matrix, Output, Packed, Residual, Rows, multiply, pack, padded, panel_bytes},
};

use crate::reference::{Random, rounds_to};

/// A product with all that its four outputs need.
#[derive(Debug)]
struct Case {
    rows: usize,
    k: usize,
    n: usize,
    /// Bytes between the end of a row and the start of the next.
    gap: usize,
    out_gap: usize,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let gap = || prop_oneof![Just(0), 0..40usize];
    (
        1..=40usize,
        1..=50usize,
        1..=150usize,
        gap(),
        gap(),
        any::<u64>(),
    )
        .prop_map(|(rows, fours, n, gap, out_gap, seed)| Case {
            rows,
            k: 4 * fours,
            n,
            gap,
            out_gap,
            seed,
        })
}

struct Operands {
    data: Vec<u8>,
    panels: Vec<i8>,
    offsets: Vec<i32>,
    sums: Vec<i32>,
    scale: Vec<f32>,
    bias: Vec<f32>,
    /// By row.
    factors: Vec<f32>,
    residual: Vec<f32>,
    residual_bytes: Vec<u8>,
    /// The exact sums, by row, by column.
    exact: Vec<i64>,
}

impl Case {
    /// Slices are exactly as long as they must be, so that the address sanitizer sees any reading beyond them.
    fn operands(&self, random: &mut Random) -> Operands {
        let Self { rows, k, n, .. } = *self;
        let data = random.bytes((rows - 1) * self.stride() + k);
        let weights = random.weights(k * n);
        let (mut panels, mut sums) = (vec![0; panel_bytes(k, n)], vec![0; padded(n)]);
        pack(
            k,
            n,
            |row, column| weights[row * n + column],
            &mut panels,
            &mut sums,
        );
        let offsets: Vec<i32> = (0..padded(n))
            .map(|_| random.below(1 << 20) as i32 - (1 << 19))
            .collect();
        let mut exact = Vec::with_capacity(rows * n);
        for row in 0..rows {
            for column in 0..n {
                let products = (0..k).map(|i| {
                    i64::from(data[row * self.stride() + i]) * i64::from(weights[i * n + column])
                });
                exact.push(i64::from(offsets[column]) + products.sum::<i64>());
            }
        }
        // Outputs fall inside the range of a byte and beyond it, both ways.
        let scale = random
            .floats(padded(n), -2.0, 2.0)
            .iter()
            .map(|s| s / (75.0 * (k as f32).sqrt()))
            .collect();
        Operands {
            data,
            panels,
            offsets,
            sums,
            scale,
            bias: random.floats(padded(n), -100.0, 300.0),
            factors: random.floats(rows, 0.5, 1.5),
            residual: random.floats((rows - 1) * self.out_stride() + n, -100.0, 100.0),
            residual_bytes: random.bytes((rows - 1) * self.out_stride() + n),
            exact,
        }
    }

    fn stride(&self) -> usize {
        self.k + self.gap
    }

    fn out_stride(&self) -> usize {
        self.n + self.out_gap
    }

    /// Elements of an output with something after its last row.
    fn out_length(&self) -> usize {
        self.rows * self.out_stride() + self.out_gap
    }

    /// Multiplies over a copy of `before` and checks that only the columns of the output changed.
    fn run<T: Copy + PartialEq>(
        &self,
        isa: Isa,
        operands: &Operands,
        before: &[T],
        output: impl for<'a> FnOnce(&'a mut [T], &'a Operands) -> Output<'a>,
    ) -> Vec<T> {
        let mut out = before.to_vec();
        let matrix = Matrix {
            k: self.k,
            n: self.n,
            panels: &operands.panels,
            offsets: &operands.offsets,
            sums: &operands.sums,
        };
        let rows = Rows {
            data: &operands.data,
            stride: self.stride(),
            count: self.rows,
        };
        multiply(isa, rows, matrix, output(&mut out, operands));
        let stride = self.out_stride();
        for (place, (before, after)) in before.iter().zip(&out).enumerate() {
            let inside = place % stride < self.n && place / stride < self.rows;
            assert!(
                inside || before == after,
                "{}: wrote to element {place}",
                isa.name()
            );
        }
        out
    }

    /// The written elements with the exact sums: row, column, element, sum.
    fn written<'a, T: Copy>(
        &self,
        out: &'a [T],
        operands: &'a Operands,
    ) -> impl Iterator<Item = (usize, usize, T, i64)> + 'a {
        let (n, stride) = (self.n, self.out_stride());
        operands.exact.iter().enumerate().map(move |(i, &sum)| {
            let (row, column) = (i / n, i % n);
            (row, column, out[row * stride + column], sum)
        })
    }
}

proptest! {
    #[test]
    fn sums_are_exact(case in cases()) {
        let mut random = Random::new(case.seed);
        let operands = case.operands(&mut random);
        let before: Vec<i32> = (0..case.out_length()).map(|_| random.next() as i32).collect();
        for isa in Isa::available() {
            let stride = case.out_stride();
            let out = case.run(isa, &operands, &before, |out, _| Output::Sums { out, stride });
            for (row, column, found, sum) in case.written(&out, &operands) {
                prop_assert_eq!(i64::from(found), sum, "{}, row {}, column {}", isa.name(), row, column);
            }
        }
    }

    #[test]
    fn quantized_outputs_are_the_nearest_bytes_and_the_same_with_every_set(
        case in cases(), gain in prop_oneof![Just(None), (-1.5..1.5f32).prop_map(Some)],
    ) {
        let mut random = Random::new(case.seed);
        let operands = case.operands(&mut random);
        let before: Vec<u8> = (0..case.out_length()).map(|_| random.next() as u8).collect();
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let stride = case.out_stride();
            let out = case.run(isa, &operands, &before, |out, operands| {
                let residual = gain.map(|gain| Residual { rows: &operands.residual_bytes, gain });
                Output::Quantized { out, stride, scale: &operands.scale, bias: &operands.bias, residual }
            });
            (isa, out)
        }).collect();
        for (row, column, found, sum) in case.written(&outs[0].1, &operands) {
            let byte = f64::from(operands.residual_bytes[row * case.out_stride() + column]);
            let more = byte * f64::from(gain.unwrap_or(0.0));
            let exact = sum as f64 * f64::from(operands.scale[column]) + f64::from(operands.bias[column]) + more;
            prop_assert!(rounds_to(found, exact, 1e-4), "row {row}, column {column}: {found} for {exact}");
        }
        for (isa, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", isa.name(), outs[0].0.name());
        }
    }

    #[test]
    fn weighted_outputs_are_the_nearest_bytes_and_the_same_with_every_set(case in cases()) {
        let mut random = Random::new(case.seed);
        let operands = case.operands(&mut random);
        let zero = random.next() as u8;
        let before: Vec<u8> = (0..case.out_length()).map(|_| random.next() as u8).collect();
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let (stride, zero) = (case.out_stride(), f32::from(zero));
            let out = case.run(isa, &operands, &before, |out, operands| {
                Output::Weighted { out, stride, scale: &operands.scale, factors: &operands.factors, zero }
            });
            (isa, out)
        }).collect();
        for (row, column, found, sum) in case.written(&outs[0].1, &operands) {
            let weighted = sum as f64 * f64::from(operands.factors[row]);
            let exact = weighted * f64::from(operands.scale[column]) + f64::from(zero);
            prop_assert!(rounds_to(found, exact, 1e-4), "row {row}, column {column}: {found} for {exact}");
        }
        for (isa, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", isa.name(), outs[0].0.name());
        }
    }

    #[test]
    fn floats_keep_their_precision_and_are_the_same_with_every_set(
        case in cases(), with_residual: bool, relu: bool,
    ) {
        let mut random = Random::new(case.seed);
        let operands = case.operands(&mut random);
        let before = random.floats(case.out_length(), -9.0, 9.0);
        let least = if relu { 0.0 } else { f32::NEG_INFINITY };
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let stride = case.out_stride();
            let out = case.run(isa, &operands, &before, |out, operands| {
                let residual = with_residual.then_some(&*operands.residual);
                Output::Float { out, stride, scale: &operands.scale, bias: &operands.bias, residual, least }
            });
            (isa, out)
        }).collect();
        for (row, column, found, sum) in case.written(&outs[0].1, &operands) {
            let product = sum as f64 * f64::from(operands.scale[column]);
            let bias = f64::from(operands.bias[column]);
            let place = row * case.out_stride() + column;
            let more = if with_residual { f64::from(operands.residual[place]) } else { 0.0 };
            let exact = (product + bias).max(f64::from(least)) + more;
            // One rounding after the bias and one after the residual.
            let slack = 2.0 * f64::from(f32::EPSILON) * (product.abs() + bias.abs() + more.abs());
            prop_assert!((f64::from(found) - exact).abs() <= slack, "row {row}, column {column}: {found} for {exact}");
        }
        for (isa, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", isa.name(), outs[0].0.name());
        }
    }

    #[test]
    fn packed_weights_start_from_what_the_zero_point_adds(
        k in 1..30usize, n in 1..40usize, zero: u8, seed: u64,
    ) {
        let mut random = Random::new(seed);
        let weights = random.weights(k * n);
        let packed = Packed::new(k, n, zero, |row, column| weights[row * n + column]);
        prop_assert_eq!((packed.k(), packed.n()), (k.next_multiple_of(4), n));
        // What fills the rows up meets weights of zero, whatever it is.
        let data = random.bytes(packed.k());
        for isa in Isa::available() {
            let mut out = vec![0; n];
            let rows = Rows { data: &data, stride: packed.k(), count: 1 };
            multiply(isa, rows, packed.view(), Output::Sums { out: &mut out, stride: n });
            for (column, &found) in out.iter().enumerate() {
                let terms = (0..k).map(|row| (i32::from(data[row]) - i32::from(zero)) * i32::from(weights[row * n + column]));
                prop_assert_eq!(found, terms.sum::<i32>());
            }
        }
    }
}

#[test]
fn no_rows_give_nothing() {
    let packed = Packed::new(8, 5, 3, |row, column| (row + column) as i8);
    for isa in Isa::available() {
        multiply(
            isa,
            Rows {
                data: &[],
                stride: 8,
                count: 0,
            },
            packed.view(),
            Output::Sums {
                out: &mut [],
                stride: 5,
            },
        );
    }
}

#[test]
#[should_panic(expected = "output too short")]
fn a_short_output_is_refused_before_anything_is_written() {
    let packed = Packed::new(8, 5, 3, |row, column| (row + column) as i8);
    let rows = Rows {
        data: &[0; 16],
        stride: 8,
        count: 2,
    };
    multiply(
        Isa::best(),
        rows,
        packed.view(),
        Output::Sums {
            out: &mut [0; 9],
            stride: 5,
        },
    );
}
