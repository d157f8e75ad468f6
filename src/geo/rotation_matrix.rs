//! Turns that know from which frame they lead to which, as matrices.

use std::{fmt, marker::PhantomData, ops::Mul};

use nalgebra::{Matrix3, Rotation3, Vector3};

/// A turn that takes the coordinates of a vector in the frame `From` to those in the frame `To`: an orthonormal matrix,
/// whose columns are the axes of `From` in `To`.
///
/// Beside [`Rotation`](crate::Rotation), because cameras are turned by matrices and aircraft by quaternions, and the way
/// from one to the other and back costs the last digits.
///
/// ```
/// use scarp_geo::{Attitude, RotationMatrix, reference_frame::{Body, Camera, Ned}};
///
/// let aircraft: RotationMatrix<Body, Ned> = RotationMatrix::from_euler_deg(0.0, 5.0, 30.0);
/// let boresight: RotationMatrix<Camera, Body> = RotationMatrix::from_euler_deg(0.0, -90.0, 0.0);
/// let camera = Attitude::from_rotation(&(aircraft * boresight));
/// ```
///
/// ```compile_fail,E0308
/// use scarp_geo::{Attitude, RotationMatrix, reference_frame::{Body, Camera, Ned}};
///
/// let aircraft: RotationMatrix<Body, Ned> = RotationMatrix::from_euler_deg(0.0, 5.0, 30.0);
/// let boresight: RotationMatrix<Camera, Body> = RotationMatrix::from_euler_deg(0.0, -90.0, 0.0);
/// let camera = Attitude::from_rotation(&(boresight * aircraft));
/// ```
///
/// ```compile_fail,E0308
/// use scarp_geo::{Attitude, RotationMatrix, reference_frame::{Body, Ned}};
///
/// let aircraft: RotationMatrix<Body, Ned> = RotationMatrix::from_euler_deg(0.0, 5.0, 30.0);
/// let camera = Attitude::from_rotation(&aircraft);
/// ```
pub struct RotationMatrix<From, To> {
    matrix: Matrix3<f64>,
    frames: PhantomData<fn(From) -> To>,
}

impl<From, To> RotationMatrix<From, To> {
    /// The turn that a matrix is, which has to be orthonormal and right-handed.
    pub(crate) const fn from_matrix(matrix: Matrix3<f64>) -> Self {
        Self {
            matrix,
            frames: PhantomData,
        }
    }

    /// Roll, pitch and yaw in degrees, intrinsic Z-Y'-X'': `Rz(yaw) Ry(pitch) Rx(roll)`.
    #[must_use]
    pub fn from_euler_deg(roll: f64, pitch: f64, yaw: f64) -> Self {
        let turned =
            Rotation3::from_euler_angles(roll.to_radians(), pitch.to_radians(), yaw.to_radians());
        Self::from_matrix(turned.into_inner())
    }

    /// The matrix without its frames.
    #[must_use]
    pub const fn matrix(&self) -> &Matrix3<f64> {
        &self.matrix
    }

    /// The coordinates in `To` of a vector in `From`.
    #[must_use]
    pub fn rotate(&self, vector: &Vector3<f64>) -> Vector3<f64> {
        self.matrix * vector
    }

    /// The coordinates in `From` of a vector in `To`.
    #[must_use]
    pub fn rotate_back(&self, vector: &Vector3<f64>) -> Vector3<f64> {
        self.matrix.tr_mul(vector)
    }
}

impl<A, B, C> Mul<RotationMatrix<A, B>> for RotationMatrix<B, C> {
    type Output = RotationMatrix<A, C>;

    fn mul(self, first: RotationMatrix<A, B>) -> RotationMatrix<A, C> {
        RotationMatrix::from_matrix(self.matrix * first.matrix)
    }
}

// Derived, these would ask the frames for the same trait.
impl<From, To> Clone for RotationMatrix<From, To> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<From, To> Copy for RotationMatrix<From, To> {}

impl<From, To> PartialEq for RotationMatrix<From, To> {
    fn eq(&self, other: &Self) -> bool {
        self.matrix == other.matrix
    }
}

impl<From, To> fmt::Debug for RotationMatrix<From, To> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RotationMatrix").field(&self.matrix).finish()
    }
}
