//! How the camera is turned.

use nalgebra::{Matrix3, Rotation3, Vector3};

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

    /// The attitude of photogrammetry's omega, phi and kappa in degrees, about east, north and up: `R = Rx(omega) Ry(phi) Rz(kappa)` takes
    /// the picture's axes (right, up, and backwards, away from what it shows) to east, north and up (the PATB convention; Bäumker and
    /// Heimes 2001, equation 5). With all three 0 the camera looks straight down, the top of the picture to the north; kappa turns it
    /// to the left.
    #[must_use]
    pub fn from_omega_phi_kappa(omega_deg: f64, phi_deg: f64, kappa_deg: f64) -> Self {
        let x = Rotation3::from_axis_angle(&Vector3::x_axis(), omega_deg.to_radians());
        let y = Rotation3::from_axis_angle(&Vector3::y_axis(), phi_deg.to_radians());
        let z = Rotation3::from_axis_angle(&Vector3::z_axis(), kappa_deg.to_radians());
        let picture = x * y * z;
        let picture = picture.matrix();
        // East, north, up to north, east, down.
        let ned = |axis: Vector3<f64>| Vector3::new(axis.y, axis.x, -axis.z);
        let columns = [
            ned(-picture.column(2)),
            ned(picture.column(0).into()),
            ned(-picture.column(1)),
        ];
        Self::from_rotation(&RotationMatrix::from_matrix(Matrix3::from_columns(
            &columns,
        )))
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

    /// By Bäumker's matrices as OpenDroneMap has them (`opendm/photo.py`, `compute_opk`) for a body with these angles, whose camera looks
    /// down with the top of the picture forward.
    #[test]
    fn omega_phi_and_kappa_are_those_of_the_vehicle_with_the_camera_in_its_floor() {
        for (heading, pitch, roll, opk) in [
            (0.0, 0.0, 0.0, [0.0, 0.0, 0.0]),
            (90.0, 0.0, 0.0, [0.0, 0.0, -90.0]),
            (
                30.0,
                12.0,
                -5.0,
                [7.933_517_843, -10.313_809_629, -29.808_723_992],
            ),
            (
                237.5,
                -4.0,
                9.0,
                [-5.502_587_210, -8.172_847_969, 121.791_645_291],
            ),
        ] {
            let [omega, phi, kappa] = opk;
            let found = Attitude::from_omega_phi_kappa(omega, phi, kappa).rotation();
            let vehicle = Attitude::down_looking(heading, pitch, roll).rotation();
            let apart = (found.matrix() - vehicle.matrix()).norm();
            assert!(apart < 1e-7, "{heading} {pitch} {roll}: {apart}");
        }
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
