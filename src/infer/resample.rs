//! Bringing an image to another ground sampling distance.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images};
use image::RgbImage;
use thiserror::Error;

/// Enlarging further than this shows the network nothing it could use.
const MAX_ENLARGE: f64 = 4.0;
/// A frame this much finer than the model was not taken by a survey camera at a survey height.
pub(super) const MAX_REDUCE: f64 = 64.0;
/// Bounds the memory of one resampled frame to 96 MB.
const MAX_PIXELS: f64 = 32e6;

/// An image that cannot be brought to the model's ground sampling distance.
#[derive(Debug, Error, PartialEq)]
pub enum ResampleError {
    /// A ground sampling distance is not a positive number.
    #[error(
        "ground sampling distance {gsd_m} m is not a positive number; check the frame's height and focal length"
    )]
    Gsd {
        /// The value found, in metres per pixel.
        gsd_m: f64,
    },
    /// The change of scale is beyond what makes sense.
    #[error(
        "image at {from_m:.3} m per pixel cannot be brought to the model's {to_m:.3} m: allowed are {MAX_ENLARGE} times coarser to {MAX_REDUCE} times finer; fly at another height or use another model"
    )]
    Factor {
        /// The image's ground sampling distance in metres per pixel.
        from_m: f64,
        /// The model's ground sampling distance in metres per pixel.
        to_m: f64,
    },
    /// The resampled image would be too large.
    #[error(
        "image would have {width:.0}x{height:.0} pixels at the model's scale; cut it into smaller ones"
    )]
    TooLarge {
        /// Width after resampling.
        width: f64,
        /// Height after resampling.
        height: f64,
    },
    /// The image has no pixels.
    #[error("image is empty")]
    Empty,
    /// The resizer refused.
    #[error("image cannot be resampled: {0}")]
    Resize(String),
}

/// Resamples `image` from `from_gsd_m` to `to_gsd_m` (metres per pixel) with a triangle filter that averages over all
/// source pixels when reducing, so that fine texture does not alias.
///
/// The new sides are rounded to whole pixels, so pixel coordinates map back by the ratio of the sides:
/// `u_source = u * source_width / resampled_width`.
///
/// # Errors
/// When a distance is not positive, the change of scale is outside 1/64 to 4, or the result would exceed 32 Mpx.
pub fn resample(
    image: &RgbImage,
    from_gsd_m: f64,
    to_gsd_m: f64,
) -> Result<RgbImage, ResampleError> {
    for gsd_m in [from_gsd_m, to_gsd_m] {
        if !(gsd_m.is_finite() && gsd_m > 0.0) {
            return Err(ResampleError::Gsd { gsd_m });
        }
    }
    let (width, height) = image.dimensions();
    if width == 0 || height == 0 {
        return Err(ResampleError::Empty);
    }
    let scale = from_gsd_m / to_gsd_m;
    if !(1.0 / MAX_REDUCE..=MAX_ENLARGE).contains(&scale) {
        return Err(ResampleError::Factor {
            from_m: from_gsd_m,
            to_m: to_gsd_m,
        });
    }
    let side = |pixels: u32| (f64::from(pixels) * scale).round().max(1.0);
    let (new_width, new_height) = (side(width), side(height));
    if new_width * new_height > MAX_PIXELS {
        return Err(ResampleError::TooLarge {
            width: new_width,
            height: new_height,
        });
    }
    let (new_width, new_height) = (new_width as u32, new_height as u32);
    if (new_width, new_height) == (width, height) {
        return Ok(image.clone());
    }
    let whole = Crop {
        left: 0.0,
        top: 0.0,
        width: f64::from(width),
        height: f64::from(height),
    };
    resize(
        image.as_raw(),
        (width, height),
        whole,
        (new_width, new_height),
    )
}

/// Part of an image, in pixels and their fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Resamples the part `crop` of RGB `samples` that are `size` wide and high to `target` pixels, with the filter of
/// [`resample`]. The one place where the resizer is instantiated: compiling it for every caller takes minutes.
///
/// # Errors
/// When there are not as many samples as `size` says, or `crop` is not inside.
pub fn resize(
    samples: &[u8],
    size: (u32, u32),
    crop: Crop,
    target: (u32, u32),
) -> Result<RgbImage, ResampleError> {
    let refused = |reason: &dyn std::fmt::Display| ResampleError::Resize(reason.to_string());
    let source =
        images::ImageRef::new(size.0, size.1, samples, PixelType::U8x3).map_err(|e| refused(&e))?;
    let mut resized = images::Image::new(target.0, target.1, PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(crop.left, crop.top, crop.width, crop.height);
    Resizer::new()
        .resize(&source, &mut resized, &options)
        .map_err(|e| refused(&e))?;
    RgbImage::from_raw(target.0, target.1, resized.into_vec())
        .ok_or_else(|| refused(&"buffer too small"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn reducing_averages_a_checkerboard_instead_of_aliasing_it() {
        let board = RgbImage::from_fn(400, 300, |x, y| {
            if (x + y) % 2 == 0 {
                Rgb([255; 3])
            } else {
                Rgb([0; 3])
            }
        });
        let small = resample(&board, 0.05, 0.2).unwrap();
        assert_eq!(small.dimensions(), (100, 75));
        for pixel in small.pixels() {
            assert!(pixel.0.iter().all(|&v| v.abs_diff(128) <= 2), "{pixel:?}");
        }
    }

    #[test]
    fn a_gradient_keeps_its_place_whatever_the_factor() {
        let ramp = RgbImage::from_fn(200, 20, |x, _| Rgb([x as u8; 3]));
        for (from, width) in [(0.1, 100), (0.13, 130), (0.37, 370)] {
            let scaled = resample(&ramp, from, 0.2).unwrap();
            assert_eq!(scaled.width(), width);
            for x in 20..width - 20 {
                let expected = (f64::from(x) + 0.5) * 200.0 / f64::from(width) - 0.5;
                let found = f64::from(scaled.get_pixel(x, 4).0[1]);
                assert!(
                    (found - expected).abs() <= 1.0,
                    "{from} m, x {x}: {found} for {expected}"
                );
            }
        }
    }

    #[test]
    fn an_image_already_at_scale_is_unchanged() {
        let image = RgbImage::from_fn(33, 17, |x, y| Rgb([x as u8, y as u8, 7]));
        assert_eq!(resample(&image, 0.2, 0.2).unwrap(), image);
    }

    #[test]
    fn absurd_factors_and_distances_are_refused() {
        let image = RgbImage::new(10, 10);
        for gsd in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(resample(&image, gsd, 0.2), Err(ResampleError::Gsd { .. })),
                "{gsd}"
            );
        }
        for gsd in [0.001, 1.0] {
            assert!(
                matches!(
                    resample(&image, gsd, 0.2),
                    Err(ResampleError::Factor { .. })
                ),
                "{gsd}"
            );
        }
        let large = RgbImage::new(3000, 3000);
        assert!(matches!(
            resample(&large, 0.5, 0.2),
            Err(ResampleError::TooLarge { .. })
        ));
        assert_eq!(
            resample(&RgbImage::new(0, 5), 0.1, 0.2),
            Err(ResampleError::Empty)
        );
    }
}
