//! One row of the depthwise convolution with AVX-512 VNNI, 64 channels at a time.
//!
//! A column's values of a channel are brought side by side once, in fours, and serve every output whose window they lie under;
//! the sums of those outputs stay in registers, and the oldest is done when its last column came. Interleaving leaves channels
//! in fours per 128-bit lane, which packing to bytes undoes, so the vectors by channel are stored in that order and nothing is
//! permuted.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{Activation, Depthwise, DepthwiseParts};
use crate::gelu::{REACH, TAIL};

const GROUP: usize = 64;

/// Channel of 32-bit lane `lane` in vector `vector` of a group.
fn channel(vector: usize, lane: usize) -> usize {
    lane / 4 * 16 + vector * 4 + lane % 4
}

/// One group of 64 channels, as the registers take it; channels beyond the last are zero.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Group<const SIDE: usize, const QUADS: usize> {
    /// By column of the window, by four of its rows, by vector, by channel: four rows' weights, zero beyond the last.
    weights: [[[[[i8; 4]; 16]; 4]; QUADS]; SIDE],
    offsets: [[i32; 16]; 4],
    scale: [[f32; 16]; 4],
    bias: [[f32; 16]; 4],
}

impl<const SIDE: usize, const QUADS: usize> Group<SIDE, QUADS> {
    /// All groups of a layer.
    fn all(parts: &DepthwiseParts, offsets: &[i32]) -> Vec<Self> {
        let channels = offsets.len();
        let group = |first: usize| {
            let weight = |row: usize, column: usize, c: usize| match row {
                _ if row < SIDE && c < channels => {
                    parts.weights[(SIDE * row + column) * channels + c]
                }
                _ => 0,
            };
            let at = |v: usize, lane: usize| first + channel(v, lane);
            Self {
                weights: std::array::from_fn(|column| {
                    std::array::from_fn(|quad| {
                        std::array::from_fn(|v| {
                            std::array::from_fn(|lane| {
                                std::array::from_fn(|i| weight(4 * quad + i, column, at(v, lane)))
                            })
                        })
                    })
                }),
                offsets: by_lane(offsets, first),
                scale: by_lane(&parts.scale, first),
                bias: by_lane(&parts.bias, first),
            }
        };
        (0..channels).step_by(GROUP).map(group).collect()
    }
}

/// What 64 channels from `first` on have, in the order of the lanes.
fn by_lane<T: Copy + Default>(values: &[T], first: usize) -> [[T; 16]; 4] {
    let value = |c: usize| values.get(c).copied().unwrap_or_default();
    std::array::from_fn(|v| std::array::from_fn(|lane| value(first + channel(v, lane))))
}

/// All groups of a layer, by its window's side.
#[derive(Debug, Clone)]
pub(super) enum Packed {
    Three(Vec<Group<3, 1>>),
    Five(Vec<Group<5, 2>>),
}

impl Packed {
    /// Nothing where the window steps over more than two pixels.
    pub(super) fn new(parts: &DepthwiseParts, offsets: &[i32]) -> Option<Self> {
        (parts.window.step <= 2).then(|| match parts.window.side {
            3 => Self::Three(Group::all(parts, offsets)),
            _ => Self::Five(Group::all(parts, offsets)),
        })
    }
}

/// See [`Depthwise::row`].
///
/// # Safety
/// The processor has the features below; the rows are what [`Depthwise::row`] checks.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn row(layer: &Depthwise, packed: &Packed, rows: &[&[u8]], out: &mut [u8]) {
    // SAFETY: the caller's promise; as many outputs are pending as windows share a pixel along a row.
    unsafe {
        match (packed, layer.window.step) {
            (Packed::Three(groups), 1) => along::<3, 1, 1, 3>(layer, groups, rows, out),
            (Packed::Three(groups), _) => along::<3, 1, 2, 2>(layer, groups, rows, out),
            (Packed::Five(groups), 1) => along::<5, 2, 1, 5>(layer, groups, rows, out),
            (Packed::Five(groups), _) => along::<5, 2, 2, 3>(layer, groups, rows, out),
        }
    }
}

