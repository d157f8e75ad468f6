//! Turns that know from which frame they lead to which, as quaternions.

use std::{fmt, marker::PhantomData, ops::Mul};

use nalgebra::{UnitQuaternion, Vector3};

use super::{
    RotationMatrix,
    reference_frame::{Body, Gimbal, Heading, Ned, Platform},
};

/// A turn that takes the coordinates of a vector in the frame `From` to those in the frame `To`: a unit quaternion.
///
/// An attitude is such a turn, from what is turned to the level frame. One that leads the wrong way is refused by the
/// compiler:
///
/// ```
/// use nalgebra::Vector3;
/// use scarp_geo::{Rotation, reference_frame::{Body, Ned}};
///
/// fn nose(attitude: Rotation<Body, Ned>) -> Vector3<f64> {
///     attitude.rotate(&Vector3::x())
/// }
/// let east: Rotation<Body, Ned> = Rotation::from_euler_rad(0.0, 0.0, 90f64.to_radians());
/// assert!((nose(east) - Vector3::y()).norm() < 1e-12);
/// ```
///
/// ```compile_fail,E0308
/// use nalgebra::Vector3;
/// use scarp_geo::{Rotation, reference_frame::{Body, Ned}};
///
/// fn nose(attitude: Rotation<Body, Ned>) -> Vector3<f64> {
///     attitude.rotate(&Vector3::x())
/// }
/// let east: Rotation<Ned, Body> = Rotation::from_euler_rad(0.0, 0.0, 90f64.to_radians());
/// nose(east);
/// ```
///
/// Two turns follow each other where the frame between them is the same; the one to the right comes first.
///
/// ```
/// use scarp_geo::{Rotation, reference_frame::{Gimbal, Heading, Ned}};
///
/// let gimbal: Rotation<Gimbal, Heading> = Rotation::identity();
/// let north: Rotation<Gimbal, Ned> = Rotation::from_heading_deg(90.0) * gimbal;
/// ```
///
/// ```compile_fail,E0308
/// use scarp_geo::{Rotation, reference_frame::{Body, Gimbal, Heading, Ned}};
///
/// let gimbal: Rotation<Gimbal, Heading> = Rotation::identity();
/// let aircraft: Rotation<Body, Ned> = Rotation::identity();
/// let north = aircraft * gimbal;
/// ```
pub struct Rotation<From, To> {
    quaternion: UnitQuaternion<f64>,
    frames: PhantomData<fn(From) -> To>,
}

impl<From, To> Rotation<From, To> {
    /// The turn that a quaternion is.
    #[must_use]
    pub const fn from_quaternion(quaternion: UnitQuaternion<f64>) -> Self {
        Self {
            quaternion,
            frames: PhantomData,
        }
    }

    /// Roll, pitch and yaw in radians, intrinsic Z-Y'-X'': yaw first, about down, then pitch, then roll.
    #[must_use]
    pub fn from_euler_rad(roll: f64, pitch: f64, yaw: f64) -> Self {
        Self::from_quaternion(UnitQuaternion::from_euler_angles(roll, pitch, yaw))
    }

    /// The turn between two frames that coincide.
    #[must_use]
    pub fn identity() -> Self {
        Self::from_quaternion(UnitQuaternion::identity())
    }

    /// The quaternion without its frames.
    #[must_use]
    pub const fn quaternion(&self) -> &UnitQuaternion<f64> {
        &self.quaternion
    }

    /// The same turn as a matrix.
    #[must_use]
    pub fn matrix(&self) -> RotationMatrix<From, To> {
        RotationMatrix::from_matrix(self.quaternion.to_rotation_matrix().into_inner())
    }

    /// The coordinates in `To` of a vector in `From`.
    #[must_use]
    pub fn rotate(&self, vector: &Vector3<f64>) -> Vector3<f64> {
        self.quaternion * vector
    }

