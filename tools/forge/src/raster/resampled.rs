//! An image seen at another scale, window by window.

use image::RgbImage;
use scarp_infer::{Crop, resize};

use super::{Raster, RasterError, Window};

/// An image enlarged by `scale` (below 1: reduced), with a triangle filter that averages when reducing.
pub struct Resampled {
    raster: Raster,
    scale: f64,
    buffer: Vec<u8>,
}

impl Resampled {
    /// Sees `raster`, an RGB image, enlarged by `scale`, a positive number.
    #[must_use]
    pub fn new(raster: Raster, scale: f64) -> Self {
        Self {
            raster,
            scale,
            buffer: Vec::new(),
        }
    }

    /// Width and height in pixels of the enlarged image, at least 1.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let (width, height) = self.raster.size();
        let side = |pixels: u32| (f64::from(pixels) * self.scale).round().max(1.0) as u32;
        (side(width), side(height))
    }

    /// The part of the enlarged image inside `window`, which begins inside it and may end beyond it.
    ///
    /// # Errors
    /// When the file turns out to be damaged there, or the window begins outside.
    pub fn read(&mut self, window: Window) -> Result<RgbImage, RasterError> {
        let (width, height) = self.size();
        let inside = Window {
            width: window.width.min(width.saturating_sub(window.x)),
            height: window.height.min(height.saturating_sub(window.y)),
            ..window
        };
        if (width, height) == self.raster.size() {
            self.raster.read(inside, &mut self.buffer)?;
            return Ok(picture(inside.width, inside.height, self.buffer.clone()));
        }
        let source = self.raster.size();
        let (left, columns, first_x) = span(inside.x, inside.width, width, source.0);
        let (top, rows, first_y) = span(inside.y, inside.height, height, source.1);
        let covered = Window {
            x: first_x.0,
            y: first_y.0,
            width: first_x.1,
            height: first_y.1,
        };
        self.raster.read(covered, &mut self.buffer)?;
        let (left, top) = (left - f64::from(covered.x), top - f64::from(covered.y));
        let crop = Crop {
            left,
            top,
            // Rounding may put the far side a hair beyond the pixels read, which the resizer refuses.
            width: columns.min(f64::from(covered.width) - left),
            height: rows.min(f64::from(covered.height) - top),
        };
        let size = (covered.width, covered.height);
        resize(&self.buffer, size, crop, (inside.width, inside.height)).map_err(|error| {
            RasterError::Scale {
                scale: self.scale,
                reason: error.to_string(),
            }
        })
    }
}

/// Where `length` pixels from `start` of an axis `scaled` long lie on its `source` axis: start and length there, and the
/// whole source pixels (first, count) around them with a margin for the filter.
fn span(start: u32, length: u32, scaled: u32, source: u32) -> (f64, f64, (u32, u32)) {
    let ratio = f64::from(source) / f64::from(scaled);
    let (from, over) = (f64::from(start) * ratio, f64::from(length) * ratio);
    let margin = ratio.max(1.0).ceil() + 1.0;
    let first = (from - margin).floor().max(0.0) as u32;
    let end = ((from + over + margin).ceil() as u32).min(source);
    (from, over, (first, end.saturating_sub(first).max(1)))
}

/// Samples of exactly that many pixels as an image.
fn picture(width: u32, height: u32, samples: Vec<u8>) -> RgbImage {
    RgbImage::from_raw(width, height, samples).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Kind;
    use image::Rgb;
    use rstest::rstest;

    #[rstest]
    #[case(1.0)]
    #[case(0.37)]
    #[case(2.5)]
    fn windows_put_together_are_the_image_seen_whole(#[case] scale: f64) {
        let image = RgbImage::from_fn(190, 130, |x, y| {
            Rgb([
                (x * 5 % 251) as u8,
                (y * 7 % 241) as u8,
                ((x + y) % 2 * 200) as u8,
            ])
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        image.save(&path).unwrap();
        let mut seen = Resampled::new(Raster::open(&path, Kind::Rgb).unwrap(), scale);
        let (width, height) = seen.size();
        let whole = seen
            .read(Window {
                x: 0,
                y: 0,
                width,
                height,
            })
            .unwrap();
        for (x, y) in [(0, 0), (16, 8), (width - 20, height - 20), (30, height - 5)] {
            let part = seen
                .read(Window {
                    x,
                    y,
                    width: 40,
                    height: 24,
                })
                .unwrap();
            assert_eq!(part.dimensions(), (40.min(width - x), 24.min(height - y)));
            for (column, row, pixel) in part.enumerate_pixels() {
                let expected = whole.get_pixel(x + column, y + row);
                let worst = pixel
                    .0
                    .iter()
                    .zip(expected.0)
                    .map(|(a, b)| a.abs_diff(b))
                    .max();
                assert!(
                    worst <= Some(2),
                    "{column},{row} of {x},{y}: {pixel:?} for {expected:?}"
                );
            }
        }
    }
}
