//! One row of the depthwise convolution with AVX-512 VNNI, 64 channels at a time.
//!
//! A column's three values of a channel are brought side by side once and serve the three outputs around it; the twelve
//! weight vectors stay in registers along the row. Interleaving leaves channels in fours per 128-bit lane, which packing to
//! bytes undoes, so the vectors by channel are stored in that order and nothing is permuted.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{Depthwise, DepthwiseParts};
use crate::gelu::{REACH, TAIL};

const GROUP: usize = 64;

/// Channel of 32-bit lane `lane` in vector `vector` of a group.
fn channel(vector: usize, lane: usize) -> usize {
    lane / 4 * 16 + vector * 4 + lane % 4
}

/// One group of 64 channels, as the registers take it.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct Group {
    /// By column of the kernel, by vector, by channel: three rows' weights and zero.
    weights: [[[[i8; 4]; 16]; 4]; 3],
    offsets: [[i32; 16]; 4],
    scale: [[f32; 16]; 4],
    bias: [[f32; 16]; 4],
}

/// All groups of a layer.
#[derive(Debug, Clone)]
pub(super) struct Packed(Vec<Group>);

impl Packed {
    /// Nothing where the channels are no multiple of 64.
    pub(super) fn new(parts: &DepthwiseParts, offsets: &[i32]) -> Option<Self> {
        let channels = offsets.len();
        let group = |first: usize| {
            let by = |vector: usize, lane: usize| first + channel(vector, lane);
            let weight = |row: usize, column: usize, c: usize| {
                parts.weights[(3 * row + column) * channels + c]
            };
            Group {
                weights: std::array::from_fn(|column| {
                    std::array::from_fn(|v| {
                        std::array::from_fn(|lane| {
                            let c = by(v, lane);
                            [
                                weight(0, column, c),
                                weight(1, column, c),
                                weight(2, column, c),
                                0,
                            ]
                        })
                    })
                }),
                offsets: std::array::from_fn(|v| std::array::from_fn(|lane| offsets[by(v, lane)])),
                scale: std::array::from_fn(|v| {
                    std::array::from_fn(|lane| parts.scale[by(v, lane)])
                }),
                bias: std::array::from_fn(|v| std::array::from_fn(|lane| parts.bias[by(v, lane)])),
            }
        };
        let whole = channels.is_multiple_of(GROUP);
        whole.then(|| Self((0..channels).step_by(GROUP).map(group).collect()))
    }
}

/// See [`Depthwise::row`].
///
/// # Safety
/// The processor has the features below; the rows have the length of `out`, a multiple of the layer's channels.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn row(layer: &Depthwise, packed: &Packed, rows: [&[u8]; 3], out: &mut [u8]) {
    let channels = layer.channels;
    let pixels = out.len() / channels;
    let border = [_mm512_set1_epi8(layer.input_zero as i8); 4];
    let end = Closing {
        gain: _mm512_set1_ps(layer.gain),
        zero: _mm512_set1_ps(layer.zero),
    };
    for (number, group) in packed.0.iter().enumerate() {
        let first = number * GROUP;
        // SAFETY: pixels and channels stay inside the rows; a group's arrays are whole vectors.
        unsafe {
            let mut weights = [[_mm512_setzero_si512(); 4]; 3];
            let mut offsets = [_mm512_setzero_si512(); 4];
            for v in 0..4 {
                offsets[v] = _mm512_load_si512(group.offsets[v].as_ptr().cast());
                for column in 0..3 {
                    weights[column][v] =
                        _mm512_load_si512(group.weights[column][v].as_ptr().cast());
                }
            }
            let [a, b, c] = [rows[0].as_ptr(), rows[1].as_ptr(), rows[2].as_ptr()];
            // The sums of this output and of the next: what the columns before them gave.
            let mut current = add(offsets, border, weights[0]);
            let mut next = offsets;
            let mut values = column(a, b, c, first);
            for x in 0..pixels {
                current = add(current, values, weights[1]);
                next = add(next, values, weights[0]);
                let following = if x + 1 < pixels {
                    column(a, b, c, (x + 1) * channels + first)
                } else {
                    border
                };
                let done = add(current, following, weights[2]);
                end.store(group, done, out.as_mut_ptr().add(x * channels + first));
                current = next;
                next = offsets;
                values = following;
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn add(sums: [__m512i; 4], values: [__m512i; 4], weights: [__m512i; 4]) -> [__m512i; 4] {
    let mut sums = sums;
    for v in 0..4 {
        sums[v] = _mm512_dpbusd_epi32(sums[v], values[v], weights[v]);
    }
    sums
}

/// A column's values of 64 channels from `place` on.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
unsafe fn column(a: *const u8, b: *const u8, c: *const u8, place: usize) -> [__m512i; 4] {
    // SAFETY: 64 channels from `place` on lie in each row.
    unsafe {
        interleaved([
            _mm512_loadu_si512(a.add(place).cast()),
            _mm512_loadu_si512(b.add(place).cast()),
            _mm512_loadu_si512(c.add(place).cast()),
        ])
    }
}

/// Three rows' values of 64 channels, side by side; the fourth byte repeats the third and meets a weight of zero.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn interleaved([a, b, c]: [__m512i; 3]) -> [__m512i; 4] {
    let (ab_low, ab_high) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
    let (cc_low, cc_high) = (_mm512_unpacklo_epi8(c, c), _mm512_unpackhi_epi8(c, c));
    [
        _mm512_unpacklo_epi16(ab_low, cc_low),
        _mm512_unpackhi_epi16(ab_low, cc_low),
        _mm512_unpacklo_epi16(ab_high, cc_high),
        _mm512_unpackhi_epi16(ab_high, cc_high),
    ]
}

/// The output's quantization.
struct Closing {
    gain: __m512,
    zero: __m512,
}

impl Closing {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    #[inline]
    unsafe fn store(&self, group: &Group, sums: [__m512i; 4], out: *mut u8) {
        // SAFETY: the caller owns 64 bytes from `out` on.
        unsafe {
            let mut rounded = [_mm512_setzero_si512(); 4];
            for v in 0..4 {
                let scale = _mm512_load_ps(group.scale[v].as_ptr());
                let bias = _mm512_load_ps(group.bias[v].as_ptr());
                let value = gelu(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scale, bias));
                let value = _mm512_fmadd_ps(value, self.gain, self.zero);
                rounded[v] = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(255.0), value));
            }
            let low = _mm512_packs_epi32(rounded[0], rounded[1]);
            let high = _mm512_packs_epi32(rounded[2], rounded[3]);
            _mm512_storeu_si512(out.cast(), _mm512_packus_epi16(low, high));
        }
    }
}

/// [`crate::gelu::gelu`], step by step the same.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn gelu(x: __m512) -> __m512 {
    // The lesser of both absolute values.
    let distance = _mm512_range_ps::<0b1010>(x, _mm512_set1_ps(REACH));
    let mut tail = _mm512_set1_ps(TAIL[6]);
    for power in (0..6).rev() {
        tail = _mm512_fmadd_ps(tail, distance, _mm512_set1_ps(TAIL[power]));
    }
    _mm512_fmadd_ps(tail, distance, _mm512_max_ps(x, _mm512_setzero_ps()))
}
