//! Probabilities between the network's cells: bilinear, constant beyond the outermost cell centres.

use scarp_infer::ProbabilityMap;

/// Reads a map at the pixels of the image it was made from, of which one is `scale` model pixels wide.
pub(super) struct Sampler<'a> {
    map: &'a ProbabilityMap,
    columns: Vec<LerpTap>,
    cells_per_pixel: f64,
}

/// Two neighbouring cells and how far towards the second.
#[derive(Clone, Copy)]
struct LerpTap {
    first: usize,
    second: usize,
    share: f32,
}

impl LerpTap {
    /// Cells around the centre of pixel `index`.
    fn of(index: u32, cells_per_pixel: f64, cells: usize) -> Self {
        let last = cells.saturating_sub(1);
        let at = ((f64::from(index) + 0.5) * cells_per_pixel - 0.5).clamp(0.0, last as f64);
        let first = at as usize;
        Self {
            first,
            second: (first + 1).min(last),
            share: (at - first as f64) as f32,
        }
    }
}

impl<'a> Sampler<'a> {
    /// A sampler for images `width` pixels wide.
    pub(super) fn new(map: &'a ProbabilityMap, width: u32, scale: f64) -> Self {
        let cells_per_pixel = scale / f64::from(map.stride);
        Self {
            map,
            columns: (0..width)
                .map(|x| LerpTap::of(x, cells_per_pixel, map.width))
                .collect(),
            cells_per_pixel,
        }
    }

    /// Probabilities of pixel row `y`, left to right.
    pub(super) fn row(&self, y: u32) -> impl Iterator<Item = f32> {
        let row = LerpTap::of(y, self.cells_per_pixel, self.map.height);
        let line =
            |index: usize| &self.map.data[index * self.map.width..(index + 1) * self.map.width];
        let (above, below) = (line(row.first), line(row.second));
        self.columns.iter().map(move |column| {
            let mix = |line: &[f32]| {
                line[column.first] + (line[column.second] - line[column.first]) * column.share
            };
            mix(above) + (mix(below) - mix(above)) * row.share
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_field_is_read_at_pixel_centres() {
        let (width, height, stride) = (8_usize, 6_usize, 4_u32);
        let field = |x: f64, y: f64| 0.1 + 0.01 * x + 0.02 * y;
        let data = (0..width * height)
            .map(|i| {
                field(
                    ((i % width) as f64 + 0.5) * 4.0,
                    ((i / width) as f64 + 0.5) * 4.0,
                ) as f32
            })
            .collect();
        let map = ProbabilityMap {
            width,
            height,
            stride,
            image_width: 32,
            image_height: 24,
            data,
        };
        for scale in [1.0, 2.0, 0.5] {
            let pixels = (32.0 / scale) as u32;
            let sampler = Sampler::new(&map, pixels, scale);
            for y in [8, 9, 11_u32] {
                for (x, found) in sampler.row((f64::from(y) / scale) as u32).enumerate() {
                    let centre = (x as f64 + 0.5) * scale;
                    if (2.0..30.0).contains(&centre) {
                        let row = (f64::from((f64::from(y) / scale) as u32) + 0.5) * scale;
                        assert!((f64::from(found) - field(centre, row)).abs() < 1e-5);
                    }
                }
            }
        }
    }
}
