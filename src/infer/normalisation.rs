//! Pixels as a network takes them.

use image::RgbImage;

use super::Manifest;

/// `(pixel / 255 - mean) / std` for every channel and pixel value.
pub struct Normalisation([[f32; 256]; 3]);

impl Normalisation {
    /// As the manifest says.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let (mean, std) = (manifest.input.mean, manifest.input.std);
        Self([0, 1, 2].map(|channel| {
            std::array::from_fn(|value| (value as f32 / 255.0 - mean[channel]) / std[channel])
        }))
    }

    /// What a pixel on the scale 0 to 255 is multiplied by, by colour.
    pub(super) fn scale(&self) -> [f32; 3] {
        [0, 1, 2].map(|colour| (self.0[colour][255] - self.0[colour][0]) / 255.0)
    }

    /// What is added then.
    pub(super) fn shift(&self) -> [f32; 3] {
        [0, 1, 2].map(|colour| self.0[colour][0])
    }

    /// Writes the `size` pixels of `image` from `corner` on into `planes` (3 x height x width), reflecting beyond the
    /// image's edges.
    pub fn fill(
        &self,
        image: &RgbImage,
        corner: (u32, u32),
        size: (u32, u32),
        planes: &mut Vec<f32>,
    ) {
        let (width, height) = image.dimensions();
        let columns: Vec<usize> = (0..size.0)
            .map(|x| 3 * reflect(corner.0 + x, width) as usize)
            .collect();
        let samples = image.as_raw();
        planes.clear();
        for (channel, table) in self.0.iter().enumerate() {
            for y in 0..size.1 {
                let row = 3 * width as usize * reflect(corner.1 + y, height) as usize + channel;
                planes.extend(
                    columns
                        .iter()
                        .map(|column| table[usize::from(samples[row + column])]),
                );
            }
        }
    }
}

/// Mirrors `index` into `0..length` at the outermost pixels, which are not repeated.
fn reflect(index: u32, length: u32) -> u32 {
    let last = length.saturating_sub(1);
    if last == 0 {
        return 0;
    }
    let phase = index % (2 * last);
    phase.min(2 * last - phase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn reflection_walks_back_and_forth_without_repeating_the_edge() {
        let walk: Vec<u32> = (0..9).map(|i| reflect(i, 4)).collect();
        assert_eq!(walk, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(reflect(5, 1), 0);
    }

    #[test]
    fn a_tile_beyond_the_edge_is_normalised_and_reflected() {
        let image = RgbImage::from_fn(3, 2, |x, y| Rgb([10 * x as u8, 20 * y as u8, 255]));
        let normal =
            Normalisation([0, 1, 2].map(|c| std::array::from_fn(|v| v as f32 + 1000.0 * c as f32)));
        let mut planes = Vec::new();
        normal.fill(&image, (1, 0), (4, 4), &mut planes);
        assert_eq!(planes[..4], [10.0, 20.0, 10.0, 0.0]);
        let green: Vec<f32> = planes[16..32].iter().copied().step_by(4).collect();
        assert_eq!(green, [1000.0, 1020.0, 1000.0, 1020.0]);
        assert!(planes[32..].iter().all(|&v| v == 2255.0));
        assert_eq!(planes.len(), 48);
    }
}
