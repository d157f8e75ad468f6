//! Layer normalisation with AVX-512, for channels in whole vectors.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{Element, LANES, Norm};

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
/// is as long as `rows`, in whole rows, at least 16.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn rows<T: Element>(norm: &Norm, rows: &[f32], out: &mut [T]) {
    let width = norm.gain.len();
    let count = rows.len() / width;
    for row in (0..count).step_by(LANES) {
        // The last ones are done again where 16 does not divide the rows.
        let row = row.min(count - LANES);
        // SAFETY: 16 rows from there on lie inside the slices.
        unsafe {
            sixteen(
                norm,
                rows.as_ptr().add(row * width),
                out.as_mut_ptr().add(row * width),
            );
        }
    }
}

/// Sixteen rows: their sums are the lanes of one vector.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn sixteen<T: Element>(norm: &Norm, rows: *const f32, out: *mut T) {
    let width = norm.gain.len();
    let share = _mm512_set1_ps(1.0 / width as f32);
    // SAFETY: the caller owns 16 rows; gain and shift have a row's length.
    unsafe {
        let mut lanes = [_mm512_setzero_ps(); LANES];
        for channel in (0..width).step_by(LANES) {
            for r in 0..LANES {
                lanes[r] = _mm512_add_ps(lanes[r], _mm512_loadu_ps(rows.add(r * width + channel)));
            }
        }
        let means = _mm512_mul_ps(totals(lanes), share);
        let by_row: [f32; LANES] = std::mem::transmute(means);
        let mut lanes = [_mm512_setzero_ps(); LANES];
        for channel in (0..width).step_by(LANES) {
            for r in 0..LANES {
                let x = _mm512_loadu_ps(rows.add(r * width + channel));
                let centred = _mm512_sub_ps(x, _mm512_set1_ps(by_row[r]));
                lanes[r] = _mm512_fmadd_ps(centred, centred, lanes[r]);
            }
        }
        let variances = _mm512_mul_ps(totals(lanes), share);
        let spread = _mm512_sqrt_ps(_mm512_add_ps(variances, _mm512_set1_ps(norm.epsilon)));
        let factors = _mm512_div_ps(_mm512_set1_ps(1.0), spread);
        let levels = _mm512_sub_ps(_mm512_setzero_ps(), _mm512_mul_ps(means, factors));
        let factors: [f32; LANES] = std::mem::transmute(factors);
        let levels: [f32; LANES] = std::mem::transmute(levels);
        for channel in (0..width).step_by(LANES) {
            let gain = _mm512_loadu_ps(norm.gain.as_ptr().add(channel));
            let shift = _mm512_loadu_ps(norm.shift.as_ptr().add(channel));
            for r in 0..LANES {
                let (factor, level) = (_mm512_set1_ps(factors[r]), _mm512_set1_ps(levels[r]));
                let x = _mm512_loadu_ps(rows.add(r * width + channel));
                let value = _mm512_fmadd_ps(_mm512_fmadd_ps(x, factor, level), gain, shift);
                T::store(value, out.add(r * width + channel));
            }
        }
    }
}

/// The sum of each vector's lanes, added in the order of [`super::total`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn totals(vectors: [__m512; LANES]) -> __m512 {
    // In each quarter of a vector, two rows' sums of even and odd lanes, then four rows' sums of the quarter.
    let mut pairs = [_mm512_setzero_ps(); 8];
    for i in 0..8 {
        let (a, b) = (vectors[2 * i], vectors[2 * i + 1]);
        pairs[i] = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    }
    let mut quarters = [_mm512_setzero_ps(); 4];
    for i in 0..4 {
        let (a, b) = (
            _mm512_castps_pd(pairs[2 * i]),
            _mm512_castps_pd(pairs[2 * i + 1]),
        );
        quarters[i] = _mm512_add_ps(
            _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)),
        );
    }
    // Quarters 0 and 1 added, and 2 and 3; then both.
    let mut halves = [_mm512_setzero_ps(); 2];
    for i in 0..2 {
        let (a, b) = (quarters[2 * i], quarters[2 * i + 1]);
        halves[i] = _mm512_add_ps(
            _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b),
            _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b),
        );
    }
    _mm512_add_ps(
        _mm512_shuffle_f32x4::<0b10_00_10_00>(halves[0], halves[1]),
        _mm512_shuffle_f32x4::<0b11_01_11_01>(halves[0], halves[1]),
    )
}
