//! The camera model.

use nalgebra::Vector3;

/// A pinhole camera. Lens distortion is not modelled: on the mapping cameras of small drones it moves the corners of
/// the image by a percent or so, which `focal_sigma_px` has to cover.
///
/// Pixel coordinates: (0, 0) is the top left corner of the top left pixel, pixel centres lie at +0.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraModel {
    /// Image width in pixels.
    pub width: u32,
    /// Image height in pixels.
    pub height: u32,
    /// Focal length in pixels, the same in both directions.
    pub focal_px: f64,
    /// One-sigma error of the focal length in pixels.
    pub focal_sigma_px: f64,
    /// Principal point from the left edge, in pixels.
    pub cx: f64,
    /// Principal point from the top edge, in pixels.
    pub cy: f64,
}

impl CameraModel {
    /// A camera whose principal point is the centre of the image and whose focal length is exact.
    #[must_use]
    pub fn centred(width: u32, height: u32, focal_px: f64) -> Self {
        Self {
            width,
            height,
            focal_px,
            focal_sigma_px: 0.0,
            cx: f64::from(width) / 2.0,
            cy: f64::from(height) / 2.0,
        }
    }

    /// The ray through a pixel in camera axes (optical axis, right, down), with 1 along the optical axis.
    pub(super) fn ray(&self, u: f64, v: f64) -> Vector3<f64> {
        Vector3::new(
            1.0,
            (u - self.cx) / self.focal_px,
            (v - self.cy) / self.focal_px,
        )
    }

    /// The pixel in which a point in camera axes appears; `None` when it is not in front of the camera.
    pub(super) fn project(&self, p: &Vector3<f64>) -> Option<(f64, f64)> {
        (p.x > 0.0).then(|| {
            (
                self.cx + self.focal_px * p.y / p.x,
                self.cy + self.focal_px * p.z / p.x,
            )
        })
    }
}
