//! The 3x3 depthwise convolution of the feed-forward layer with GELU and quantization, row by row.

use crate::{Isa, gelu::gelu, round::to_u8, vectorise::Job};

#[cfg(target_arch = "x86_64")]
mod avx512;

const LANES: usize = 16;

/// Weights and scales of the convolution: `out = round(gelu(sum * scale + bias) * gain + zero)` by channel.
#[derive(Debug, Clone)]
pub struct Depthwise {
    channels: usize,
    /// By tap (row, column), by channel.
    taps: Vec<i16>,
    /// What each sum starts from: the zero point's share of it, negated.
    offsets: Vec<i32>,
    scale: Vec<f32>,
    bias: Vec<f32>,
    gain: f32,
    zero: f32,
    input_zero: u8,
    #[cfg(target_arch = "x86_64")]
    packed: Option<avx512::Packed>,
}

/// What a [`Depthwise`] is made of.
#[derive(Debug, Clone)]
pub struct DepthwiseParts {
    /// Weights by tap (row, column), by channel: 9 x channels.
    pub weights: Vec<i8>,
    /// Scale of input times weight, by channel.
    pub scale: Vec<f32>,
    /// Bias by channel.
    pub bias: Vec<f32>,
    /// Zero point of the input, which the border is filled with.
    pub input_zero: u8,
    /// Scale of the output.
    pub output_scale: f32,
    /// Zero point of the output.
    pub output_zero: u8,
}

impl Depthwise {
    /// Packs the weights for every kernel of this processor.
    ///
    /// # Panics
    /// When the parts disagree in length.
    #[must_use]
    pub fn new(parts: DepthwiseParts) -> Self {
        let channels = parts.bias.len();
        assert!(parts.weights.len() == 9 * channels && parts.scale.len() == channels);
        let sum = |channel| {
            (0..9)
                .map(|tap| i32::from(parts.weights[tap * channels + channel]))
                .sum::<i32>()
        };
        let offsets: Vec<i32> = (0..channels)
            .map(|c| -i32::from(parts.input_zero) * sum(c))
            .collect();
        Self {
            channels,
            taps: parts
                .weights
                .iter()
                .map(|&weight| i16::from(weight))
                .collect(),
            #[cfg(target_arch = "x86_64")]
            packed: avx512::Packed::new(&parts, &offsets),
            offsets,
            scale: parts.scale,
            bias: parts.bias,
            gain: parts.output_scale.recip(),
            zero: f32::from(parts.output_zero),
            input_zero: parts.input_zero,
        }
    }

    /// Channels of input and output.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Zero point of the input.
    #[must_use]
    pub fn input_zero(&self) -> u8 {
        self.input_zero
    }

    /// One row of the output from the three input rows around it; beyond the map a row of the input's zero point stands in.
    /// Every row is width x channels.
    ///
    /// # Panics
    /// When the rows disagree in length or are no whole number of pixels.
    pub fn row(&self, isa: Isa, rows: [&[u8]; 3], out: &mut [u8]) {
        assert!(
            rows.iter().all(|row| row.len() == out.len())
                && out.len().is_multiple_of(self.channels)
        );
        #[cfg(target_arch = "x86_64")]
        if let (crate::isa::Set::Avx512Vnni, Some(packed)) = (isa.set(), &self.packed) {
            // SAFETY: the set was found on this processor; all four rows have the same length.
            return unsafe { avx512::row(self, packed, rows, out) };
        }
        isa.run(Row {
            layer: self,
            rows,
            out,
        });
    }
}

struct Row<'a> {
    layer: &'a Depthwise,
    rows: [&'a [u8]; 3],
    out: &'a mut [u8],
}

impl Job for Row<'_> {
    #[inline(always)]
    fn run(self) {
        match self.layer.channels {
            LANES.. => self.by::<LANES>(),
            4.. => self.by::<4>(),
            _ => self.by::<1>(),
        }
    }
}

impl Row<'_> {
    /// `N` channels at a time; the last ones overlap those before them where `N` does not divide the channels.
    #[inline(always)]
    fn by<const N: usize>(self) {
        let Self { layer, rows, out } = self;
        let channels = layer.channels;
        let pixels = out.len() / channels;
        let border = [layer.input_zero; N];
        for (x, out) in out.chunks_exact_mut(channels).enumerate() {
            for first in (0..channels).step_by(N) {
                let first = first.min(channels - N);
                // In arrays of fixed length, which the compiler keeps in registers.
                let mut sums: [i32; N] = part(&layer.offsets, first);
                for tap in 0..9 {
                    // The column before the first is beyond the last as well.
                    let column = (x + tap % 3).wrapping_sub(1);
                    let values: [u8; N] = if column < pixels {
                        part(rows[tap / 3], column * channels + first)
                    } else {
                        border
                    };
                    let weights: [i16; N] = part(&layer.taps, tap * channels + first);
                    for i in 0..N {
                        // 255 * 128 fits 16 bits.
                        sums[i] += i32::from(i16::from(values[i]).wrapping_mul(weights[i]));
                    }
                }
                let (scale, bias): ([f32; N], [f32; N]) =
                    (part(&layer.scale, first), part(&layer.bias, first));
                let mut bytes = [0; N];
                for i in 0..N {
                    let value = gelu((sums[i] as f32).mul_add(scale[i], bias[i]));
                    bytes[i] = to_u8(value.mul_add(layer.gain, layer.zero));
                }
                out[first..first + N].copy_from_slice(&bytes);
            }
        }
    }
}

/// `N` elements from `first` on.
#[inline(always)]
fn part<T: Copy + Default, const N: usize>(slice: &[T], first: usize) -> [T; N] {
    let mut part = [T::default(); N];
    part.copy_from_slice(&slice[first..first + N]);
    part
}
