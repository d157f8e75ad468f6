//! Layer normalisation with AVX-512, for channels in whole vectors.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{Element, LANES, Norm};

/// Rows whose sums are formed together: one after another they would wait for each other's horizontal sums.
const ROWS: usize = 4;

/// Stores sixteen floats.
///
/// # Safety
/// The processor has AVX-512, and 16 elements from `out` on are the caller's.
#[inline(always)]
pub(super) unsafe fn store_floats(values: __m512, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { _mm512_storeu_ps(out, values) }
}

/// Rounds sixteen numbers to bytes and stores them.
///
/// # Safety
/// As above.
#[inline(always)]
pub(super) unsafe fn store_bytes(values: __m512, out: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        // Beyond 32 bits the conversion would give a negative number.
        let rounded = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(255.0), values));
        let rounded = _mm512_max_epi32(rounded, _mm512_setzero_si512());
        _mm_storeu_si128(out.cast(), _mm512_cvtusepi32_epi8(rounded));
    }
}

/// See [`Norm::bytes`] and [`Norm::floats`].
///
/// # Safety
/// The processor has the features below; channels are a multiple of 16, gain and shift have one element for each, and `out`
/// is as long as `rows`, in whole rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn rows<T: Element>(norm: &Norm, rows: &[f32], out: &mut [T]) {
    let width = norm.gain.len();
    let count = rows.len() / width;
    let mut row = 0;
    // SAFETY: all rows lie inside the slices.
    unsafe {
        while row + ROWS <= count {
            block::<ROWS, T>(
                norm,
                rows.as_ptr().add(row * width),
                out.as_mut_ptr().add(row * width),
            );
            row += ROWS;
        }
        while row < count {
            block::<1, T>(
                norm,
                rows.as_ptr().add(row * width),
                out.as_mut_ptr().add(row * width),
            );
            row += 1;
        }
    }
}

/// `R` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn block<const R: usize, T: Element>(norm: &Norm, rows: *const f32, out: *mut T) {
    let width = norm.gain.len();
    let share = 1.0 / width as f32;
    // SAFETY: the caller owns `R` rows; gain and shift have a row's length.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); R];
        for channel in (0..width).step_by(LANES) {
            for r in 0..R {
                sums[r] = _mm512_add_ps(sums[r], _mm512_loadu_ps(rows.add(r * width + channel)));
            }
        }
        let mut means = [_mm512_setzero_ps(); R];
        let mut squares = [_mm512_setzero_ps(); R];
        for r in 0..R {
            means[r] = _mm512_set1_ps(_mm512_reduce_add_ps(sums[r]) * share);
        }
        for channel in (0..width).step_by(LANES) {
            for r in 0..R {
                let centred =
                    _mm512_sub_ps(_mm512_loadu_ps(rows.add(r * width + channel)), means[r]);
                squares[r] = _mm512_fmadd_ps(centred, centred, squares[r]);
            }
        }
        let mut factors = [_mm512_setzero_ps(); R];
        for r in 0..R {
            let variance = _mm512_reduce_add_ps(squares[r]) * share;
            factors[r] = _mm512_set1_ps(1.0 / (variance + norm.epsilon).sqrt());
        }
        for channel in (0..width).step_by(LANES) {
            let gain = _mm512_loadu_ps(norm.gain.as_ptr().add(channel));
            let shift = _mm512_loadu_ps(norm.shift.as_ptr().add(channel));
            for r in 0..R {
                let centred =
                    _mm512_sub_ps(_mm512_loadu_ps(rows.add(r * width + channel)), means[r]);
                let value = _mm512_fmadd_ps(_mm512_mul_ps(centred, factors[r]), gain, shift);
                T::store(value, out.add(r * width + channel));
            }
        }
    }
}
