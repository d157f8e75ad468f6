//! How a picture's pixels lie to those that the sensor was read out in.

use super::{Untagged, exif::Exif};

/// How far rounding to whole pixels may move a side of a picture that was made smaller, in pixels.
const ROUNDING_PX: f64 = 1.0;

/// The picture beside the one that its metadata describe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PictureScale {
    /// Width and height of the picture, in pixels.
    pub(super) size: (f64, f64),
    /// Its pixels to one of the picture as first recorded: below 1 where it was made smaller since.
    pub(super) resized: f64,
    /// How many times the camera enlarged it from the middle of what the sensor saw.
    pub(super) zoom: f64,
}

impl PictureScale {
    /// The scale of a picture of `width` by `height` pixels: EXIF's own size tells whether it was made smaller since it was taken.
    ///
    /// # Errors
    /// When it was cropped or turned since, or its zoom cannot be true.
    pub(super) fn of(exif: &Exif, (width, height): (u32, u32)) -> Result<Self, Untagged> {
        let size = (f64::from(width), f64::from(height));
        let (recorded_w, recorded_h) = exif.recorded_size.unwrap_or(size);
        let resized = size.0 / recorded_w;
        let same_shape =
            |(w, h): (f64, f64)| (w * size.1 - h * size.0).abs() <= ROUNDING_PX * w.max(h);
        if !same_shape((recorded_w, recorded_h)) {
            let (recorded_width, recorded_height) = (recorded_w as u32, recorded_h as u32);
            return Err(if same_shape((recorded_h, recorded_w)) {
                Untagged::TurnedSince {
                    width,
                    height,
                    recorded_width,
                    recorded_height,
                }
            } else {
                Untagged::Cropped {
                    width,
                    height,
                    recorded_width,
                    recorded_height,
                }
            });
        }
        let zoom = exif.digital_zoom.unwrap_or(1.0);
        if !(1.0..=100.0).contains(&zoom) {
            return Err(Untagged::BadZoom { zoom });
        }
        Ok(Self {
            size,
            resized,
            zoom,
        })
    }
}
