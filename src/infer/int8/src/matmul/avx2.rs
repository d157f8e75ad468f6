//! AVX2: tiles of 4 rows x 16 columns.
//!
//! The byte product of AVX2, `vpmaddubsw`, adds two products in 16 bits and may saturate. So bytes are widened, even and odd
//! ones apart, and multiplied with `vpmaddwd`, which is exact.

use std::arch::x86_64::*;

use super::{Matrix, Output, Rows, tiles::walk, ymm::Step};

/// See [`super::multiply`].
///
/// # Safety
/// The processor has the features below, and the slices are as long as `super::check` asks.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    // SAFETY: the caller's promise; this function has the features.
    unsafe { walk::<Words>(rows, matrix, output) }
}

/// Products of 16-bit words.
struct Words;

/// Even and odd bytes, widened.
#[derive(Clone, Copy)]
struct Split {
    even: __m256i,
    odd: __m256i,
}

impl Step for Words {
    // 8 sums, 4 weights, 2 values, 2 products.
    const ROWS: usize = 4;
    type Weights = Split;
    type Values = Split;

    #[inline(always)]
    unsafe fn weights(bytes: __m256i) -> Split {
        // SAFETY: registers only; the caller has AVX2.
        unsafe {
            Split {
                even: _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(bytes)),
                odd: _mm256_srai_epi16::<8>(bytes),
            }
        }
    }

    #[inline(always)]
    unsafe fn values(bytes: __m256i) -> Split {
        // SAFETY: as above.
        unsafe {
            Split {
                even: _mm256_and_si256(bytes, _mm256_set1_epi16(0xff)),
                odd: _mm256_srli_epi16::<8>(bytes),
            }
        }
    }

    #[inline(always)]
    unsafe fn add(sum: __m256i, values: Split, weights: Split) -> __m256i {
        // SAFETY: as above.
        unsafe {
            let sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values.even, weights.even));
            _mm256_add_epi32(sum, _mm256_madd_epi16(values.odd, weights.odd))
        }
    }
}
