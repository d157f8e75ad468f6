//! NEON: tiles of a few rows x 16 columns, with the dot product of ARMv8.2 and without it.
//!
//! Both multiply signed bytes only. Activations less 128 are signed; what that takes from each sum, 128 times the column's
//! sum, is added to what the sum starts from.

use std::arch::{aarch64::*, asm};

use super::{
    Matrix, Output, PANEL, Rows,
    tiles::{Operands, Target, Tile, walk},
};

/// Registers of a panel.
const FOUR: usize = PANEL / 4;

/// Sums of one row of a panel.
type Sums = [int32x4_t; FOUR];

/// See [`super::multiply`].
///
/// # Safety
/// The processor has the features below, and the slices are as long as `super::check` asks.
#[target_feature(enable = "neon,dotprod")]
pub(super) unsafe fn multiply_dot(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    // SAFETY: the caller's promise; this function has the features.
    unsafe { walk::<Dot>(rows, matrix, output) }
}

/// See [`super::multiply`].
///
/// # Safety
/// The slices are as long as `super::check` asks.
pub(super) unsafe fn multiply_plain(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    // SAFETY: the caller's promise; every AArch64 processor has NEON.
    unsafe { walk::<Plain>(rows, matrix, output) }
}

/// How a tile's sums are formed. Everything is inlined into functions that have the features.
trait Kernel {
    /// Rows of a tile: as many as leave room in 32 registers for the rest.
    const ROWS: usize;

    /// The sums of `R` rows of the panel at `b`, the first row at `a`.
    ///
    /// # Safety
    /// The processor has the kernel's features; rows and panel are as long as `product` says.
    unsafe fn sums<const R: usize>(
        product: &Operands,
        a: *const u8,
        b: *const i8,
        start: Sums,
    ) -> [Sums; R];
}

impl<K: Kernel> Tile for K {
    const ROWS: usize = <K as Kernel>::ROWS;

    #[inline(always)]
    unsafe fn tile<const R: usize>(product: &Operands, target: Target, row: usize, column: usize) {
        // SAFETY: all addresses lie inside the checked slices; offsets and sums are padded to whole panels.
        unsafe {
            let mut start = [vdupq_n_s32(0); FOUR];
            for (v, start) in start.iter_mut().enumerate() {
                let offsets = vld1q_s32(product.offsets.add(column + 4 * v));
                let sums = vld1q_s32(product.sums.add(column + 4 * v));
                *start = vaddq_s32(offsets, vshlq_n_s32::<7>(sums));
            }
            let a = product.a.add(row * product.a_stride);
            let b = product.panels.add(column / PANEL * product.panel());
            epilogue(
                &K::sums::<R>(product, a, b, start),
                target,
                row,
                column,
                product.n - column,
            );
        }
    }
}

/// Four bytes of a row in every lane, made signed.
///
/// # Safety
/// Four bytes from `a` on can be read.
#[inline(always)]
unsafe fn four(a: *const u8, flip: uint8x16_t) -> int8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = vdupq_n_u32(a.cast::<u32>().read_unaligned());
        vreinterpretq_s8_u8(veorq_u8(vreinterpretq_u8_u32(bytes), flip))
    }
}

/// The dot product instruction: four bytes of a row times four weights of four columns.
struct Dot;

impl Kernel for Dot {
    // 16 sums, 4 weights, 4 rows' values.
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn sums<const R: usize>(
        product: &Operands,
        a: *const u8,
        b: *const i8,
        start: Sums,
    ) -> [Sums; R] {
        let (mut a, mut b) = (a, b);
        let mut sums = [start; R];
        // SAFETY: sixteen bytes of each row and four panel rows of 64 bytes at a time, then four bytes and one.
        unsafe {
            let flip = vdupq_n_u8(0x80);
            for _ in 0..product.quads / 4 {
                let mut values = [vdupq_n_s8(0); R];
                for (r, values) in values.iter_mut().enumerate() {
                    *values =
                        vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a.add(r * product.a_stride)), flip));
                }
                dots::<R, 0>(&mut sums, &values, b);
                dots::<R, 1>(&mut sums, &values, b.add(4 * PANEL));
                dots::<R, 2>(&mut sums, &values, b.add(8 * PANEL));
                dots::<R, 3>(&mut sums, &values, b.add(12 * PANEL));
                a = a.add(16);
                b = b.add(16 * PANEL);
            }
            for _ in 0..product.quads % 4 {
                let mut values = [vdupq_n_s8(0); R];
                for (r, values) in values.iter_mut().enumerate() {
                    *values = four(a.add(r * product.a_stride), flip);
                }
                dots::<R, 0>(&mut sums, &values, b);
                a = a.add(4);
                b = b.add(4 * PANEL);
            }
        }
        sums
    }
}

