//! One row of softmax with AVX-512: the same numbers as in plain Rust, with the processor's own split and scaling.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{POWER, Softmax};

/// Writes the weights of `scores` and returns their sum.
///
/// # Safety
/// The processor has the features below, and both slices have the same length, a multiple of 64.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn row(softmax: &Softmax, scores: &[i32], weights: &mut [u8]) -> u32 {
    // SAFETY: all loads and stores lie inside the slices.
    unsafe {
        let mut greatest = _mm512_set1_epi32(i32::MIN);
        for sixteen in scores.as_chunks::<16>().0 {
            greatest = _mm512_max_epi32(greatest, _mm512_loadu_si512(sixteen.as_ptr().cast()));
        }
        let nearest = _mm512_set1_ps(softmax.nearest(_mm512_reduce_max_epi32(greatest)));
        let gain = _mm512_set1_ps(softmax.gain);
        // Packing interleaves four vectors in fours; this puts the weights back in order.
        let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        let mut sum = _mm512_setzero_si512();
        for (scores, weights) in scores
            .as_chunks::<64>()
            .0
            .iter()
            .zip(weights.as_chunks_mut::<64>().0)
        {
            let mut rounded = [_mm512_setzero_si512(); 4];
            for i in 0..4 {
                let scores = _mm512_loadu_si512(scores.as_ptr().add(16 * i).cast());
                let power = _mm512_fmadd_ps(_mm512_cvtepi32_ps(scores), gain, nearest);
                // What remains of the whole power below it.
                let rest = _mm512_reduce_ps::<0b0001>(power);
                let mut value =
                    _mm512_fmadd_ps(_mm512_set1_ps(POWER[3]), rest, _mm512_set1_ps(POWER[2]));
                value = _mm512_fmadd_ps(value, rest, _mm512_set1_ps(POWER[1]));
                value = _mm512_fmadd_ps(value, rest, _mm512_set1_ps(POWER[0]));
                // Scaling takes the whole part of the power itself, however far below zero.
                rounded[i] = _mm512_cvtps_epi32(_mm512_scalef_ps(value, power));
            }
            let low = _mm512_packs_epi32(rounded[0], rounded[1]);
            let high = _mm512_packs_epi32(rounded[2], rounded[3]);
            let weight = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
            _mm512_storeu_si512(weights.as_mut_ptr().cast(), weight);
            sum = _mm512_dpbusd_epi32(sum, weight, _mm512_set1_epi8(1));
        }
        _mm512_reduce_add_epi32(sum) as u32
    }
}
