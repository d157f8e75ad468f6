//! From pixels to the ground and back, with the accuracy of every point.

mod area;
mod attitude;
mod camera;
mod cast;
mod ce90;
#[cfg(feature = "geotiff")]
pub mod crs;
#[cfg(feature = "geotiff")]
mod datum_shift;
mod dem;
mod ecef;
mod error;
mod frame_geometry;
mod geoid;
mod height;
mod lens;
mod local_plane;
mod pose;
pub mod reference_frame;
mod rotation;
mod rotation_matrix;
mod scanline_fill;
mod takeoff;
mod terrain;
#[cfg(test)]
mod testing;
mod time;
mod utm;
mod wgs84;

pub use area::area_m2;
pub use attitude::Attitude;
pub use camera::CameraModel;
pub use ce90::{circular_error_90, linear_error_90};
pub use dem::{
    Dem, DemError, DemFile, DemStatement, HeightUnit, SampleError, Sampler, UnknownUnit,
};
#[cfg(feature = "geotiff")]
pub use dem::{HORIZONTAL_SIGMA_ITEM, elevation_files};
pub use error::GeoError;
pub use frame_geometry::{Geometry, GroundPoint};
pub use geoid::{ConvertedHeight, GeoidError, GeoidGrid, Geoids};
pub use height::{
    Height, HeightAboveEllipsoid, HeightAboveGround, HeightAboveTakeoff, HeightEgm96,
    HeightEgm2008, UnknownDatum, VerticalDatum,
};
pub use lens::{Brown, Fisheye, Lens};
pub use local_plane::LocalPlane;
pub use pose::{Altitudes, GroundVelocity, Pose, PoseCovariance};
pub use rotation::Rotation;
pub use rotation_matrix::RotationMatrix;
pub use scanline_fill::fill_spans;
pub use terrain::{Surface, Terrain, TerrainHeight};
pub use time::{CameraTime, GnssTime, Timestamp};
pub use utm::Utm;
pub use wgs84::{Latitude, Longitude, Wgs84};
