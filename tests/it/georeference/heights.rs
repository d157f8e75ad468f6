//! Cameras and ground with heights over different datums, and above take-off.

use scarp_geo::{GeoError, Geoids, HeightAboveGround, HeightEgm2008};

use super::*;

#[test]
fn a_camera_over_the_ellipsoid_sees_a_hill_over_a_geoid_where_it_is() {
    // By PROJ in its grid of EGM96. Without it, what is seen aslant moves by metres.
    const UNDULATION_M: f64 = 20.963;
    let (camera, reference) = reference();
    let case = &reference.dem[0];
    let p = &case.pose;
    let angles = [p.yaw, p.pitch, p.roll];
    let terrain = Terrain::dem(hill(), 1.0);
    let off = worst(
        camera,
        &pose(at(p.lat, p.lon), ellipsoid(p.h + UNDULATION_M), angles),
        &terrain,
        case,
    );
    assert!(off < 0.05, "{off} m");
}

#[test]
fn an_approximate_geoid_widens_the_stated_error_of_heights() {
    let here = at(-46.563, -73.1694);
    let egm2008 = Altitudes {
        egm2008: Some(HeightEgm2008::new(1240.0)),
        ..Altitudes::default()
    };
    let le90 = |altitude, terrain: &Terrain| {
        let camera = CameraModel::centred(4000, 3000, 3000.0);
        let geometry = Geometry::new(camera, &pose(here, altitude, [0.0, -90.0, 0.0]), terrain);
        geometry.unwrap().pixel_to_ground(2000.0, 1500.0).unwrap()
    };
    let exact = le90(egm96(1240.0), &Terrain::dem(hill(), 1.0));
    let rough = Terrain::dem(hill(), 1.0).with_geoids(Geoids::approximate());
    let rough = le90(egm2008, &rough);
    // The hill is good to 1 m, EGM96 to another where EGM2008 is meant.
    assert!((rough.le90_m.powi(2) - exact.le90_m.powi(2)) > 1.645_f64.powi(2) * 0.9);
    assert_eq!(rough.place, exact.place);
}

#[test]
fn a_height_above_take_off_counts_from_the_ground_that_was_taken_off_from() {
    let (camera, reference) = reference();
    let case = &reference.dem[0];
    let p = &case.pose;
    let angles = [p.yaw, p.pitch, p.roll];
    let from = at(-46.563, -73.1694);
    let ground_m = hill().sample(from).unwrap();
    // The barometer's absolute height is 100 m off.
    let altitude = Altitudes {
        takeoff: Some(HeightAboveTakeoff::new(p.h - ground_m)),
        ..egm96(p.h + 100.0)
    };
    let seen_from = pose(at(p.lat, p.lon), altitude, angles);
    let by_place = Terrain::dem(hill(), 1.0).with_takeoff_at(from).unwrap();
    let by_height = Terrain::dem(hill(), 1.0).with_takeoff_m(ground_m);
    for terrain in [by_place, by_height] {
        let off = worst(camera, &seen_from, &terrain, case);
        assert!(off < 0.05, "{off} m");
    }
}

#[test]
fn a_height_above_the_ground_below_is_none_above_take_off_but_over_flat_ground() {
    let altitude = Altitudes {
        above_ground: Some(HeightAboveGround::new(120.0)),
        ..Altitudes::default()
    };
    let camera = CameraModel::centred(4000, 3000, 3000.0);
    let seen_from = pose(at(-46.563, -73.1694), altitude, [0.0, -90.0, 0.0]);
    let anchored = Terrain::dem(hill(), 1.0).with_takeoff_m(1000.0);
    let refused = Geometry::new(camera, &seen_from, &anchored).unwrap_err();
    assert!(
        matches!(refused, GeoError::NoHeightOver { .. }),
        "{refused}"
    );
    let flat = Geometry::new(camera, &seen_from, &Terrain::flat(1.0)).unwrap();
    assert!((flat.gsd_m().unwrap() - 0.04).abs() < 1e-4);
}

#[test]
fn a_take_off_beside_the_elevation_model_is_refused() {
    let off = Terrain::dem(hill(), 1.0).with_takeoff_at(at(-46.0, -73.0));
    assert!(matches!(off, Err(GeoError::NoTerrain(_))));
    let flat = Terrain::flat(1.0).with_takeoff_at(at(-46.0, -73.0));
    assert!(matches!(flat, Err(GeoError::NoTakeoffOnFlatGround)));
}
