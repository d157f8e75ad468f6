//! The camera model.

use nalgebra::Vector3;

use super::Lens;

/// A camera: a pinhole behind a lens. What the lens is not known to bend, a percent or so at the corners of the mapping cameras of
/// small drones, `focal_sigma_px` has to cover.
///
/// Pixel coordinates: (0, 0) is the top left corner of the top left pixel, pixel centres lie at +0.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraModel {
    /// Image width in pixels.
    pub width: u32,
    /// Image height in pixels.
    pub height: u32,
    /// Focal length across the picture in pixels (fx).
    pub focal_px: f64,
    /// Focal length down the picture over that across it (fy / fx): 1 but for a few ten-thousandths.
    pub focal_ratio: f64,
    /// One-sigma error of the focal length in pixels.
    pub focal_sigma_px: f64,
    /// Principal point from the left edge, in pixels.
    pub cx: f64,
    /// Principal point from the top edge, in pixels.
    pub cy: f64,
    /// The lens.
    pub lens: Lens,
}

impl CameraModel {
    /// A pinhole camera whose principal point is the centre of the image and whose focal length is exact.
    #[must_use]
    pub fn centred(width: u32, height: u32, focal_px: f64) -> Self {
        Self {
            width,
            height,
            focal_px,
            focal_ratio: 1.0,
            focal_sigma_px: 0.0,
            cx: f64::from(width) / 2.0,
            cy: f64::from(height) / 2.0,
            lens: Lens::Pinhole,
        }
    }

    /// The same camera for pictures of another size: made smaller or larger, or cut from the middle by the camera, so that they have the full
    /// width or the full height of what it sees. `zoom` is how many times they are enlarged from the middle beyond that. `None` where they
    /// stand upright and this camera's lie, or the other way about.
    #[must_use]
    pub fn for_pictures(&self, width: u32, height: u32, zoom: f64) -> Option<Self> {
        if (self.width > self.height) != (width > height) {
            return None;
        }
        let (own_w, own_h) = (f64::from(self.width), f64::from(self.height));
        let (w, h) = (f64::from(width), f64::from(height));
        let enlarged = (w / own_w).max(h / own_h) * zoom;
        Some(Self {
            width,
            height,
            focal_px: self.focal_px * enlarged,
            focal_sigma_px: self.focal_sigma_px * enlarged,
            cx: w / 2.0 + (self.cx - own_w / 2.0) * enlarged,
            cy: h / 2.0 + (self.cy - own_h / 2.0) * enlarged,
            ..*self
        })
    }

    /// Whether every corner of the picture, and so every pixel, lies within the reach of the lens.
    #[must_use]
    pub fn is_within_reach(&self) -> bool {
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        corners.into_iter().all(|(u, v)| self.ray(u, v).is_some())
    }

    /// The ray through a pixel in camera axes (optical axis, right, down), of any length; `None` beyond the lens's reach.
    pub(super) fn ray(&self, u: f64, v: f64) -> Option<Vector3<f64>> {
        self.lens.ray(
            (u - self.cx) / self.focal_px,
            (v - self.cy) / (self.focal_px * self.focal_ratio),
        )
    }

    /// The pixel in which a point in camera axes appears; `None` when it is not in front of the camera, or beyond the lens's reach.
    pub(super) fn project(&self, p: &Vector3<f64>) -> Option<(f64, f64)> {
        let (x, y) = self.lens.bend(p)?;
        Some((
            self.cx + self.focal_px * x,
            self.cy + self.focal_px * self.focal_ratio * y,
        ))
    }
}
