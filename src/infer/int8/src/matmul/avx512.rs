//! AVX-512 VNNI: tiles of 6 rows x 64 columns or 12 x 32, 24 sums of 16 columns in registers.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::{
    Matrix, Output, PANEL, Rows,
    tiles::{Operands, Target},
};

/// See [`super::multiply`].
///
/// # Safety
/// The processor has the features below, and the slices are as long as `super::check` asks.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn multiply(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    let product = Operands::new(rows, matrix);
    let target = Target::from(output);
    // SAFETY: the caller's promise.
    unsafe {
        if matches!(target, Target::Added { .. }) {
            across::<true>(&product, target);
        } else {
            across::<false>(&product, target);
        }
    }
}

/// Every column. What a tile becomes in the end is known to it in so far as `ADDED` says whether there is a residual: with one
/// more way out in the loop over its rows, the compiler would not unroll it, and all sums would lie in memory.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn across<const ADDED: bool>(product: &Operands, target: Target) {
    let mut column = 0;
    while column < product.n {
        let panels = (product.n - column).div_ceil(PANEL);
        // SAFETY: columns and rows stay inside the checked product.
        unsafe {
            match panels {
                1 => down::<1, ADDED>(product, target, column),
                2 => down::<2, ADDED>(product, target, column),
                3 => down::<3, ADDED>(product, target, column),
                _ => down::<4, ADDED>(product, target, column),
            }
        }
        column += panels.min(4) * PANEL;
    }
}

/// Every row of `V` panels.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn down<const V: usize, const ADDED: bool>(
    product: &Operands,
    target: Target,
    column: usize,
) {
    // Sums of `V` panels fill the registers at this many rows.
    let height = const {
        if V <= 2 {
            12
        } else if V == 3 {
            8
        } else {
            6
        }
    };
    let mut row = 0;
    while row < product.rows {
        let rows = (product.rows - row).min(height);
        // SAFETY: `rows` rows from `row` on exist.
        row += unsafe {
            match rows {
                12 if V <= 2 => tile::<12, V, ADDED>(product, target, row, column),
                8.. if V <= 3 => tile::<8, V, ADDED>(product, target, row, column),
                6.. => tile::<6, V, ADDED>(product, target, row, column),
                5 => tile::<5, V, ADDED>(product, target, row, column),
                4 => tile::<4, V, ADDED>(product, target, row, column),
                3 => tile::<3, V, ADDED>(product, target, row, column),
                2 => tile::<2, V, ADDED>(product, target, row, column),
                _ => tile::<1, V, ADDED>(product, target, row, column),
            }
        };
    }
}

