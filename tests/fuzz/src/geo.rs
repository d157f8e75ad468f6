//! Of the firmware's `geo` what `capture` needs.

#[allow(dead_code, reason = "no ray is cast here")]
#[path = "../../../src/geo/camera.rs"]
mod camera;

pub use camera::CameraModel;
