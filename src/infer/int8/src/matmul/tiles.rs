//! What the kernels share: raw addresses of a product's operands, and the walk over its tiles.

use super::{Matrix, Output, PANEL, Rows};

/// Addresses and strides of a checked product.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    pub a: *const u8,
    pub a_stride: usize,
    pub rows: usize,
    /// Rows of the matrix, in fours.
    pub quads: usize,
    pub n: usize,
    pub panels: *const i8,
    pub offsets: *const i32,
    #[cfg_attr(
        target_arch = "x86_64",
        expect(
            dead_code,
            reason = "for processors whose product is signed times signed"
        )
    )]
    pub sums: *const i32,
}

impl Operands {
    pub(super) fn new(rows: Rows<'_>, matrix: Matrix<'_>) -> Self {
        Self {
            a: rows.data.as_ptr(),
            a_stride: rows.stride,
            rows: rows.count,
            quads: matrix.k / 4,
            n: matrix.n,
            panels: matrix.panels.as_ptr(),
            offsets: matrix.offsets.as_ptr(),
            sums: matrix.sums.as_ptr(),
        }
    }

    /// Bytes of one panel.
    pub(super) fn panel(&self) -> usize {
        self.quads * 4 * PANEL
    }
}

/// [`Output`] by address.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Quantised {
        out: *mut u8,
        stride: usize,
        scale: *const f32,
        bias: *const f32,
    },
    Weighted {
        out: *mut u8,
        stride: usize,
        scale: *const f32,
        factors: *const f32,
        zero: f32,
    },
    Float {
        out: *mut f32,
        stride: usize,
        scale: *const f32,
        bias: *const f32,
        residual: *const f32,
        least: f32,
    },
    Sums {
        out: *mut i32,
        stride: usize,
    },
}

impl From<Output<'_>> for Target {
    fn from(output: Output<'_>) -> Self {
        match output {
            Output::Quantised {
                out,
                stride,
                scale,
                bias,
            } => Self::Quantised {
                out: out.as_mut_ptr(),
                stride,
                scale: scale.as_ptr(),
                bias: bias.as_ptr(),
            },
            Output::Weighted {
                out,
                stride,
                scale,
                factors,
                zero,
            } => Self::Weighted {
                out: out.as_mut_ptr(),
                stride,
                scale: scale.as_ptr(),
                factors: factors.as_ptr(),
                zero,
            },
            Output::Float {
                out,
                stride,
                scale,
                bias,
                residual,
                least,
            } => Self::Float {
                out: out.as_mut_ptr(),
                stride,
                scale: scale.as_ptr(),
                bias: bias.as_ptr(),
                residual: residual.map_or(std::ptr::null(), <[f32]>::as_ptr),
                least,
            },
            Output::Sums { out, stride } => Self::Sums {
                out: out.as_mut_ptr(),
                stride,
            },
        }
    }
}
