//! What AVX2 and AVX-VNNI share: tiles of a few rows x 16 columns in 256-bit registers, and what becomes of their sums. Only
//! the step along the inner dimension differs.
//!
//! Everything here is inlined into functions that have the features; nothing here asks for them, so that one text serves
//! both.

use std::arch::x86_64::*;

use super::{
    PANEL,
    tiles::{Operands, Target, Tile},
};

/// Registers of a panel.
const PAIR: usize = PANEL / 8;

/// One step: four bytes of a row times four weights of eight columns.
pub(super) trait Step {
    /// Rows of a tile: as many as leave room in 16 registers for the rest.
    const ROWS: usize;
    /// Weights of eight columns, made ready once for all rows.
    type Weights: Copy;
    /// Four bytes of a row in every lane, made ready once for all columns.
    type Values: Copy;

    /// # Safety
    /// As for all functions of this trait: the processor has the features of the set, AVX2 and FMA among them.
    unsafe fn weights(bytes: __m256i) -> Self::Weights;
    /// # Safety
    /// As above.
    unsafe fn values(bytes: __m256i) -> Self::Values;
    /// # Safety
    /// As above.
    unsafe fn add(sum: __m256i, values: Self::Values, weights: Self::Weights) -> __m256i;
}

impl<S: Step> Tile for S {
    const ROWS: usize = <S as Step>::ROWS;

    #[inline(always)]
    unsafe fn tile<const R: usize>(product: &Operands, target: Target, row: usize, column: usize) {
        // SAFETY: all addresses lie inside the checked slices; offsets are padded to whole panels.
        unsafe {
            let mut b = product.panels.add(column / PANEL * product.panel());
            let mut a = product.a.add(row * product.a_stride);
            let offsets = product.offsets.add(column);
            let start = [
                _mm256_loadu_si256(offsets.cast()),
                _mm256_loadu_si256(offsets.add(8).cast()),
            ];
            let mut sums = [start; R];
            for _ in 0..product.quads {
                let low = S::weights(_mm256_loadu_si256(b.cast()));
                let high = S::weights(_mm256_loadu_si256(b.add(32).cast()));
                for (r, sums) in sums.iter_mut().enumerate() {
                    let four = a.add(r * product.a_stride).cast::<i32>().read_unaligned();
                    let values = S::values(_mm256_set1_epi32(four));
                    sums[0] = S::add(sums[0], values, low);
                    sums[1] = S::add(sums[1], values, high);
                }
                a = a.add(4);
                b = b.add(4 * PANEL);
            }
            epilogue(&sums, target, row, column, product.n - column);
        }
    }
}

