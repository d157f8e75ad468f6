//! Bayer samples to red, green and blue by bilinear interpolation.

use super::format::BayerOrder;

/// The upper eight bits of 10-bit samples in two bytes, the lower first. Bits above the tenth count as white.
pub(super) fn unpack_10(row: &[u8]) -> impl Iterator<Item = u8> {
    row.chunks_exact(2)
        .map(|sample| (u16::from_le_bytes([sample[0], sample[1]]) >> 2).min(255) as u8)
}

/// The upper eight bits of 10-bit samples, four in five bytes; the fifth byte holds the lower bits.
pub(super) fn unpack_10_packed(row: &[u8]) -> impl Iterator<Item = u8> {
    row.chunks_exact(5).flat_map(|group| &group[..4]).copied()
}

/// Red, green and blue of every pixel: the colours a pixel lacks are the means of its nearest neighbours that have
/// them. Beyond the edge the picture is mirrored, which keeps the pattern.
///
/// `samples` are `height` rows of `stride` bytes, `width` of them used; both sides are even and not zero.
pub(super) fn demosaic(
    order: BayerOrder,
    width: usize,
    height: usize,
    stride: usize,
    samples: &[u8],
) -> Vec<u8> {
    let (red_row, red_column) = match order {
        BayerOrder::Rggb => (0, 0),
        BayerOrder::Grbg => (0, 1),
        BayerOrder::Gbrg => (1, 0),
        BayerOrder::Bggr => (1, 1),
    };
    let row = |y: usize| &samples[y * stride..y * stride + width];
    let mut rgb = vec![0; width * height * 3];
    for (y, out) in rgb.chunks_exact_mut(width * 3).enumerate() {
        let above = row(if y == 0 { 1 } else { y - 1 });
        let below = row(if y + 1 == height { y - 1 } else { y + 1 });
        // Each row has green and one other colour, blue in the rows without red; where they stand alternates.
        let has_red = y % 2 == red_row;
        let lines = Lines {
            above,
            here: row(y),
            below,
            own: if has_red { 0 } else { 2 },
            own_column: if has_red { red_column } else { 1 - red_column },
        };
        let last = width - 1;
        lines.pixel(0, 1, 1, &mut out[..3]);
        for (x, pixel) in (1..last).zip(out[3..].chunks_exact_mut(3)) {
            lines.pixel(x, x - 1, x + 1, pixel);
        }
        lines.pixel(last, last - 1, last - 1, &mut out[last * 3..]);
    }
    rgb
}

/// A row of samples between its neighbours.
struct Lines<'a> {
    above: &'a [u8],
    here: &'a [u8],
    below: &'a [u8],
    /// The channel that the row has besides green: 0 for red, 2 for blue.
    own: usize,
    /// Parity of the columns that have it.
    own_column: usize,
}

impl Lines<'_> {
    /// Writes the pixel of column `x`, whose neighbours are the columns `left` and `right`.
    #[inline(always)]
    fn pixel(&self, x: usize, left: usize, right: usize, rgb: &mut [u8]) {
        let (above, here, below) = (self.above, self.here, self.below);
        let beside = [here[left], here[right]];
        let upright = [above[x], below[x]];
        if x % 2 == self.own_column {
            let corners = [above[left], above[right], below[left], below[right]];
            rgb[self.own] = here[x];
            rgb[1] = mean_of_four([beside[0], beside[1], upright[0], upright[1]]);
            rgb[2 - self.own] = mean_of_four(corners);
        } else {
            rgb[self.own] = mean_of_two(beside);
            rgb[1] = here[x];
            rgb[2 - self.own] = mean_of_two(upright);
        }
    }
}

fn mean_of_two([a, b]: [u8; 2]) -> u8 {
    (u16::from(a) + u16::from(b)).div_ceil(2) as u8
}

fn mean_of_four(samples: [u8; 4]) -> u8 {
    ((samples.into_iter().map(u16::from).sum::<u16>() + 2) / 4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// What a sensor would sample of a scene.
    fn mosaic(
        order: BayerOrder,
        width: usize,
        height: usize,
        scene: impl Fn(usize, usize) -> [u8; 3],
    ) -> Vec<u8> {
        let colours: [usize; 4] = match order {
            BayerOrder::Rggb => [0, 1, 1, 2],
            BayerOrder::Bggr => [2, 1, 1, 0],
            BayerOrder::Grbg => [1, 0, 2, 1],
            BayerOrder::Gbrg => [1, 2, 0, 1],
        };
        let sample = |i: usize| {
            let (x, y) = (i % width, i / width);
            scene(x, y)[colours[y % 2 * 2 + x % 2]]
        };
        (0..width * height).map(sample).collect()
    }

    #[rstest]
    fn a_flat_field_keeps_its_colour_up_to_the_edges(
        #[values(BayerOrder::Rggb, BayerOrder::Bggr, BayerOrder::Grbg, BayerOrder::Gbrg)]
        order: BayerOrder,
        #[values((2, 2), (4, 2), (8, 6))] size: (usize, usize),
    ) {
        let (width, height) = size;
        let samples = mosaic(order, width, height, |_, _| [200, 90, 17]);
        let rgb = demosaic(order, width, height, width, &samples);
        assert_eq!(rgb, [200, 90, 17].repeat(width * height));
    }

    #[rstest]
    fn a_gradient_comes_out_exact_away_from_the_edges(
        #[values(BayerOrder::Rggb, BayerOrder::Bggr, BayerOrder::Grbg, BayerOrder::Gbrg)]
        order: BayerOrder,
    ) {
        let (width, height) = (16, 12);
        let scene = |x: usize, y: usize| {
            [
                (10 + 4 * x + 2 * y) as u8,
                (60 + 2 * x + 6 * y) as u8,
                (200 - 3 * x - 5 * y) as u8,
            ]
        };
        let samples = mosaic(order, width, height, scene);
        let rgb = demosaic(order, width, height, width, &samples);
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                let at = (y * width + x) * 3;
                assert_eq!(rgb[at..at + 3], scene(x, y), "at {x}, {y}");
            }
        }
    }

    #[test]
    fn the_padding_of_rows_is_not_taken_for_samples() {
        let samples = [9, 9, 255, 255, 9, 9, 255, 255];
        assert_eq!(demosaic(BayerOrder::Rggb, 2, 2, 4, &samples), [9; 12]);
    }

    #[test]
    fn ten_bits_in_two_bytes_lose_their_lower_two() {
        let row = [0x00, 0x00, 0xFF, 0x03, 0x04, 0x02, 0xFF, 0xFF];
        assert_eq!(unpack_10(&row).collect::<Vec<_>>(), [0, 255, 129, 255]);
    }

    #[test]
    fn packed_ten_bits_are_their_upper_bytes() {
        let row = [1, 2, 3, 4, 0b1110_0100, 5, 6, 7, 8, 0];
        assert_eq!(
            unpack_10_packed(&row).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5, 6, 7, 8]
        );
    }
}
