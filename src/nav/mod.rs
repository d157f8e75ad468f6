//! Where the camera was and how it was turned: heights with their datum, attitude, covariance, clocks.

mod attitude;
mod clock;
mod height;
mod pose;

pub use attitude::Attitude;
pub(crate) use clock::civil_ms;
pub use clock::{CameraTime, GnssTime, Timestamp};
pub use height::{
    Height, HeightAboveEllipsoid, HeightAboveTakeoff, HeightEgm96, HeightEgm2008, VerticalDatum,
};
pub use pose::{Altitudes, GroundVelocity, Pose, PoseCovariance};
