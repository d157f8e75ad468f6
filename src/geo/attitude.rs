//! How the camera is turned.

use super::{
    RotationMatrix,
    reference_frame::{Body, Camera, Ned},
};

/// Attitude of the camera: intrinsic yaw, pitch, roll (Z-Y'-X'') in the local north-east-down frame.
///
/// Yaw is clockwise from true north, pitch is positive up (-90 looks straight down), roll is positive right side down.
/// This is what DJI writes for its gimbal. The camera's axes: optical axis +x, image right +y, image down +z; hence at
/// pitch -90 and yaw 0 the top of the image is north and its right side east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attitude {
    /// Degrees clockwise from true north, any range.
    pub yaw_deg: f64,
    /// Degrees above the horizon.
    pub pitch_deg: f64,
    /// Degrees about the optical axis.
    pub roll_deg: f64,
}

impl Attitude {
    /// The attitude of a camera fixed in a vehicle so that it looks straight down when the vehicle is level, with the
    /// top of the image towards the nose.
    ///
    /// `heading_deg`, `pitch_deg` (nose up) and `roll_deg` (right wing down) are the vehicle's.
    #[must_use]
    pub fn down_looking(heading_deg: f64, pitch_deg: f64, roll_deg: f64) -> Self {
        let vehicle: RotationMatrix<Body, Ned> =
            RotationMatrix::from_euler_deg(roll_deg, pitch_deg, heading_deg);
        Self::from_rotation(&(vehicle * RotationMatrix::from_euler_deg(0.0, -90.0, 0.0)))
    }

    /// The turn from the camera's axes (optical axis, right, down) to north, east, down:
    /// `Rz(yaw) Ry(pitch) Rx(roll)`.
    #[must_use]
    pub fn rotation(&self) -> RotationMatrix<Camera, Ned> {
        RotationMatrix::from_euler_deg(self.roll_deg, self.pitch_deg, self.yaw_deg)
    }

    /// The angles of a turn as [`Attitude::rotation`] makes it. Looking exactly straight up or down, where
    /// only the sum of yaw and roll is defined, the roll is 0.
    #[must_use]
    pub fn from_rotation(rotation: &RotationMatrix<Camera, Ned>) -> Self {
        let r = rotation.matrix();
        let pitch = (-r[(2, 0)]).clamp(-1.0, 1.0).asin();
        let (yaw, roll) = if r[(0, 0)].hypot(r[(1, 0)]) < 1e-9 {
            ((-r[(0, 1)]).atan2(r[(1, 1)]), 0.0)
        } else {
            (r[(1, 0)].atan2(r[(0, 0)]), r[(2, 1)].atan2(r[(2, 2)]))
        };
        Self {
            yaw_deg: yaw.to_degrees(),
            pitch_deg: pitch.to_degrees(),
            roll_deg: roll.to_degrees(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector3;

    #[test]
    fn a_nadir_camera_with_yaw_0_has_north_at_the_top_and_east_at_the_right() {
        let r = Attitude {
            yaw_deg: 0.0,
            pitch_deg: -90.0,
            roll_deg: 0.0,
        }
        .rotation();
        assert!((r.rotate(&Vector3::x()) - Vector3::z()).norm() < 1e-12);
        assert!((r.rotate(&Vector3::y()) - Vector3::y()).norm() < 1e-12);
        assert!((r.rotate(&Vector3::z()) + Vector3::x()).norm() < 1e-12);
    }

    #[test]
    fn a_level_vehicle_gives_a_nadir_camera_of_its_heading() {
        let a = Attitude::down_looking(237.5, 0.0, 0.0);
        assert!((a.pitch_deg + 90.0).abs() < 1e-9);
        let right = a.rotation().rotate(&Vector3::y());
        let (sin, cos) = 237.5f64.to_radians().sin_cos();
        assert!(
            (right - Vector3::new(-sin, cos, 0.0)).norm() < 1e-9,
            "{right}"
        );
    }

    #[test]
    fn nose_up_looks_ahead_and_right_wing_down_looks_left() {
        let up = Attitude::down_looking(0.0, 5.0, 0.0)
            .rotation()
            .rotate(&Vector3::x());
        assert!((up.x - 5f64.to_radians().sin()).abs() < 1e-9, "{up}");
        let bank = Attitude::down_looking(0.0, 0.0, 5.0)
            .rotation()
            .rotate(&Vector3::x());
        assert!((bank.y + 5f64.to_radians().sin()).abs() < 1e-9, "{bank}");
    }

    #[test]
    fn angles_survive_the_way_through_the_matrix() {
        for (yaw, pitch, roll) in [
            (30.0, -60.0, 4.0),
            (-170.0, 10.0, -20.0),
            (90.0, -89.9, 0.0),
        ] {
            let r = RotationMatrix::from_euler_deg(roll, pitch, yaw);
            let back = Attitude::from_rotation(&r).rotation();
            assert!((r.matrix() - back.matrix()).norm() < 1e-9);
        }
    }
}
