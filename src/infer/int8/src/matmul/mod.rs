//! Matrix products of unsigned 8-bit activations and signed 8-bit weights with what follows them: offset, scale, bias,
//! residual, rounding.

use crate::{Isa, isa::Set};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avxvnni;
#[cfg(target_arch = "aarch64")]
mod neon;
mod packing;
mod portable;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tiles;
#[cfg(target_arch = "x86_64")]
mod ymm;

pub use packing::{Matrix, PANEL, Packed, pack, padded, panel_bytes};

/// The left factor: `rows` rows of `k` values, `stride` apart.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The values, row by row.
    pub data: &'a [u8],
    /// From the start of a row to the start of the next.
    pub stride: usize,
    /// Number of rows.
    pub count: usize,
}

/// What becomes of the 32-bit sums. Slices by column have one element for each column, padded to whole panels; `stride` is
/// that of the output's rows.
#[derive(Debug)]
pub enum Output<'a> {
    /// `round(sum * scale + bias)` held in 0..=255, the residual times its gain added before rounding where there is one; scale
    /// and bias include the output's quantization.
    Quantized {
        /// Receives the rows.
        out: &'a mut [u8],
        /// From row to row.
        stride: usize,
        /// By column.
        scale: &'a [f32],
        /// By column.
        bias: &'a [f32],
        /// Added before rounding.
        residual: Option<Residual<'a>>,
    },
    /// As `Quantized`, but each row's sums are first multiplied by a factor of its own and no bias but the zero point is
    /// added: the closing of softmax times values.
    Weighted {
        /// Receives the rows.
        out: &'a mut [u8],
        /// From row to row.
        stride: usize,
        /// By column.
        scale: &'a [f32],
        /// By row.
        factors: &'a [f32],
        /// Zero point of the output.
        zero: f32,
    },
    /// `sum * scale + bias`, not below `least`, plus the residual where there is one.
    Float {
        /// Receives the rows.
        out: &'a mut [f32],
        /// From row to row, of the residual too.
        stride: usize,
        /// By column.
        scale: &'a [f32],
        /// By column.
        bias: &'a [f32],
        /// Added last.
        residual: Option<&'a [f32]>,
        /// 0 for ReLU, negative infinity for nothing.
        least: f32,
    },
    /// The sums as they are.
    Sums {
        /// Receives the rows.
        out: &'a mut [i32],
        /// From row to row.
        stride: usize,
    },
}

/// Rows of bytes to be added to a product's.
#[derive(Debug, Clone, Copy)]
pub struct Residual<'a> {
    /// As far apart as the output's rows.
    pub rows: &'a [u8],
    /// Worth of one of its steps, in steps of the output. What its zero point adds is part of the product's bias.
    pub gain: f32,
}

/// Multiplies `rows` by `matrix` and finishes as `output` says.
///
/// # Panics
/// When a slice is shorter than rows, strides and columns ask for; that is a mistake of this crate, not of data.
pub fn multiply(isa: Isa, rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    check(&rows, &matrix, &output);
    if rows.count == 0 {
        return;
    }
    match isa.set() {
        // SAFETY: the set was found on this processor, and `check` held every slice against rows, strides and columns.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512Vnni => unsafe { avx512::multiply(rows, matrix, output) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Set::AvxVnni => unsafe { avxvnni::multiply(rows, matrix, output) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2::multiply(rows, matrix, output) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Set::NeonDot => unsafe { neon::multiply_dot(rows, matrix, output) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Set::Neon => unsafe { neon::multiply_plain(rows, matrix, output) },
        Set::Portable => portable::multiply(rows, matrix, output),
    }
}

/// Elements that `count` rows of `width` reach over, `stride` apart.
fn reach(count: usize, stride: usize, width: usize) -> usize {
    count.saturating_sub(1) * stride + if count == 0 { 0 } else { width }
}

fn check(rows: &Rows<'_>, matrix: &Matrix<'_>, output: &Output<'_>) {
    let (n, columns) = (matrix.n, padded(matrix.n));
    assert!(
        matrix.k.is_multiple_of(4) && rows.stride >= matrix.k,
        "rows too short"
    );
    assert!(
        rows.data.len() >= reach(rows.count, rows.stride, matrix.k),
        "too few rows"
    );
    assert!(
        matrix.panels.len() >= panel_bytes(matrix.k, n),
        "too few panels"
    );
    assert!(
        matrix.offsets.len() >= columns && matrix.sums.len() >= columns,
        "too few offsets"
    );
    let fits = match output {
        Output::Quantized {
            out,
            stride,
            scale,
            bias,
            residual,
        } => {
            let length = residual.map_or(out.len(), |r| r.rows.len().min(out.len()));
            *stride >= n
                && length >= reach(rows.count, *stride, n)
                && scale.len().min(bias.len()) >= columns
        }
        Output::Weighted {
            out,
            stride,
            scale,
            factors,
            ..
        } => {
            *stride >= n
                && out.len() >= reach(rows.count, *stride, n)
                && scale.len() >= columns
                && factors.len() >= rows.count
        }
        Output::Float {
            out,
            stride,
            scale,
            bias,
            residual,
            ..
        } => {
            let length = residual.map_or(out.len(), |r| r.len().min(out.len()));
            *stride >= n
                && length >= reach(rows.count, *stride, n)
                && scale.len().min(bias.len()) >= columns
        }
        Output::Sums { out, stride } => *stride >= n && out.len() >= reach(rows.count, *stride, n),
    };
    assert!(fits, "output too short");
}