/// `R` rows of `V` panels from (`row`, `column`) on; returns `R`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize, const ADDED: bool>(
    product: &Operands,
    target: Target,
    row: usize,
    column: usize,
) -> usize {
    // SAFETY: all addresses lie inside the checked slices; offsets are padded to whole panels.
    unsafe {
        let panel = product.panel();
        let mut b = product.panels.add(column / PANEL * panel);
        let mut a = product.a.add(row * product.a_stride);
        let mut start = [_mm512_setzero_si512(); V];
        for (v, start) in start.iter_mut().enumerate() {
            *start = _mm512_loadu_si512(product.offsets.add(column + v * PANEL).cast());
        }
        let mut sums = [start; R];
        for _ in 0..product.quads {
            let mut weights = [_mm512_setzero_si512(); V];
            for v in 0..V {
                weights[v] = _mm512_loadu_si512(b.add(v * panel).cast());
            }
            for r in 0..R {
                let values =
                    _mm512_set1_epi32(a.add(r * product.a_stride).cast::<i32>().read_unaligned());
                for v in 0..V {
                    sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], values, weights[v]);
                }
            }
            a = a.add(4);
            b = b.add(4 * PANEL);
        }
        let columns = product.n - column;
        // Beyond 32 bits the conversion would give a negative number.
        let most = _mm512_set1_ps(255.0);
        if ADDED {
            if let Target::Added {
                out,
                stride,
                scale,
                bias,
                residual,
                gain,
            } = target
            {
                let (scale, bias) = (by_panel::<V>(scale, column), by_panel::<V>(bias, column));
                let gain = _mm512_set1_ps(gain);
                for (r, sums) in sums.iter().enumerate() {
                    let place = (row + r) * stride + column;
                    let mut rounded = [_mm512_setzero_si512(); V];
                    for v in 0..V {
                        let value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                        let more = residual.add(place + v * PANEL).cast();
                        let more = _mm_maskz_loadu_epi8(first(columns - v * PANEL), more);
                        let more = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(more));
                        let value = _mm512_fmadd_ps(more, gain, value);
                        rounded[v] = _mm512_cvtps_epi32(_mm512_min_ps(most, value));
                    }
                    bytes(rounded, out.add(place), columns);
                }
            }
            return R;
        }
        match target {
            Target::Quantized {
                out,
                stride,
                scale,
                bias,
            } => {
                let (scale, bias) = (by_panel::<V>(scale, column), by_panel::<V>(bias, column));
                for (r, sums) in sums.iter().enumerate() {
                    let mut rounded = [_mm512_setzero_si512(); V];
                    for v in 0..V {
                        let value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                        rounded[v] = _mm512_cvtps_epi32(_mm512_min_ps(most, value));
                    }
                    bytes(rounded, out.add((row + r) * stride + column), columns);
                }
            }
            Target::Added { .. } => {}
            Target::Weighted {
                out,
                stride,
                scale,
                factors,
                zero,
            } => {
                let (scale, zero) = (by_panel::<V>(scale, column), _mm512_set1_ps(zero));
                for (r, sums) in sums.iter().enumerate() {
                    let factor = _mm512_set1_ps(*factors.add(row + r));
                    let mut rounded = [_mm512_setzero_si512(); V];
                    for v in 0..V {
                        let value = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[v]), factor);
                        let value = _mm512_fmadd_ps(value, scale[v], zero);
                        rounded[v] = _mm512_cvtps_epi32(_mm512_min_ps(most, value));
                    }
                    bytes(rounded, out.add((row + r) * stride + column), columns);
                }
            }
            Target::Float {
                out,
                stride,
                scale,
                bias,
                residual,
                least,
            } => {
                let (scale, bias) = (by_panel::<V>(scale, column), by_panel::<V>(bias, column));
                let least = _mm512_set1_ps(least);
                let whole = columns >= V * PANEL;
                for (r, sums) in sums.iter().enumerate() {
                    let place = (row + r) * stride + column;
                    for v in 0..V {
                        let value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                        let value = _mm512_max_ps(value, least);
                        let place = place + v * PANEL;
                        match (whole, residual.is_null()) {
                            (true, true) => _mm512_storeu_ps(out.add(place), value),
                            (true, false) => {
                                let sum =
                                    _mm512_add_ps(value, _mm512_loadu_ps(residual.add(place)));
                                _mm512_storeu_ps(out.add(place), sum);
                            }
                            (false, none) => {
                                let mask = first(columns - v * PANEL);
                                let more = if none {
                                    _mm512_setzero_ps()
                                } else {
                                    _mm512_maskz_loadu_ps(mask, residual.add(place))
                                };
                                _mm512_mask_storeu_ps(
                                    out.add(place),
                                    mask,
                                    _mm512_add_ps(value, more),
                                );
                            }
                        }
                    }
                }
            }
            Target::Sums { out, stride } => {
                for (r, sums) in sums.iter().enumerate() {
                    for (v, sum) in sums.iter().enumerate() {
                        let place = (row + r) * stride + column + v * PANEL;
                        if columns >= V * PANEL {
                            _mm512_storeu_si512(out.add(place).cast(), *sum);
                        } else {
                            _mm512_mask_storeu_epi32(
                                out.add(place),
                                first(columns - v * PANEL),
                                *sum,
                            );
                        }
                    }
                }
            }
        }
    }
    R
}

/// `V` vectors of a slice by column.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
unsafe fn by_panel<const V: usize>(values: *const f32, column: usize) -> [__m512; V] {
    let mut vectors = [_mm512_setzero_ps(); V];
    for v in 0..V {
        // SAFETY: slices by column are padded to whole panels.
        vectors[v] = unsafe { _mm512_loadu_ps(values.add(column + v * PANEL)) };
    }
    vectors
}

/// The first `columns` lanes, at most all 16.
#[inline(always)]
fn first(columns: usize) -> __mmask16 {
    if columns >= PANEL {
        !0
    } else {
        (1 << columns) - 1
    }
}

/// Stores 32-bit numbers held in 0..=255 as bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline]
unsafe fn bytes<const V: usize>(rounded: [__m512i; V], out: *mut u8, columns: usize) {
    // SAFETY: the caller owns `columns` bytes from `out` on.
    unsafe {
        if V == 4 && columns >= 4 * PANEL {
            let low = _mm512_packs_epi32(rounded[0], rounded[1]);
            let high = _mm512_packs_epi32(rounded[2], rounded[3]);
            // Packing interleaves the four vectors in fours; the permutation puts them one after another.
            let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            let packed = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
            _mm512_storeu_si512(out.cast(), packed);
        } else {
            for (v, rounded) in rounded.into_iter().enumerate() {
                let held = _mm512_max_epi32(rounded, _mm512_setzero_si512());
                _mm512_mask_cvtusepi32_storeu_epi8(
                    out.add(v * PANEL).cast(),
                    first(columns - v * PANEL),
                    held,
                );
            }
        }
    }
}
