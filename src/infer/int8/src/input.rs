//! The way in: pixels are averaged where the network asks for it, and quantized.

use crate::{
    Isa, Quantization, Size, ThreadPool,
    memory::{Scratch, size_of_scratch},
    round::to_u8,
    vectorise::Job,
};

/// Channels of an image as they lie in memory: three colours and one that no weight looks at.
pub const IMAGE_CHANNELS: usize = 4;
/// Values of a picture's row that are rounded at once: a multiple of three colours and of a vector's lanes.
const TURNS: usize = 48;

/// Averages squares of pixels and quantizes them, channels last.
#[derive(Debug, Clone)]
pub struct InputQuantize {
    /// Of the image.
    pub size: Size,
    /// Side of the squares that are averaged; 1 for none.
    pub reduction: usize,
    /// Of the output.
    pub output: Quantization,
}

impl InputQuantize {
    /// Of the output.
    #[must_use]
    pub fn output_size(&self) -> Size {
        Size {
            height: self.size.height / self.reduction,
            width: self.size.width / self.reduction,
        }
    }

    /// Reads three planes of normalised floats.
    pub fn planes(&self, isa: Isa, pool: &mut ThreadPool, planes: &[f32], out: &mut [u8]) {
        let row = self.output_size().width * IMAGE_CHANNELS;
        pool.chunks(out, row, &mut [(); 0], |y, out, _| {
            isa.run(Planes {
                entry: self,
                planes,
                y,
                out,
            })
        });
    }
}

/// A picture to look at, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// Red, green, blue, row by row.
    pub data: &'a [u8],
    /// Of the whole picture.
    pub size: Size,
    /// Row and column of the first pixel that is looked at; what lies beyond the picture is mirrored at its edge.
    pub corner: (usize, usize),
    /// Normalisation: `value * scale + shift`, by colour.
    pub scale: [f32; 3],
    /// See `scale`.
    pub shift: [f32; 3],
}

impl InputQuantize {
    /// Reads part of a picture, as large as the network's input: normalises, averages and quantizes in one pass.
    pub fn pixels(
        &self,
        isa: Isa,
        pool: &mut ThreadPool,
        pixels: Pixels<'_>,
        scratch: &mut [u8],
        out: &mut [u8],
    ) {
        let row = self.output_size().width * IMAGE_CHANNELS;
        pool.chunks(out, row, scratch, |y, out, scratch| {
            isa.run(PixelRow {
                entry: self,
                pixels,
                y,
                sums: Scratch::new(scratch).take(3 * self.size.width),
                out,
            });
        });
    }

    /// Bytes of scratch memory for each thread.
    #[must_use]
    pub fn scratch(&self) -> usize {
        size_of_scratch::<u16>(3 * self.size.width)
    }
}

/// Mirrors `index` into `0..length` at the outermost pixels, which are not repeated.
#[inline(always)]
fn mirrored(index: usize, length: usize) -> usize {
    let last = length.saturating_sub(1);
    if last == 0 {
        return 0;
    }
    let phase = index % (2 * last);
    phase.min(2 * last - phase)
}

/// One row of the output from a picture's rows.
struct PixelRow<'a> {
    entry: &'a InputQuantize,
    pixels: Pixels<'a>,
    y: usize,
    /// Receives the sums down each column.
    sums: &'a mut [u16],
    out: &'a mut [u8],
}