/// One row for windows of `SIDE` that step over `STEP` pixels, up to `PENDING` of which share a pixel.
///
/// # Safety
/// As for [`row`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn along<const SIDE: usize, const QUADS: usize, const STEP: usize, const PENDING: usize>(
    layer: &Depthwise,
    groups: &[Group<SIDE, QUADS>],
    rows: &[&[u8]],
    out: &mut [u8],
) {
    const { assert!(PENDING == SIDE.div_ceil(STEP) && QUADS == SIDE.div_ceil(4)) };
    let (channels, before) = (layer.channels, layer.window.before);
    let (width, pixels) = (rows[0].len() / channels, out.len() / channels);
    let rows: [*const u8; SIDE] = std::array::from_fn(|y| rows[y].as_ptr());
    let border = [[_mm512_set1_epi8(layer.input_zero as i8); 4]; QUADS];
    let end = Closing {
        activation: layer.activation,
        gain: _mm512_set1_ps(layer.gain),
        zero: _mm512_set1_ps(layer.zero),
    };
    for (number, group) in groups.iter().enumerate() {
        let first = number * GROUP;
        let mask = lanes(channels - first);
        // SAFETY: columns below `width` lie in every row, outputs below `pixels` in `out`; `mask` keeps to the channels; a
        // group's arrays are whole vectors.
        unsafe {
            let mut weights = [[[_mm512_setzero_si512(); 4]; QUADS]; SIDE];
            let mut offsets = [_mm512_setzero_si512(); 4];
            for v in 0..4 {
                offsets[v] = _mm512_load_si512(group.offsets[v].as_ptr().cast());
                for column in 0..SIDE {
                    for quad in 0..QUADS {
                        weights[column][quad][v] =
                            _mm512_load_si512(group.weights[column][quad][v].as_ptr().cast());
                    }
                }
            }
            // The sums of the outputs that wait for columns, the oldest first. Those that begin before the row are nobody's.
            let mut pending = [offsets; PENDING];
            for newest in 0..pixels + PENDING - 1 {
                for phase in 0..STEP {
                    // A column before the first is beyond the last as well.
                    let column = (newest * STEP + phase).wrapping_sub(before);
                    let values = if column < width {
                        let mut values = [_mm512_setzero_si512(); SIDE];
                        for y in 0..SIDE {
                            let from = rows[y].add(column * channels + first);
                            values[y] = _mm512_maskz_loadu_epi8(mask, from.cast());
                        }
                        interleaved(values)
                    } else {
                        border
                    };
                    for age in 0..PENDING {
                        let tap = (PENDING - 1 - age) * STEP + phase;
                        if tap < SIDE {
                            pending[age] = add(pending[age], values, weights[tap]);
                        }
                    }
                }
                if newest + 1 >= PENDING {
                    let x = newest + 1 - PENDING;
                    end.store(
                        group,
                        pending[0],
                        out.as_mut_ptr().add(x * channels + first),
                        mask,
                    );
                }
                for age in 1..PENDING {
                    pending[age - 1] = pending[age];
                }
                pending[PENDING - 1] = offsets;
            }
        }
    }
}

/// The first `channels` of 64 bytes.
fn lanes(channels: usize) -> __mmask64 {
    if channels >= GROUP {
        !0
    } else {
        (1 << channels) - 1
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn add<const QUADS: usize>(
    sums: [__m512i; 4],
    values: [[__m512i; 4]; QUADS],
    weights: [[__m512i; 4]; QUADS],
) -> [__m512i; 4] {
    let mut sums = sums;
    for quad in 0..QUADS {
        for v in 0..4 {
            sums[v] = _mm512_dpbusd_epi32(sums[v], values[quad][v], weights[quad][v]);
        }
    }
    sums
}

/// Rows' values of 64 channels, four rows side by side; after the last row it is repeated and meets weights of zero.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
fn interleaved<const SIDE: usize, const QUADS: usize>(
    rows: [__m512i; SIDE],
) -> [[__m512i; 4]; QUADS] {
    let mut quads = [[_mm512_setzero_si512(); 4]; QUADS];
    for quad in 0..QUADS {
        let last = SIDE - 1;
        let (a, b) = (rows[(4 * quad).min(last)], rows[(4 * quad + 1).min(last)]);
        let (c, d) = (
            rows[(4 * quad + 2).min(last)],
            rows[(4 * quad + 3).min(last)],
        );
        let (ab_low, ab_high) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d));
        quads[quad] = [
            _mm512_unpacklo_epi16(ab_low, cd_low),
            _mm512_unpackhi_epi16(ab_low, cd_low),
            _mm512_unpacklo_epi16(ab_high, cd_high),
            _mm512_unpackhi_epi16(ab_high, cd_high),
        ];
    }
    quads
}

/// What follows the sums.
struct Closing {
    activation: Activation,
    gain: __m512,
    zero: __m512,
}

impl Closing {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    #[inline]
    unsafe fn store<const SIDE: usize, const QUADS: usize>(
        &self,
        group: &Group<SIDE, QUADS>,
        sums: [__m512i; 4],
        out: *mut u8,
        mask: __mmask64,
    ) {
        // SAFETY: the bytes from `out` on that the mask keeps are the caller's.
        unsafe {
            let mut rounded = [_mm512_setzero_si512(); 4];
            for v in 0..4 {
                let scale = _mm512_load_ps(group.scale[v].as_ptr());
                let bias = _mm512_load_ps(group.bias[v].as_ptr());
                let mut value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scale, bias);
                if self.activation == Activation::Gelu {
                    value = _mm512_fmadd_ps(gelu(value), self.gain, self.zero);
                }
                // Beyond 32 bits the conversion would give a negative number.
                rounded[v] = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(255.0), value));
            }
            let low = _mm512_packs_epi32(rounded[0], rounded[1]);
            let high = _mm512_packs_epi32(rounded[2], rounded[3]);
            _mm512_mask_storeu_epi8(out.cast(), mask, _mm512_packus_epi16(low, high));
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
