//! From pixels to the ground and back, with the accuracy of every point.

mod accuracy;
mod area;
mod camera;
mod cast;
mod dem;
mod ecef;
mod geometry;
mod ground;
mod plane;
mod utm;

pub use accuracy::{circular_error_90, linear_error_90};
pub use area::area_m2;
pub use camera::CameraModel;
pub use dem::{Dem, DemError};
pub use geometry::{GeoError, Geometry, GroundPoint};
pub use ground::{Ground, GroundHeight, Surface};
pub use plane::LocalPlane;
pub use utm::Utm;
