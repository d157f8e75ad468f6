//! The survey camera: a pinhole, held by a gimbal.

/// A pinhole camera with square pixels and the principal point in the middle.
#[derive(Debug, Clone, Copy)]
pub struct Camera {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Focal length in pixels.
    pub focal_px: f64,
}

/// Where the camera is and how the gimbal holds it.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Easting, northing and height over EGM96 in metres.
    pub position: [f64; 3],
    /// Clockwise from true north, degrees.
    pub yaw_deg: f64,
    /// -90 looks straight down, degrees.
    pub pitch_deg: f64,
    /// Right side down is positive, degrees.
    pub roll_deg: f64,
}

impl Camera {
    /// 1280 x 960 pixels with 0.15 m per pixel from 120 m: a frame covers 192 x 144 m.
    #[must_use]
    pub fn survey() -> Self {
        Self {
            width: 1280,
            height: 960,
            focal_px: 800.0,
        }
    }

    /// The direction a pixel looks, as east, north and up of the place, not normalised.
    ///
    /// Built by turning the camera's axes one after the other, starting level and facing north.
    #[must_use]
    pub fn direction(&self, pose: &Pose, u: f64, v: f64) -> [f64; 3] {
        let (right, down) = (
            u - f64::from(self.width) / 2.0,
            v - f64::from(self.height) / 2.0,
        );
        // Roll about the optical axis, right side down.
        let (sin, cos) = pose.roll_deg.to_radians().sin_cos();
        let (right, down) = (right * cos - down * sin, right * sin + down * cos);
        // Pitch about the right-hand axis, nose up.
        let (sin, cos) = pose.pitch_deg.to_radians().sin_cos();
        let (forward, down) = (
            self.focal_px * cos + down * sin,
            down * cos - self.focal_px * sin,
        );
        // Yaw about the vertical, clockwise.
        let (sin, cos) = pose.yaw_deg.to_radians().sin_cos();
        [
            forward * sin + right * cos,
            forward * cos - right * sin,
            -down,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(pose: (f64, f64, f64), pixel: (f64, f64)) -> [f64; 3] {
        let pose = Pose {
            position: [0.0; 3],
            yaw_deg: pose.0,
            pitch_deg: pose.1,
            roll_deg: pose.2,
        };
        let d = Camera::survey().direction(&pose, pixel.0, pixel.1);
        let norm = d.iter().map(|v| v * v).sum::<f64>().sqrt();
        d.map(|v| (v / norm * 1e6).round() / 1e6 + 0.0)
    }

    #[test]
    fn straight_down_with_yaw_0_has_north_at_the_top_and_east_to_the_right() {
        assert_eq!(looks((0.0, -90.0, 0.0), (640.0, 480.0)), [0.0, 0.0, -1.0]);
        assert!(looks((0.0, -90.0, 0.0), (640.0, 0.0))[1] > 0.4);
        assert!(looks((0.0, -90.0, 0.0), (1280.0, 480.0))[0] > 0.4);
    }

    #[test]
    fn level_and_yaw_90_looks_east_with_the_ground_below() {
        assert_eq!(looks((90.0, 0.0, 0.0), (640.0, 480.0)), [1.0, 0.0, 0.0]);
        assert!(looks((90.0, 0.0, 0.0), (640.0, 960.0))[2] < -0.4);
        assert!(looks((90.0, 0.0, 0.0), (1280.0, 480.0))[1] < -0.4);
    }

    #[test]
    fn roll_lowers_the_right_side() {
        assert!(looks((0.0, 0.0, 10.0), (1280.0, 480.0))[2] < -0.05);
    }
}
