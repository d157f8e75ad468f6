//! What cannot be placed, and the reason that is given.

use scarp_geo::{GeoError, HeightEgm2008, TerrainHeight};

use super::*;

#[test]
fn what_cannot_be_placed_is_an_error_that_says_why() {
    let camera = CameraModel::centred(4000, 3000, 3000.0);
    let nadir = [0.0, -90.0, 0.0];
    let on = |altitude, angles, terrain: &Terrain| {
        Geometry::new(
            camera,
            &pose(at(-46.563, -73.1694), altitude, angles),
            terrain,
        )
    };

    assert_eq!(
        on(egm96(100.0), nadir, &Terrain::flat(1.0)).unwrap_err(),
        GeoError::NoHeightAboveTakeoff
    );
    let hill_ground = Terrain::dem(hill(), 1.0);
    let error = on(takeoff(1200.0), nadir, &hill_ground).unwrap_err();
    assert_eq!(
        error,
        GeoError::NoHeightOver {
            terrain: VerticalDatum::Egm96
        }
    );
    assert!(error.to_string().contains("EGM96"));
    let egm2008 = Altitudes {
        egm2008: Some(HeightEgm2008::new(1200.0)),
        ..Altitudes::default()
    };
    let error = on(egm2008, nadir, &hill_ground).unwrap_err();
    assert!(matches!(error, GeoError::NoGeoid { .. }), "{error:?}");
    assert!(error.to_string().contains("--geoid"), "{error}");

    let level = on(takeoff(100.0), [0.0, 5.0, 0.0], &Terrain::flat(1.0)).unwrap();
    assert_eq!(
        level.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::AboveHorizon
    );
    assert_eq!(level.gsd_m().unwrap_err(), GeoError::AboveHorizon);
    let buried = on(takeoff(0.0), nadir, &Terrain::flat(1.0)).unwrap();
    assert_eq!(
        buried.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::BelowGround
    );
    let inside_hill = on(egm96(950.0), nadir, &hill_ground).unwrap();
    assert_eq!(
        inside_hill.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::BelowGround
    );

    let high = on(egm96(4000.0), nadir, &hill_ground).unwrap();
    assert!(matches!(
        high.pixel_to_ground(0.0, 0.0),
        Err(GeoError::NoTerrain(_))
    ));
    assert!(
        high.footprint().is_err(),
        "a footprint that leaves the model is not drawn"
    );
    let behind = on(takeoff(100.0), [0.0, 0.0, 0.0], &Terrain::flat(1.0)).unwrap();
    let sky = TerrainHeight::AboveTakeoff(HeightAboveTakeoff::new(100.0));
    assert_eq!(
        behind
            .ground_to_pixel(at(-46.6, -73.1694), sky)
            .unwrap_err(),
        GeoError::BehindCamera
    );
    let wrong = TerrainHeight::Absolute(Height::new(VerticalDatum::Egm2008, 0.0));
    assert!(matches!(
        behind.ground_to_pixel(at(-46.5, -73.1694), wrong),
        Err(GeoError::DatumMismatch { .. })
    ));
}
