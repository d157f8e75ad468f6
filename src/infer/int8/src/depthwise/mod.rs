//! The depthwise convolution, 3x3 or 5x5, with activation and quantization, row by row.

use crate::{Isa, Window, gelu::gelu, round::to_u8, vectorise::Job};

#[cfg(target_arch = "x86_64")]
mod avx512;

const LANES: usize = 16;
/// Pixels along the sides of the largest window.
pub(crate) const LARGEST: usize = 5;

/// What follows a depthwise convolution's sums, before they are rounded to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing: the bytes' range holds them, which makes a ReLU where 0 stands for 0 and a ReLU6 where 255 stands for 6.
    Clamp,
    /// [`gelu`].
    Gelu,
}

/// Weights and scales of the convolution: `out = round(activation(sum * scale + bias) * gain + zero)` by channel.
#[derive(Debug, Clone)]
pub struct Depthwise {
    window: Window,
    channels: usize,
    /// By tap (row, column), by channel.
    taps: Vec<i16>,
    /// What each sum starts from: the zero point's share of it, negated.
    offsets: Vec<i32>,
    /// Includes `gain` where nothing stands between, as `bias` includes `zero`.
    scale: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
    gain: f32,
    zero: f32,
    input_zero: u8,
    #[cfg(target_arch = "x86_64")]
    packed: Option<avx512::Packed>,
}

/// What a [`Depthwise`] is made of.
#[derive(Debug, Clone)]
pub struct DepthwiseParts {
    /// 3x3 or 5x5.
    pub window: Window,
    /// Weights by tap (row, column), by channel: side x side x channels.
    pub weights: Vec<i8>,
    /// Scale of input times weight, by channel.
    pub scale: Vec<f32>,
    /// Bias by channel.
    pub bias: Vec<f32>,
    /// Zero point of the input, which the border is filled with.
    pub input_zero: u8,
    /// What follows.
    pub activation: Activation,
    /// Scale of the output.
    pub output_scale: f32,
    /// Zero point of the output.
    pub output_zero: u8,
}

impl Depthwise {
    /// Whether there is a convolution with such a window.
    #[must_use]
    pub fn takes(window: Window) -> bool {
        [3, LARGEST].contains(&window.side) && window.step >= 1
    }

    /// Packs the weights for every kernel of this processor.
    ///
    /// # Panics
    /// When the parts disagree in length, or the window is none that it takes.
    #[must_use]
    pub fn new(parts: DepthwiseParts) -> Self {
        let channels = parts.bias.len();
        let taps = parts.window.side * parts.window.side;
        assert!(Self::takes(parts.window), "an unknown window");
        assert!(parts.weights.len() == taps * channels && parts.scale.len() == channels);
        let mut parts = parts;
        let (gain, zero) = (parts.output_scale.recip(), f32::from(parts.output_zero));
        if parts.activation == Activation::Clamp {
            parts.scale.iter_mut().for_each(|scale| *scale *= gain);
            parts
                .bias
                .iter_mut()
                .for_each(|bias| *bias = bias.mul_add(gain, zero));
        }
        let sum = |channel| {
            (0..taps)
                .map(|tap| i32::from(parts.weights[tap * channels + channel]))
                .sum::<i32>()
        };
        let offsets: Vec<i32> = (0..channels)
            .map(|c| -i32::from(parts.input_zero) * sum(c))
            .collect();
        Self {
            window: parts.window,
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
            activation: parts.activation,
            gain,
            zero,
            input_zero: parts.input_zero,
        }
    }

    /// How it moves over its map.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
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

    /// Multiplications for each pixel of the output.
    pub(crate) fn multiplications(&self) -> usize {
        self.window.side * self.window.side * self.channels
    }

    /// One row of the output from the input rows under the window, as many as it is high; beyond the map a row of the input's
    /// zero point stands in. Every row is width x channels.
    ///
    /// # Panics
    /// When the rows are not as many or not of the length that window and output ask for.
    pub fn row(&self, isa: Isa, rows: &[&[u8]], out: &mut [u8]) {
        let length = rows.first().map_or(0, |row| row.len());
        let width = length / self.channels;
        assert!(
            rows.len() == self.window.side
                && length == width * self.channels
                && rows.iter().all(|row| row.len() == length)
                && self.window.along(width).map(|out| out * self.channels) == Some(out.len()),
            "rows that do not fit"
        );
        #[cfg(target_arch = "x86_64")]
        if let (crate::isa::Set::Avx512Vnni, Some(packed)) = (isa.set(), &self.packed) {
            // SAFETY: the set was found on this processor; number and length of the rows were checked.
            return unsafe { avx512::row(self, packed, rows, out) };
        }
        isa.run(Row {
            layer: self,
            rows,
            width,
            out,
        });
    }
}

struct Row<'a> {
    layer: &'a Depthwise,
    rows: &'a [&'a [u8]],
    /// Pixels of a row.
    width: usize,
    out: &'a mut [u8],
}

impl Job for Row<'_> {
    #[inline(always)]
    fn run(self) {
        match (self.layer.window.side, self.layer.channels) {
            (3, LANES..) => self.by::<LANES, 3>(),
            (3, 4..) => self.by::<4, 3>(),
            (3, _) => self.by::<1, 3>(),
            (_, LANES..) => self.by::<LANES, LARGEST>(),
            (_, 4..) => self.by::<4, LARGEST>(),
            (_, _) => self.by::<1, LARGEST>(),
        }
    }
}

impl Row<'_> {
    /// `N` channels at a time; the last ones overlap those before them where `N` does not divide the channels.
    #[inline(always)]
    fn by<const N: usize, const SIDE: usize>(self) {
        let Self {
            layer,
            rows,
            width,
            out,
        } = self;
        let channels = layer.channels;
        let Window { step, before, .. } = layer.window;
        let border = [layer.input_zero; N];
        for (x, out) in out.chunks_exact_mut(channels).enumerate() {
            for first in (0..channels).step_by(N) {
                let first = first.min(channels - N);
                // In arrays of fixed length, which the compiler keeps in registers.
                let mut sums: [i32; N] = part(&layer.offsets, first);
                for (dy, row) in rows.iter().take(SIDE).enumerate() {
                    for dx in 0..SIDE {
                        // A column before the first is beyond the last as well.
                        let column = (x * step + dx).wrapping_sub(before);
                        let values: [u8; N] = if column < width {
                            part(row, column * channels + first)
                        } else {
                            border
                        };
                        let tap = dy * SIDE + dx;
                        let weights: [i16; N] = part(&layer.taps, tap * channels + first);
                        for i in 0..N {
                            // 255 * 128 fits 16 bits.
                            sums[i] += i32::from(i16::from(values[i]).wrapping_mul(weights[i]));
                        }
                    }
                }
                let (scale, bias): ([f32; N], [f32; N]) =
                    (part(&layer.scale, first), part(&layer.bias, first));
                let mut values = [0.0; N];
                for i in 0..N {
                    values[i] = (sums[i] as f32).mul_add(scale[i], bias[i]);
                }
                if layer.activation == Activation::Gelu {
                    for value in &mut values {
                        *value = gelu(*value).mul_add(layer.gain, layer.zero);
                    }
                }
                out[first..first + N].copy_from_slice(&values.map(to_u8));
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