/// Adds each row's four bytes number `LANE` times the weights at `b`.
#[inline(always)]
unsafe fn dots<const R: usize, const LANE: u32>(
    sums: &mut [Sums; R],
    values: &[int8x16_t; R],
    b: *const i8,
) {
    for v in 0..FOUR {
        // SAFETY: the caller owns 64 weights from `b` on.
        let weights = unsafe { vld1q_s8(b.add(16 * v)) };
        for (sums, values) in sums.iter_mut().zip(values) {
            // SAFETY: registers only; the caller has the dot product. Its intrinsic is not stable yet.
            unsafe {
                asm!(
                    "sdot {sum:v}.4s, {weights:v}.16b, {values:v}.4b[{lane}]",
                    sum = inout(vreg) sums[v],
                    weights = in(vreg) weights,
                    values = in(vreg) *values,
                    lane = const LANE,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
        }
    }
}

/// Products of bytes in 16 bits, added in pairs to sums of 32.
struct Plain;

impl Kernel for Plain {
    // 16 halves of sums, a weight, 2 rows' values, some products.
    const ROWS: usize = 2;

    #[inline(always)]
    unsafe fn sums<const R: usize>(
        product: &Operands,
        a: *const u8,
        b: *const i8,
        start: Sums,
    ) -> [Sums; R] {
        let (mut a, mut b) = (a, b);
        // SAFETY: four bytes of each row and a panel row of 64 bytes at a time.
        unsafe {
            let flip = vdupq_n_u8(0x80);
            // Two halves of each column's sum side by side: registers for two columns each.
            let mut halves = [[vdupq_n_s32(0); 2 * FOUR]; R];
            for _ in 0..product.quads {
                let mut values = [vdupq_n_s8(0); R];
                for (r, values) in values.iter_mut().enumerate() {
                    *values = four(a.add(r * product.a_stride), flip);
                }
                for v in 0..FOUR {
                    let weights = vld1q_s8(b.add(16 * v));
                    for (halves, &values) in halves.iter_mut().zip(&values) {
                        let low = vmull_s8(vget_low_s8(weights), vget_low_s8(values));
                        halves[2 * v] = vpadalq_s16(halves[2 * v], low);
                        let high = vmull_high_s8(weights, values);
                        halves[2 * v + 1] = vpadalq_s16(halves[2 * v + 1], high);
                    }
                }
                a = a.add(4);
                b = b.add(4 * PANEL);
            }
            let mut sums = [start; R];
            for (sums, halves) in sums.iter_mut().zip(&halves) {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = vaddq_s32(*sum, vpaddq_s32(halves[2 * v], halves[2 * v + 1]));
                }
            }
            sums
        }
    }
}

/// Turns the sums of a tile into outputs; `columns` of them are left from `column` on.
#[inline(always)]
unsafe fn epilogue<const R: usize>(
    sums: &[Sums; R],
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
                    let mut values = scale;
                    for v in 0..FOUR {
                        values[v] = vfmaq_f32(bias[v], vcvtq_f32_s32(sums[v]), scale[v]);
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
                    let mut values = scale;
                    for v in 0..FOUR {
                        values[v] = vfmaq_f32(bias[v], vcvtq_f32_s32(sums[v]), scale[v]);
                    }
                    let more = bytes(residual.add((row + r) * stride + column), columns);
                    for v in 0..FOUR {
                        values[v] = vfmaq_n_f32(values[v], more[v], gain);
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
                let (scale, zero) = (by_column(scale, column), vdupq_n_f32(zero));
                for (r, sums) in sums.iter().enumerate() {
                    let factor = *factors.add(row + r);
                    let mut values = scale;
                    for v in 0..FOUR {
                        let weighted = vmulq_n_f32(vcvtq_f32_s32(sums[v]), factor);
                        values[v] = vfmaq_f32(zero, weighted, scale[v]);
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
                let least = vdupq_n_f32(least);
                for (r, sums) in sums.iter().enumerate() {
                    let place = (row + r) * stride + column;
                    let mut values = scale;
                    for v in 0..FOUR {
                        let value = vfmaq_f32(bias[v], vcvtq_f32_s32(sums[v]), scale[v]);
                        values[v] = vmaxq_f32(value, least);
                    }
                    if !residual.is_null() {
                        let residual = row_of(residual.add(place), columns);
                        for v in 0..FOUR {
                            values[v] = vaddq_f32(values[v], residual[v]);
                        }
                    }
                    store(
                        values.map(|values| vreinterpretq_u32_f32(values)),
                        out.add(place).cast(),
                        columns,
                    );
                }
            }
            Target::Sums { out, stride } => {
                for (r, sums) in sums.iter().enumerate() {
                    let place = (row + r) * stride + column;
                    store(
                        sums.map(|sums| vreinterpretq_u32_s32(sums)),
                        out.add(place).cast(),
                        columns,
                    );
                }
            }
        }
    }
}

/// A panel's part of a slice by column.
#[inline(always)]
unsafe fn by_column(values: *const f32, column: usize) -> [float32x4_t; FOUR] {
    // SAFETY: slices by column are padded to whole panels.
    unsafe { row_of(values.add(column), PANEL) }
}

/// Sixteen floats, or the first `columns` of them and zeros.
#[inline(always)]
unsafe fn row_of(values: *const f32, columns: usize) -> [float32x4_t; FOUR] {
    let mut some = [0.0; PANEL];
    // SAFETY: the caller owns `columns` floats.
    unsafe {
        let from = if columns >= PANEL {
            values
        } else {
            some.as_mut_ptr().copy_from_nonoverlapping(values, columns);
            some.as_ptr()
        };
        [
            vld1q_f32(from),
            vld1q_f32(from.add(4)),
            vld1q_f32(from.add(8)),
            vld1q_f32(from.add(12)),
        ]
    }
}

/// Sixteen bytes as floats, or the first `columns` of them and zeros.
#[inline(always)]
unsafe fn bytes(from: *const u8, columns: usize) -> [float32x4_t; FOUR] {
    let mut some = [0; PANEL];
    // SAFETY: the caller owns `columns` bytes from `from` on.
    unsafe {
        let from = if columns >= PANEL {
            from
        } else {
            some.as_mut_ptr().copy_from_nonoverlapping(from, columns);
            some.as_ptr()
        };
        let bytes = vld1q_u8(from);
        let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
        [
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
            vcvtq_f32_u32(vmovl_high_u16(low)),
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
            vcvtq_f32_u32(vmovl_high_u16(high)),
        ]
    }
}

/// Stores the first `columns` of sixteen words.
#[inline(always)]
unsafe fn store(words: [uint32x4_t; FOUR], out: *mut u32, columns: usize) {
    let mut some = [0; PANEL];
    // SAFETY: the caller owns `columns` words from `out` on.
    unsafe {
        let to = if columns >= PANEL {
            out
        } else {
            some.as_mut_ptr()
        };
        for (v, words) in words.into_iter().enumerate() {
            vst1q_u32(to.add(4 * v), words);
        }
        if columns < PANEL {
            out.copy_from_nonoverlapping(some.as_ptr(), columns);
        }
    }
}

/// Rounds to bytes and stores the first `columns` of them.
#[inline(always)]
unsafe fn store_bytes(values: [float32x4_t; FOUR], out: *mut u8, columns: usize) {
    // SAFETY: the caller owns `columns` bytes from `out` on.
    unsafe {
        // To the nearest, ties to even; every step down holds in the type's range.
        let words = |v: usize| vqmovn_s32(vcvtnq_s32_f32(values[v]));
        let low = vqmovun_s16(vcombine_s16(words(0), words(1)));
        let high = vqmovun_s16(vcombine_s16(words(2), words(3)));
        let bytes = vcombine_u8(low, high);
        if columns >= PANEL {
            vst1q_u8(out, bytes);
        } else {
            let mut all = [0; PANEL];
            vst1q_u8(all.as_mut_ptr(), bytes);
            out.copy_from_nonoverlapping(all.as_ptr(), columns);
        }
    }
}
