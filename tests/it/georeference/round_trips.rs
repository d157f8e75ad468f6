//! From a pixel to the ground and back.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_pixel_comes_back_from_flat_ground_to_where_it_was(
        lat in -85.0..85.0f64, lon in -180.0..180.0f64, agl in 20.0..500.0f64,
        yaw in -360.0..360.0f64, pitch in -90.0..-45.0f64, roll in -30.0..30.0f64,
        u in 0.0..4000.0f64, v in 0.0..3000.0f64,
    ) {
        let camera = CameraModel { cx: 1980.0, cy: 1520.0, ..CameraModel::centred(4000, 3000, 3000.0) };
        let geometry = Geometry::new(camera, &pose(at(lat, lon), takeoff(agl), [yaw, pitch, roll]), &Terrain::flat(1.0)).unwrap();
        if let Ok(p) = geometry.pixel_to_ground(u, v) {
            let (u2, v2) = geometry.ground_to_pixel(p.place, p.height).unwrap();
            prop_assert!((u - u2).hypot(v - v2) < 0.01, "{u} {v} came back as {u2} {v2}");
            prop_assert!(p.ce90_m.is_finite() && p.ce90_m > 0.0 && p.le90_m > 0.0);
        } else {
            prop_assert!(pitch + 27.0 + roll.abs() > -70.0, "a steep ray missed the ground");
        }
    }

    #[test]
    fn a_pixel_comes_back_from_a_hill_to_where_it_was(
        east in -60.0..60.0f64, north in -60.0..60.0f64, yaw in -180.0..180.0f64, pitch in -90.0..-70.0f64,
        u in 1000.0..3000.0f64, v in 1000.0..2000.0f64,
    ) {
        let middle = LocalPlane::at(at(-46.563, -73.1694)).to_geographic(geo::Coord { x: east, y: north });
        let camera = CameraModel::centred(4000, 3000, 3000.0);
        let geometry = Geometry::new(camera, &pose(Wgs84::from_coord(middle), egm96(1240.0), [yaw, pitch, 0.0]), &Terrain::dem(hill(), 1.0)).unwrap();
        let p = geometry.pixel_to_ground(u, v).unwrap();
        let (u2, v2) = geometry.ground_to_pixel(p.place, p.height).unwrap();
        prop_assert!((u - u2).hypot(v - v2) < 0.01);
    }
}
