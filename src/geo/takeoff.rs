//! Whether a camera's two heights, above take-off and absolute, fit the ground.

use super::{GeoError, Pose, Surface, Terrain};

/// How far from the ground's heights a take-off may lie beside the errors of both, in metres: a roof, a car park behind the model's
/// edge.
const BESIDE_M: f64 = 20.0;
/// Of these errors, as many standard deviations.
const SIGMAS: f64 = 3.0;

/// Compares the height of take-off, which is the camera's absolute height (`height_m`, over the ground's datum) less that above
/// take-off, with the heights of an elevation model. Barometers err by a hundred metres in their absolute height, and not in the
/// relative one.
///
/// # Errors
/// When the aircraft would have taken off higher or lower than any ground of the model.
pub(super) fn check(pose: &Pose, terrain: &Terrain, height_m: f64) -> Result<(), GeoError> {
    let (Surface::Dem(dem), Some(above_takeoff)) = (&terrain.surface, pose.altitude.takeoff) else {
        return Ok(());
    };
    let above_takeoff_m = above_takeoff.metres();
    let takeoff_m = height_m - above_takeoff_m;
    let (lowest_m, highest_m) = dem.height_range_m();
    let sigma_m = pose.covariance.sigma_up_m.hypot(terrain.sigma_m);
    let beside_m = BESIDE_M + SIGMAS * sigma_m;
    if (lowest_m - beside_m..=highest_m + beside_m).contains(&takeoff_m) {
        return Ok(());
    }
    Err(GeoError::TakeoffOffTerrain {
        height_m,
        above_takeoff_m,
        takeoff_m,
        lowest_m,
        highest_m,
    })
}
