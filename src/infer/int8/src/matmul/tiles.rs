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

/// A kernel whose tiles are one panel wide.
pub(super) trait Tile {
    /// Most rows of a tile, at most 6.
    const ROWS: usize;

    /// Computes and stores `R` rows of one panel from (`row`, `column`) on.
    ///
    /// # Safety
    /// The processor has the kernel's features; rows and panel exist, and the slices are as long as `super::check` asks.
    unsafe fn tile<const R: usize>(product: &Operands, target: Target, row: usize, column: usize);
}

/// Covers the product with tiles.
///
/// # Safety
/// The processor has the kernel's features, and the slices are as long as `super::check` asks.
#[inline(always)]
pub(super) unsafe fn walk<T: Tile>(rows: Rows<'_>, matrix: Matrix<'_>, output: Output<'_>) {
    const { assert!(T::ROWS >= 2 && T::ROWS <= 6) };
    let product = Operands::new(rows, matrix);
    let target = Target::from(output);
    for column in (0..product.n).step_by(PANEL) {
        let mut row = 0;
        while row < product.rows {
            let rows = (product.rows - row).min(T::ROWS);
            // SAFETY: `rows` rows from `row` on exist, and so does the panel at `column`.
            unsafe {
                match rows {
                    1 => T::tile::<1>(&product, target, row, column),
                    3 if T::ROWS >= 3 => T::tile::<3>(&product, target, row, column),
                    4 if T::ROWS >= 4 => T::tile::<4>(&product, target, row, column),
                    5 if T::ROWS >= 5 => T::tile::<5>(&product, target, row, column),
                    6 if T::ROWS >= 6 => T::tile::<6>(&product, target, row, column),
                    _ => T::tile::<2>(&product, target, row, column),
                }
            }
            row += rows;
        }
    }
}

/// [`Output`] by address.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Quantized {
        out: *mut u8,
        stride: usize,
        scale: *const f32,
        bias: *const f32,
    },
    /// [`Output::Quantized`] with a residual; apart, for kernels to tell at compile time.
    Added {
        out: *mut u8,
        stride: usize,
        scale: *const f32,
        bias: *const f32,
        residual: *const u8,
        gain: f32,
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
            Output::Quantized {
                out,
                stride,
                scale,
                bias,
                residual: None,
            } => Self::Quantized {
                out: out.as_mut_ptr(),
                stride,
                scale: scale.as_ptr(),
                bias: bias.as_ptr(),
            },
            Output::Quantized {
                out,
                stride,
                scale,
                bias,
                residual: Some(residual),
            } => Self::Added {
                out: out.as_mut_ptr(),
                stride,
                scale: scale.as_ptr(),
                bias: bias.as_ptr(),
                residual: residual.rows.as_ptr(),
                gain: residual.gain,
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
