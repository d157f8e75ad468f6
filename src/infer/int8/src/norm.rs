//! Layer normalisation of rows, with the quantization that follows it.

use crate::{Isa, round::to_u8, vectorise::Job};

#[cfg(target_arch = "x86_64")]
mod avx512;

const LANES: usize = 16;

/// `(x - mean) / sqrt(variance + epsilon) * gain + shift` along each row (Ba et al., "Layer Normalization", 2016). For a
/// quantized output, gain and shift include its scale and zero point.
#[derive(Debug, Clone)]
pub struct Norm {
    /// By channel.
    pub gain: Vec<f32>,
    /// By channel.
    pub shift: Vec<f32>,
    /// Keeps rows without variance finite.
    pub epsilon: f32,
}

impl Norm {
    /// The same normalisation, quantized to `round(y / scale + zero)`.
    #[must_use]
    pub fn quantized(&self, scale: f32, zero: u8) -> Self {
        Self {
            gain: self.gain.iter().map(|gain| gain / scale).collect(),
            shift: self
                .shift
                .iter()
                .map(|shift| shift / scale + f32::from(zero))
                .collect(),
            epsilon: self.epsilon,
        }
    }

    /// Normalises whole rows of floats.
    ///
    /// # Panics
    /// When `rows` and `out` differ in length.
    pub fn floats(&self, isa: Isa, rows: &[f32], out: &mut [f32]) {
        self.rows(isa, rows, out);
    }

    /// Normalises whole rows to bytes; to be called on what [`quantized`](Self::quantized) gave.
    ///
    /// # Panics
    /// When `rows` and `out` differ in length.
    pub fn bytes(&self, isa: Isa, rows: &[f32], out: &mut [u8]) {
        self.rows(isa, rows, out);
    }

    fn rows<T: Element>(&self, isa: Isa, rows: &[f32], out: &mut [T]) {
        assert_eq!(rows.len(), out.len());
        #[cfg(target_arch = "x86_64")]
        if self.suits_avx512(isa, rows.len()) {
            // SAFETY: the set was found on this processor; lengths were compared.
            return unsafe { avx512::rows(self, rows, out) };
        }
        isa.run(Normalise {
            norm: self,
            rows,
            out,
        });
    }

    /// Whether rows of `length` elements in all are what the AVX-512 kernel takes.
    #[cfg(target_arch = "x86_64")]
    fn suits_avx512(&self, isa: Isa, length: usize) -> bool {
        let width = self.gain.len();
        isa.set() == crate::isa::Set::Avx512Vnni
            && width.is_multiple_of(LANES)
            && self.shift.len() == width
            && length.is_multiple_of(width)
            && length >= LANES * width
    }
}

/// What rows are normalised to.
trait Element: Copy {
    /// From a normalised number.
    fn of(value: f32) -> Self;

    /// Stores sixteen of them.
    ///
    /// # Safety
    /// The processor has AVX-512, and 16 elements from `out` on are the caller's.
    #[cfg(target_arch = "x86_64")]
    unsafe fn store(values: std::arch::x86_64::__m512, out: *mut Self);
}

impl Element for f32 {
    #[inline(always)]
    fn of(value: f32) -> Self {
        value
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn store(values: std::arch::x86_64::__m512, out: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { avx512::store_floats(values, out) }
    }
}

impl Element for u8 {
    #[inline(always)]
    fn of(value: f32) -> Self {
        to_u8(value)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn store(values: std::arch::x86_64::__m512, out: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { avx512::store_bytes(values, out) }
    }
}

struct Normalise<'a, T> {
    norm: &'a Norm,
    rows: &'a [f32],
    out: &'a mut [T],
}

impl<T: Element> Job for Normalise<'_, T> {
    #[inline(always)]
    fn run(self) {
        let width = self.norm.gain.len();
        for (row, out) in self
            .rows
            .chunks_exact(width)
            .zip(self.out.chunks_exact_mut(width))
        {
            normalise(self.norm, row, out);
        }
    }
}

#[inline(always)]
fn normalise<T: Element>(norm: &Norm, row: &[f32], out: &mut [T]) {
    let share = 1.0 / row.len() as f32;
    let mean = sum(row, |sum, x| sum + x) * share;
    let variance = sum(row, |sum, x| (x - mean).mul_add(x - mean, sum)) * share;
    let factor = 1.0 / (variance + norm.epsilon).sqrt();
    let level = -(mean * factor);
    for (((out, &x), &gain), &shift) in out.iter_mut().zip(row).zip(&norm.gain).zip(&norm.shift) {
        *out = T::of(x.mul_add(factor, level).mul_add(gain, shift));
    }
}

/// A row added up by `add`, in as many partial sums as vectors have lanes.
#[inline(always)]
fn sum(row: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = add(*lane, x);
        }
    }
    rest.iter().fold(total(lanes), |sum, &x| add(sum, x))
}

/// The sum of all lanes, added in the order of the kernel for AVX-512.
#[inline(always)]
fn total(lanes: [f32; LANES]) -> f32 {
    let quarter = |i: usize| (lanes[i] + lanes[i + 2]) + (lanes[i + 1] + lanes[i + 3]);
    (quarter(0) + quarter(4)) + (quarter(8) + quarter(12))
}
