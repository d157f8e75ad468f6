//! The product in plain Rust: the definition that the kernels are held against, and the way out where none of them runs.

use super::{Matrix, Output, PANEL, Rows};
use crate::round::to_u8;

/// Multiplies row by row, panel by panel.
pub(super) fn multiply(rows: Rows<'_>, matrix: Matrix<'_>, mut output: Output<'_>) {
    for row in 0..rows.count {
        let values = &rows.data[row * rows.stride..][..matrix.k];
        for (panel, first) in matrix
            .panels
            .chunks_exact(matrix.k * PANEL)
            .zip((0..matrix.n).step_by(PANEL))
        {
            let mut sums = [0; PANEL];
            sums.copy_from_slice(&matrix.offsets[first..first + PANEL]);
            for (four, weights) in values
                .as_chunks::<4>()
                .0
                .iter()
                .zip(panel.as_chunks::<{ 4 * PANEL }>().0)
            {
                for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<4>().0) {
                    for (value, weight) in four.iter().zip(weights) {
                        *sum += i32::from(*value) * i32::from(*weight);
                    }
                }
            }
            let columns = PANEL.min(matrix.n - first);
            store(row, first, &sums[..columns], &mut output);
        }
    }
}

/// Finishes the sums of some columns of one row.
pub(super) fn store(row: usize, first: usize, sums: &[i32], output: &mut Output<'_>) {
    let count = sums.len();
    match output {
        Output::Quantized {
            out,
            stride,
            scale,
            bias,
            residual,
        } => {
            let start = row * *stride + first;
            for (i, (out, sum)) in out[start..][..count].iter_mut().zip(sums).enumerate() {
                let value = (*sum as f32).mul_add(scale[first + i], bias[first + i]);
                *out = to_u8(match residual {
                    Some(residual) => {
                        f32::from(residual.rows[start + i]).mul_add(residual.gain, value)
                    }
                    None => value,
                });
            }
        }
        Output::Weighted {
            out,
            stride,
            scale,
            factors,
            zero,
        } => {
            let out = &mut out[row * *stride + first..][..count];
            for (i, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
                *out = to_u8((*sum as f32 * factors[row]).mul_add(scale[first + i], *zero));
            }
        }
        Output::Float {
            out,
            stride,
            scale,
            bias,
            residual,
            least,
        } => {
            let start = row * *stride + first;
            for (i, (out, sum)) in out[start..][..count].iter_mut().zip(sums).enumerate() {
                let value = (*sum as f32)
                    .mul_add(scale[first + i], bias[first + i])
                    .max(*least);
                *out = value + residual.map_or(0.0, |residual| residual[start + i]);
            }
        }
        Output::Sums { out, stride } => out[row * *stride + first..][..count].copy_from_slice(sums),
    }
}
