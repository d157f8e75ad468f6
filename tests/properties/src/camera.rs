//! A camera file to rays through its lens, and back.

use scarp_config::load_camera;
use scarp_geo::{
    Altitudes, Attitude, CameraModel, Geometry, HeightAboveTakeoff, Pose, PoseCovariance, Terrain,
    Wgs84,
};

use crate::file;

/// How far a pixel may come back from the ground beside where it was.
const BESIDE_PX: f64 = 0.01;

/// Reads `data` as a camera file.
pub fn check(data: &[u8]) {
    file::with("camera.toml", data, |path| match load_camera(path) {
        Ok(camera) => assert_returns(camera),
        Err(error) => file::assert_names(&error, path),
    });
}

/// Every pixel of the picture looks somewhere, and what lies there appears in that pixel.
fn assert_returns(camera: CameraModel) {
    let (width, height) = (f64::from(camera.width), f64::from(camera.height));
    let pose = Pose {
        place: Wgs84::ZERO,
        altitude: Altitudes {
            takeoff: Some(HeightAboveTakeoff::new(100.0)),
            ..Altitudes::default()
        },
        attitude: Attitude {
            yaw_deg: 0.0,
            pitch_deg: -90.0,
            roll_deg: 0.0,
        },
        covariance: PoseCovariance::isotropic(1.0, 1.0, 1.0),
        velocity: None,
        time: None,
    };
    let Ok(geometry) = Geometry::new(camera, &pose, &Terrain::flat(1.0)) else {
        return;
    };
    for n in 0..25_i32 {
        let (u, v) = (
            f64::from(n % 5) / 4.0 * width,
            f64::from(n / 5) / 4.0 * height,
        );
        // A fisheye's border may look at the horizon.
        let Ok(point) = geometry.pixel_to_ground(u, v) else {
            continue;
        };
        assert!(point.ce90_m.is_finite(), "{point:?}");
        let back = geometry.ground_to_pixel(point.place, point.height);
        let is_there = back
            .as_ref()
            .is_ok_and(|(x, y)| (x - u).hypot(y - v) < BESIDE_PX.max(width * 1e-6));
        assert!(is_there, "{u}, {v} comes back to {back:?}");
    }
}
