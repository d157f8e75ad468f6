//! The right factor as every kernel reads it: panels of 16 columns, in each of them four consecutive rows of a column
//! side by side, as the dot product instructions take them.

/// Columns of a panel.
pub const PANEL: usize = 16;

/// `n` columns, filled up to whole panels.
#[must_use]
pub const fn padded(n: usize) -> usize {
    n.next_multiple_of(PANEL)
}

/// Bytes of the panels of a `k` x `n` matrix; `k` is a multiple of 4.
#[must_use]
pub const fn panel_bytes(k: usize, n: usize) -> usize {
    k * padded(n)
}

/// A packed `k` x `n` matrix.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    /// Rows, a multiple of 4.
    pub k: usize,
    /// Columns.
    pub n: usize,
    /// Weights by panel, by four rows, by column, by row.
    pub panels: &'a [i8],
    /// What each column's sum starts from, padded to whole panels.
    pub offsets: &'a [i32],
    /// Sum of each column, padded to whole panels.
    pub sums: &'a [i32],
}

/// A packed matrix that owns its values: weights.
#[derive(Debug, Clone)]
pub struct Packed {
    k: usize,
    n: usize,
    panels: Vec<i8>,
    offsets: Vec<i32>,
    sums: Vec<i32>,
}

impl Packed {
    /// Packs the `n` columns of `k` values that `value(row, column)` gives, for rows of activations whose zero point is
    /// `zero`: sums start from what the zero point would add.
    pub fn new(k: usize, n: usize, zero: u8, value: impl Fn(usize, usize) -> i8) -> Self {
        let k4 = k.next_multiple_of(4);
        let mut panels = vec![0; panel_bytes(k4, n)];
        let mut sums = vec![0; padded(n)];
        pack(
            k4,
            n,
            |row, column| if row < k { value(row, column) } else { 0 },
            &mut panels,
            &mut sums,
        );
        let offsets = sums.iter().map(|sum| -i32::from(zero) * sum).collect();
        Self {
            k: k4,
            n,
            panels,
            offsets,
            sums,
        }
    }

    /// As the kernels take it.
    #[must_use]
    pub fn view(&self) -> Matrix<'_> {
        Matrix {
            k: self.k,
            n: self.n,
            panels: &self.panels,
            offsets: &self.offsets,
            sums: &self.sums,
        }
    }

    /// An element of the padded matrix.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn value(&self, row: usize, column: usize) -> i8 {
        let panel = column / PANEL * self.k * PANEL;
        self.panels[panel + (row / 4 * PANEL + column % PANEL) * 4 + row % 4]
    }

    /// Columns.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Rows, filled up to a multiple of 4.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }
}

/// Packs `value(row, column)` into `panels` and each column's sum into `sums`; `k` is a multiple of 4. Columns beyond `n` are
/// zero.
pub fn pack(
    k: usize,
    n: usize,
    value: impl Fn(usize, usize) -> i8,
    panels: &mut [i8],
    sums: &mut [i32],
) {
    let by_panel = panels
        .chunks_exact_mut(k * PANEL)
        .zip(sums.chunks_exact_mut(PANEL));
    for ((panel, sums), first) in by_panel.zip((0..n).step_by(PANEL)) {
        sums.fill(0);
        let quads = panel.as_chunks_mut::<4>().0.chunks_exact_mut(PANEL);
        for (quad, columns) in quads.enumerate() {
            for (column, (four, sum)) in columns.iter_mut().zip(&mut *sums).enumerate() {
                let column = first + column;
                if column < n {
                    *four = [0, 1, 2, 3].map(|row| value(4 * quad + row, column));
                } else {
                    *four = [0; 4];
                }
                *sum += four.iter().map(|&weight| i32::from(weight)).sum::<i32>();
            }
        }
    }
}
