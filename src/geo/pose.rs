//! Position, height and attitude of the camera at one exposure, with their uncertainty.

use super::{
    Attitude, Height, HeightAboveEllipsoid, HeightAboveGround, HeightAboveTakeoff, HeightEgm96,
    HeightEgm2008, Timestamp, VerticalDatum, Wgs84,
};

/// Every height the metadata gave, each over its own datum. None is derived from another.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Altitudes {
    /// Above the point of take-off.
    pub takeoff: Option<HeightAboveTakeoff>,
    /// Above the ground below: what stands in for the height above take-off where the ground is flat, and nowhere else.
    pub above_ground: Option<HeightAboveGround>,
    /// Above the WGS84 ellipsoid.
    pub ellipsoid: Option<HeightAboveEllipsoid>,
    /// Above the EGM96 geoid.
    pub egm96: Option<HeightEgm96>,
    /// Above the EGM2008 geoid.
    pub egm2008: Option<HeightEgm2008>,
}

impl Altitudes {
    /// The height over `datum`, if it was measured over that very datum.
    #[must_use]
    pub fn over(&self, datum: VerticalDatum) -> Option<Height> {
        match datum {
            VerticalDatum::Ellipsoid => self.ellipsoid.map(Height::from),
            VerticalDatum::Egm96 => self.egm96.map(Height::from),
            VerticalDatum::Egm2008 => self.egm2008.map(Height::from),
        }
    }

    /// Any absolute height, the ellipsoidal one first.
    #[must_use]
    pub fn absolute(&self) -> Option<Height> {
        [
            VerticalDatum::Ellipsoid,
            VerticalDatum::Egm96,
            VerticalDatum::Egm2008,
        ]
        .into_iter()
        .find_map(|datum| self.over(datum))
    }

    /// Metres above ground that is flat at the height of take-off.
    #[must_use]
    pub fn above_flat_ground_m(&self) -> Option<f64> {
        let takeoff = self.takeoff.map(HeightAboveTakeoff::metres);
        takeoff.or(self.above_ground.map(HeightAboveGround::metres))
    }

    /// Whether every height is one that an aircraft can have, over whatever datum: from 1 km below to 100 km above.
    #[must_use]
    pub fn are_plausible(&self) -> bool {
        let takeoff = self.takeoff.map(HeightAboveTakeoff::metres);
        let above_ground = self.above_ground.map(HeightAboveGround::metres);
        let absolute = [
            VerticalDatum::Ellipsoid,
            VerticalDatum::Egm96,
            VerticalDatum::Egm2008,
        ];
        let absolute = absolute.into_iter().filter_map(|datum| self.over(datum));
        takeoff
            .into_iter()
            .chain(above_ground)
            .chain(absolute.map(Height::metres))
            .all(|metres| (-1e3..=1e5).contains(&metres))
    }

    /// Whether no height at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.above_flat_ground_m().is_none() && self.absolute().is_none()
    }
}

/// One-sigma errors of a pose, taken as independent.
///
/// The attitude errors are small rotations about the level axes of the camera's heading, not errors of the three
/// angles: with the camera looking straight down, yaw and roll turn about the same axis, and errors of the angles
/// would leave out the tilt to the side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoseCovariance {
    /// Position error to the north, metres.
    pub sigma_north_m: f64,
    /// Position error to the east, metres.
    pub sigma_east_m: f64,
    /// Height error relative to the ground's datum, metres.
    pub sigma_up_m: f64,
    /// Rotation about the horizontal axis along the heading, radians.
    pub sigma_roll_rad: f64,
    /// Rotation about the horizontal axis across the heading, radians.
    pub sigma_pitch_rad: f64,
    /// Rotation about the vertical, radians.
    pub sigma_yaw_rad: f64,
    /// Time between the exposure and the instant the position belongs to, seconds; counts only when the speed is
    /// known.
    pub sigma_time_s: f64,
}

impl PoseCovariance {
    /// The same horizontal error to north and east, the same angle error about each axis, no timing error.
    ///
    /// Metres, metres, degrees.
    #[must_use]
    pub fn isotropic(horizontal_m: f64, vertical_m: f64, attitude_deg: f64) -> Self {
        let attitude = attitude_deg.to_radians();
        Self {
            sigma_north_m: horizontal_m,
            sigma_east_m: horizontal_m,
            sigma_up_m: vertical_m,
            sigma_roll_rad: attitude,
            sigma_pitch_rad: attitude,
            sigma_yaw_rad: attitude,
            sigma_time_s: 0.0,
        }
    }
}

impl Default for PoseCovariance {
    /// What to assume of a small drone whose metadata say nothing: autonomous GNSS 1.5 m horizontally and 3 m
    /// vertically, gimbal and compass 0.5 degrees.
    fn default() -> Self {
        Self::isotropic(1.5, 3.0, 0.5)
    }
}

/// Horizontal velocity over ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundVelocity {
    /// Metres per second to the north.
    pub north_m_s: f64,
    /// Metres per second to the east.
    pub east_m_s: f64,
}

/// The camera at one exposure.
#[derive(Debug, Clone, PartialEq)]
pub struct Pose {
    /// Where it was, longitude -180 to 180 degrees.
    pub place: Wgs84,
    /// The heights known.
    pub altitude: Altitudes,
    /// How the camera is turned.
    pub attitude: Attitude,
    /// Uncertainty of all of it.
    pub covariance: PoseCovariance,
    /// Velocity over ground, where known.
    pub velocity: Option<GroundVelocity>,
    /// When the frame was exposed.
    pub time: Option<Timestamp>,
}
