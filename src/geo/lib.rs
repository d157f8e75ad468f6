//! From pixels to the ground and back, with the accuracy of every point.

mod accuracy;
mod area;
mod attitude;
mod camera;
mod cast;
mod dem;
mod ecef;
mod error;
pub mod frame;
mod geometry;
mod height;
mod plane;
mod pose;
mod rotation;
mod rotation_matrix;
mod terrain;
#[cfg(test)]
mod testing;
mod time;
mod utm;
mod wgs84;

pub use accuracy::{circular_error_90, linear_error_90};
pub use area::area_m2;
pub use attitude::Attitude;
pub use camera::CameraModel;
pub use dem::{Dem, DemError};
pub use error::GeoError;
pub use geometry::{Geometry, GroundPoint};
pub use height::{
    Height, HeightAboveEllipsoid, HeightAboveTakeoff, HeightEgm96, HeightEgm2008, UnknownDatum,
    VerticalDatum,
};
pub use plane::LocalPlane;
pub use pose::{Altitudes, GroundVelocity, Pose, PoseCovariance};
pub use rotation::Rotation;
pub use rotation_matrix::RotationMatrix;
pub use terrain::{Surface, Terrain, TerrainHeight};
pub use time::{CameraTime, GnssTime, Timestamp};
pub use utm::Utm;
pub use wgs84::{Latitude, Longitude, Wgs84};