    /// The turn a fraction of the shortest way from this one (0) to `other` (1), at constant speed.
    #[must_use]
    pub fn slerp(&self, other: &Self, fraction: f64) -> Self {
        // None only when both are the same.
        let between = self
            .quaternion
            .try_slerp(&other.quaternion, fraction, f64::EPSILON);
        Self::from_quaternion(between.unwrap_or(self.quaternion))
    }

    /// Whether every component is a finite number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.quaternion.coords.iter().all(|c| c.is_finite())
    }
}

impl<From> Rotation<From, Ned> {
    /// Yaw: the direction of x in degrees clockwise from north, -180 to 180.
    #[must_use]
    pub fn heading_deg(&self) -> f64 {
        self.quaternion.euler_angles().2.to_degrees()
    }
}

impl Rotation<Heading, Ned> {
    /// The turn from an aircraft's level frame, for a heading in degrees clockwise from north.
    #[must_use]
    pub fn from_heading_deg(heading_deg: f64) -> Self {
        Self::from_quaternion(UnitQuaternion::from_axis_angle(
            &Vector3::z_axis(),
            heading_deg.to_radians(),
        ))
    }
}

impl<To> Rotation<Body, To> {
    /// The attitude of the platform, where the camera is fixed in the aircraft.
    #[must_use]
    pub const fn as_platform(self) -> Rotation<Platform, To> {
        Rotation::from_quaternion(self.quaternion)
    }
}

impl<To> Rotation<Gimbal, To> {
    /// The attitude of the platform, where the camera hangs on the gimbal.
    #[must_use]
    pub const fn as_platform(self) -> Rotation<Platform, To> {
        Rotation::from_quaternion(self.quaternion)
    }
}

impl<A, B, C> Mul<Rotation<A, B>> for Rotation<B, C> {
    type Output = Rotation<A, C>;

    fn mul(self, first: Rotation<A, B>) -> Rotation<A, C> {
        Rotation::from_quaternion(self.quaternion * first.quaternion)
    }
}

// Derived, these would ask the frames for the same trait.
impl<From, To> Clone for Rotation<From, To> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<From, To> Copy for Rotation<From, To> {}

impl<From, To> PartialEq for Rotation<From, To> {
    fn eq(&self, other: &Self) -> bool {
        self.quaternion == other.quaternion
    }
}

impl<From, To> fmt::Debug for Rotation<From, To> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rotation").field(&self.quaternion).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(degrees: f64) -> Rotation<Body, Ned> {
        Rotation::from_euler_rad(0.0, 0.0, degrees.to_radians())
    }

    #[test]
    fn the_turn_to_the_right_comes_first() {
        // Nose down in the level frame, then that frame turned to the east.
        let nose_down: Rotation<Body, Heading> =
            Rotation::from_euler_rad(0.0, (-90f64).to_radians(), 0.0);
        let turned = Rotation::from_heading_deg(90.0) * nose_down;
        assert!((turned.rotate(&Vector3::x()) - Vector3::z()).norm() < 1e-12);
        assert!((turned.rotate(&Vector3::z()) + Vector3::y()).norm() < 1e-12);
    }

    #[test]
    fn halfway_between_two_headings_is_the_short_way_round() {
        let middle = heading(170.0).slerp(&heading(-150.0), 0.5);
        assert!((middle.heading_deg().abs() - 170.0).abs() < 1e-9);
        let same = heading(40.0).slerp(&heading(40.0), 0.5);
        assert!((same.heading_deg() - 40.0).abs() < 1e-9);
    }

    #[test]
    fn the_matrix_turns_as_the_quaternion_does() {
        let turned: Rotation<Body, Ned> = Rotation::from_euler_rad(0.1, -0.2, 2.0);
        let v = Vector3::new(1.0, -2.0, 3.0);
        assert!((turned.rotate(&v) - turned.matrix().rotate(&v)).norm() < 1e-12);
    }
}
