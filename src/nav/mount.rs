//! How the camera sits in the aircraft, or on its gimbal.

use nalgebra::Vector3;
use scarp_geo::{
    Attitude, Rotation, RotationMatrix,
    reference_frame::{Camera, Ned, Platform},
};

use super::PositionSigma;

/// Where the camera is and where it looks, in the axes of the platform that carries it: forward, right, down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mount {
    /// Lever arm from the GNSS antenna to the camera, metres forward, right and down.
    pub lever_arm_m: Vector3<f64>,
    /// Boresight: the camera's axes in the platform's. Turned by a pitch of -90 degrees it looks down through the floor,
    /// the top of the image towards the nose.
    pub boresight: RotationMatrix<Camera, Platform>,
}

impl Default for Mount {
    /// At the antenna, looking straight down.
    fn default() -> Self {
        Self {
            lever_arm_m: Vector3::zeros(),
            boresight: RotationMatrix::from_euler_deg(0.0, -90.0, 0.0),
        }
    }
}

impl Mount {
    /// Metres north, east and down from antenna to camera.
    pub(super) fn lever_arm_ned_m(&self, platform: &Rotation<Platform, Ned>) -> Vector3<f64> {
        platform.rotate(&self.lever_arm_m)
    }

    /// The camera's attitude.
    pub(super) fn camera_attitude(&self, platform: &Rotation<Platform, Ned>) -> Attitude {
        Attitude::from_rotation(&(platform.matrix() * self.boresight))
    }
}

/// The error of a lever arm (north, east, down, metres) that is turned wrongly by small angles, radians: `tilt` about
/// each level axis, `heading` about the vertical.
pub(super) fn lever_arm_sigma(ned_m: &Vector3<f64>, tilt: f64, heading: f64) -> PositionSigma {
    PositionSigma {
        north_m: (tilt * ned_m.z).hypot(heading * ned_m.y),
        east_m: (tilt * ned_m.z).hypot(heading * ned_m.x),
        up_m: tilt * ned_m.x.hypot(ned_m.y),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn platform(roll_deg: f64, pitch_deg: f64, yaw_deg: f64) -> Rotation<Platform, Ned> {
        Rotation::from_euler_rad(
            roll_deg.to_radians(),
            pitch_deg.to_radians(),
            yaw_deg.to_radians(),
        )
    }

    /// With a boresight of these yaw, pitch and roll, degrees.
    fn mount(boresight: (f64, f64, f64)) -> Mount {
        Mount {
            lever_arm_m: Vector3::new(0.3, -0.1, 0.2),
            boresight: RotationMatrix::from_euler_deg(boresight.2, boresight.1, boresight.0),
        }
    }

    #[test]
    fn the_lever_arm_turns_with_the_aircraft() {
        let east = mount((0.0, -90.0, 0.0)).lever_arm_ned_m(&platform(0.0, 0.0, 90.0));
        assert!(
            (east - Vector3::new(0.1, 0.3, 0.2)).norm() < 1e-12,
            "{east}"
        );
        let nose_up = mount((0.0, -90.0, 0.0)).lever_arm_ned_m(&platform(0.0, 90.0, 0.0));
        assert!(
            (nose_up - Vector3::new(0.2, -0.1, -0.3)).norm() < 1e-12,
            "{nose_up}"
        );
    }

    #[test]
    fn a_camera_that_looks_ahead_has_the_aircrafts_attitude() {
        let attitude = mount((0.0, 0.0, 0.0)).camera_attitude(&platform(3.0, -8.0, 120.0));
        assert!((attitude.yaw_deg - 120.0).abs() < 1e-9);
        assert!((attitude.pitch_deg + 8.0).abs() < 1e-9);
        assert!((attitude.roll_deg - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_boresight_off_by_a_degree_turns_what_the_camera_sees() {
        // Looking down, turned by a degree in its mount: the top of the image is a degree off the nose.
        let attitude = mount((1.0, -90.0, 0.0)).camera_attitude(&platform(0.0, 0.0, 30.0));
        assert!((attitude.yaw_deg - 31.0).abs() < 1e-9);
        assert!((attitude.pitch_deg + 90.0).abs() < 1e-6);
    }

    #[test]
    fn a_wrongly_turned_lever_arm_errs_across_its_length() {
        let sigma = lever_arm_sigma(&Vector3::new(2.0, 0.0, 1.0), 0.01, 0.05);
        assert!((sigma.north_m - 0.01).abs() < 1e-12);
        assert!((sigma.east_m - 0.01f64.hypot(0.1)).abs() < 1e-12);
        assert!((sigma.up_m - 0.02).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_usual_mount_is_the_down_looking_camera(
            heading in -180.0..180.0f64, pitch in -40.0..40.0f64, roll in -40.0..40.0f64,
        ) {
            let ours = Mount::default().camera_attitude(&platform(roll, pitch, heading)).rotation();
            let known = Attitude::down_looking(heading, pitch, roll).rotation();
            prop_assert!((ours.matrix() - known.matrix()).norm() < 1e-9);
        }
    }
}
