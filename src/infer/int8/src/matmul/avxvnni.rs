//! AVX-VNNI: tiles of 6 rows x 16 columns.

use std::arch::x86_64::*;

use super::{Matrix, Output, Rows, tiles::walk, ymm::Step};

/// See [`super::multiply`].
///
/// # Safety
/// The processor has the features below, and the slices are as long as `super::check` asks.
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) unsafe fn multiply(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    // SAFETY: the caller's promise; this function has the features.
    unsafe { walk::<Dot>(rows, matrix, output) }
}

/// The dot product of four bytes, in VEX encoding.
struct Dot;

impl Step for Dot {
    // 12 sums, 2 weights, 1 value.
    const ROWS: usize = 6;
    type Weights = __m256i;
    type Values = __m256i;

    #[inline(always)]
    unsafe fn weights(bytes: __m256i) -> __m256i {
        bytes
    }

    #[inline(always)]
    unsafe fn values(bytes: __m256i) -> __m256i {
        bytes
    }

    #[inline(always)]
    unsafe fn add(sum: __m256i, values: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: registers only; the caller has AVX-VNNI.
        unsafe { _mm256_dpbusd_avx_epi32(sum, values, weights) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matmul::{Packed, Residual, padded, portable};

    /// The same instruction in EVEX encoding. Processors of our tests have AVX-512 but not AVX-VNNI, and no emulator at hand
    /// has it either, so this stands in for [`Dot`]: of `multiply`, only the encoding of one instruction goes untested.
    struct Evex;

    impl Step for Evex {
        const ROWS: usize = Dot::ROWS;
        type Weights = __m256i;
        type Values = __m256i;

        #[inline(always)]
        unsafe fn weights(bytes: __m256i) -> __m256i {
            bytes
        }

        #[inline(always)]
        unsafe fn values(bytes: __m256i) -> __m256i {
            bytes
        }

        #[inline(always)]
        unsafe fn add(sum: __m256i, values: __m256i, weights: __m256i) -> __m256i {
            // SAFETY: registers only; the caller has AVX-512 VNNI.
            unsafe { _mm256_dpbusd_epi32(sum, values, weights) }
        }
    }

    #[target_feature(enable = "avx2,fma,avx512vl,avx512vnni")]
    unsafe fn multiply_evex(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
        // SAFETY: the caller's promise; this function has the features.
        unsafe { walk::<Evex>(rows, matrix, output) }
    }

    #[test]
    fn tiles_with_the_dot_product_give_what_plain_rust_gives() {
        let found = is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl");
        if !(found && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
            println!("not run: this processor lacks AVX-512 VNNI");
            return;
        }
        for (count, k, n) in [
            (1, 4, 1),
            (6, 8, 16),
            (7, 32, 17),
            (13, 100, 40),
            (40, 256, 64),
            (5, 12, 15),
        ] {
            let packed = Packed::new(k, n, 77, |row, column| (row * 31 + column * 17) as u8 as i8);
            let data: Vec<u8> = (0..count * k).map(|i| (i * i / 7 + i) as u8).collect();
            let rows = Rows {
                data: &data,
                stride: k,
                count,
            };
            let (scale, bias) = (vec![0.01; padded(n)], vec![100.0; padded(n)]);
            let factors: Vec<f32> = (0..count).map(|row| row as f32 * 0.1).collect();
            let residual: Vec<f32> = (0..count * n).map(|i| i as f32).collect();
            let added: Vec<u8> = (0..count * n).map(|i| (i * 5) as u8).collect();
            let all = |multiply: &dyn Fn(Output<'_>)| {
                let mut bytes = [vec![0; count * n], vec![0; count * n]];
                let (mut floats, mut sums) = (vec![0.0; count * n], vec![0; count * n]);
                let [out, weighted] = &mut bytes;
                multiply(Output::Quantized {
                    out,
                    stride: n,
                    scale: &scale,
                    bias: &bias,
                    residual: Some(Residual {
                        rows: &added,
                        gain: 0.3,
                    }),
                });
                multiply(Output::Weighted {
                    out: weighted,
                    stride: n,
                    scale: &scale,
                    factors: &factors,
                    zero: 9.0,
                });
                let residual = Some(&*residual);
                multiply(Output::Float {
                    out: &mut floats,
                    stride: n,
                    scale: &scale,
                    bias: &bias,
                    residual,
                    least: 0.0,
                });
                multiply(Output::Sums {
                    out: &mut sums,
                    stride: n,
                });
                (bytes, floats, sums)
            };
            // SAFETY: the features were found above; all slices have the lengths of this product.
            let found = all(&|output| unsafe { multiply_evex(rows, packed.view(), output) });
            assert_eq!(
                found,
                all(&|output| portable::multiply(rows, packed.view(), output)),
                "{count} x {k} x {n}"
            );
        }
    }
}