impl Job for PixelRow<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            entry,
            pixels,
            y,
            sums,
            out,
        } = self;
        let (side, picture) = (entry.reduction, pixels.size);
        let (top, left) = pixels.corner;
        sums.fill(0);
        for dy in 0..side {
            let row = mirrored(top + y * side + dy, picture.height) * picture.width;
            let row = &pixels.data[3 * row..3 * (row + picture.width)];
            let inside = picture.width.saturating_sub(left).min(entry.size.width);
            let (direct, rest) = sums.split_at_mut(3 * inside);
            let from = row.get(3 * left..).unwrap_or_default();
            for (sum, &value) in direct.iter_mut().zip(from) {
                *sum += u16::from(value);
            }
            for (x, sum) in rest.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let from = 3 * mirrored(left + inside + x, picture.width);
                for (sum, &value) in sum.iter_mut().zip(&row[from..from + 3]) {
                    *sum += u16::from(value);
                }
            }
        }
        // Sums along the row, in place: each pixel's place lies before those that it sums.
        if side > 1 {
            for x in 0..out.len() / IMAGE_CHANNELS {
                for colour in 0..3 {
                    let square = (0..side).map(|dx| sums[3 * (x * side + dx) + colour]);
                    sums[3 * x + colour] = square.sum();
                }
            }
        }
        // The mean's normalisation and the quantization in one product and sum, colours in turn as they lie.
        let count = (side * side) as f32;
        let zero = f32::from(entry.output.zero);
        let mut gain = [0.0; TURNS];
        let mut shift = [0.0; TURNS];
        for (i, (gain, shift)) in gain.iter_mut().zip(&mut shift).enumerate() {
            *gain = pixels.scale[i % 3] / (count * entry.output.scale);
            *shift = pixels.shift[i % 3] / entry.output.scale + zero;
        }
        let pixels_out = out.chunks_mut(TURNS / 3 * IMAGE_CHANNELS);
        for (sums, out) in sums.chunks(TURNS).zip(pixels_out) {
            let mut bytes = [0; TURNS];
            if let Ok(sums) = <&[u16; TURNS]>::try_from(sums) {
                for (((byte, &sum), gain), shift) in
                    bytes.iter_mut().zip(sums).zip(&gain).zip(&shift)
                {
                    *byte = to_u8(f32::from(sum).mul_add(*gain, *shift));
                }
            } else {
                for (((byte, &sum), gain), shift) in
                    bytes.iter_mut().zip(sums).zip(&gain).zip(&shift)
                {
                    *byte = to_u8(f32::from(sum).mul_add(*gain, *shift));
                }
            }
            let colours = bytes.as_chunks::<3>().0;
            for (pixel, [red, green, blue]) in out
                .as_chunks_mut::<IMAGE_CHANNELS>()
                .0
                .iter_mut()
                .zip(colours)
            {
                *pixel = [*red, *green, *blue, 0];
            }
        }
    }
}

struct Planes<'a> {
    entry: &'a InputQuantize,
    planes: &'a [f32],
    y: usize,
    out: &'a mut [u8],
}

impl Job for Planes<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            entry,
            planes,
            y,
            out,
        } = self;
        let (size, side) = (entry.size, entry.reduction);
        let gain = 1.0 / (entry.output.scale * (side * side) as f32);
        let zero = f32::from(entry.output.zero);
        let plane = |channel: usize| {
            let first = channel * size.area() + y * side * size.width;
            &planes[first..first + side * size.width]
        };
        let colours = [plane(0), plane(1), plane(2)];
        let byte = |sum: f32| to_u8(sum.mul_add(gain, zero));
        let pixels = out.as_chunks_mut::<IMAGE_CHANNELS>().0;
        match side {
            1 => {
                let [red, green, blue] = colours;
                for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue)
                {
                    *pixel = [byte(*red), byte(*green), byte(*blue), 0];
                }
            }
            2 => {
                let halves = colours.map(|rows| {
                    let (above, below) = rows.split_at(size.width);
                    (above.as_chunks::<2>().0, below.as_chunks::<2>().0)
                });
                let sum = |(above, below): (&[[f32; 2]], &[[f32; 2]]), x: usize| {
                    (above[x][0] + above[x][1]) + (below[x][0] + below[x][1])
                };
                for (x, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = [
                        byte(sum(halves[0], x)),
                        byte(sum(halves[1], x)),
                        byte(sum(halves[2], x)),
                        0,
                    ];
                }
            }
            _ => {
                for (x, pixel) in pixels.iter_mut().enumerate() {
                    let sum = |rows: &[f32]| -> f32 {
                        rows.chunks_exact(size.width)
                            .flat_map(|row| &row[x * side..(x + 1) * side])
                            .sum()
                    };
                    let [red, green, blue] = colours.map(sum);
                    *pixel = [byte(red), byte(green), byte(blue), 0];
                }
            }
        }
    }
}