/// Turns the sums of a tile into outputs; `columns` of them are left from `column` on.
#[inline(always)]
unsafe fn epilogue<const R: usize>(
    sums: &[[__m256i; PAIR]; R],
    target: Target,
    row: usize,
    column: usize,
    columns: usize,
) {
    // SAFETY: slices by column are padded to whole panels; of the outputs only `columns` elements of a row are touched.
    unsafe {
        match target {
            Target::Quantized {
                out,
                stride,
                scale,
                bias,
            } => {
                let (scale, bias) = (by_column(scale, column), by_column(bias, column));
                for (r, sums) in sums.iter().enumerate() {
                    let mut values = [_mm256_setzero_ps(); PAIR];
                    for v in 0..PAIR {
                        values[v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                    }
                    store_bytes(values, out.add((row + r) * stride + column), columns);
                }
            }
            Target::Added {
                out,
                stride,
                scale,
                bias,
                residual,
                gain,
            } => {
                let (scale, bias) = (by_column(scale, column), by_column(bias, column));
                for (r, sums) in sums.iter().enumerate() {
                    let mut values = [_mm256_setzero_ps(); PAIR];
                    for v in 0..PAIR {
                        values[v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                    }
                    let more = bytes(residual.add((row + r) * stride + column), columns);
                    for v in 0..PAIR {
                        values[v] = _mm256_fmadd_ps(more[v], _mm256_set1_ps(gain), values[v]);
                    }
                    store_bytes(values, out.add((row + r) * stride + column), columns);
                }
            }
            Target::Weighted {
                out,
                stride,
                scale,
                factors,
                zero,
            } => {
                let (scale, zero) = (by_column(scale, column), _mm256_set1_ps(zero));
                for (r, sums) in sums.iter().enumerate() {
                    let factor = _mm256_set1_ps(*factors.add(row + r));
                    let mut values = [_mm256_setzero_ps(); PAIR];
                    for v in 0..PAIR {
                        let weighted = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[v]), factor);
                        values[v] = _mm256_fmadd_ps(weighted, scale[v], zero);
                    }
                    store_bytes(values, out.add((row + r) * stride + column), columns);
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
                let (scale, bias) = (by_column(scale, column), by_column(bias, column));
                let least = _mm256_set1_ps(least);
                let (whole, masks) = (columns >= PANEL, [first(columns, 0), first(columns, 1)]);
                for (r, sums) in sums.iter().enumerate() {
                    for v in 0..PAIR {
                        let place = (row + r) * stride + column + 8 * v;
                        let value = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[v]), scale[v], bias[v]);
                        let mut value = _mm256_max_ps(value, least);
                        if whole {
                            if !residual.is_null() {
                                value = _mm256_add_ps(
                                    value,
                                    _mm256_loadu_ps(residual.wrapping_add(place)),
                                );
                            }
                            _mm256_storeu_ps(out.wrapping_add(place), value);
                        } else {
                            if !residual.is_null() {
                                let more =
                                    _mm256_maskload_ps(residual.wrapping_add(place), masks[v]);
                                value = _mm256_add_ps(value, more);
                            }
                            _mm256_maskstore_ps(out.wrapping_add(place), masks[v], value);
                        }
                    }
                }
            }
            Target::Sums { out, stride } => {
                let (whole, masks) = (columns >= PANEL, [first(columns, 0), first(columns, 1)]);
                for (r, sums) in sums.iter().enumerate() {
                    for v in 0..PAIR {
                        // Computed without promises: masked off elements may lie beyond the slice.
                        let out = out.wrapping_add((row + r) * stride + column + 8 * v);
                        if whole {
                            _mm256_storeu_si256(out.cast(), sums[v]);
                        } else {
                            _mm256_maskstore_epi32(out, masks[v], sums[v]);
                        }
                    }
                }
            }
        }
    }
}

/// A panel's part of a slice by column.
#[inline(always)]
unsafe fn by_column(values: *const f32, column: usize) -> [__m256; PAIR] {
    // SAFETY: slices by column are padded to whole panels.
    unsafe {
        [
            _mm256_loadu_ps(values.add(column)),
            _mm256_loadu_ps(values.add(column + 8)),
        ]
    }
}

/// A mask of those lanes of a panel's register number `v` that are among its first `columns`.
#[inline(always)]
unsafe fn first(columns: usize, v: usize) -> __m256i {
    let columns = columns.min(PANEL) as i32 - 8 * v as i32;
    // SAFETY: registers only; the caller has AVX2.
    unsafe {
        _mm256_cmpgt_epi32(
            _mm256_set1_epi32(columns),
            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
        )
    }
}

/// Sixteen bytes as floats, or the first `columns` of them and zeros.
#[inline(always)]
unsafe fn bytes(from: *const u8, columns: usize) -> [__m256; PAIR] {
    // SAFETY: the caller owns `columns` bytes from `from` on.
    unsafe {
        let bytes = if columns >= PANEL {
            _mm_loadu_si128(from.cast())
        } else {
            let mut some = [0_u8; PANEL];
            some.as_mut_ptr().copy_from_nonoverlapping(from, columns);
            _mm_loadu_si128(some.as_ptr().cast())
        };
        [
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128::<8>(bytes))),
        ]
    }
}

/// Rounds to bytes and stores the first `columns` of them.
#[inline(always)]
unsafe fn store_bytes(values: [__m256; PAIR], out: *mut u8, columns: usize) {
    // SAFETY: the caller owns `columns` bytes from `out` on.
    unsafe {
        // Numbers too large for 32 bits would become negative.
        let greatest = _mm256_set1_ps(255.0);
        let low = _mm256_cvtps_epi32(_mm256_min_ps(greatest, values[0]));
        let high = _mm256_cvtps_epi32(_mm256_min_ps(greatest, values[1]));
        // Packing interleaves both in fours; the permutation puts them one after the other.
        let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
        let bytes = _mm_packus_epi16(
            _mm256_castsi256_si128(words),
            _mm256_extracti128_si256::<1>(words),
        );
        if columns >= PANEL {
            _mm_storeu_si128(out.cast(), bytes);
        } else {
            let mut all = [0; PANEL];
            _mm_storeu_si128(all.as_mut_ptr().cast(), bytes);
            out.copy_from_nonoverlapping(all.as_ptr(), columns);
        }
    }
}
