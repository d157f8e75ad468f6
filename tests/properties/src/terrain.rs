//! A GeoTIFF to heights.

use std::io::Cursor;

use scarp_geo::{
    Altitudes, Attitude, CameraModel, Dem, DemStatement, Geometry, Height, HeightUnit, Latitude,
    Longitude, Pose, PoseCovariance, SampleError, Terrain, VerticalDatum, Wgs84,
};
use tiff::decoder::Decoder;

use crate::file;

/// More cells than this take seconds to read, however few the bytes are, and show nothing more.
const MAX_CELLS: u64 = 1 << 20;

/// Reads `data` as an elevation model, without and with what a user may state of it.
pub fn check(data: &[u8]) {
    let size = Decoder::new(Cursor::new(data)).and_then(|mut tiff| tiff.dimensions());
    if size.is_ok_and(|(width, height)| u64::from(width) * u64::from(height) > MAX_CELLS) {
        return;
    }
    let stated = DemStatement {
        datum: Some(VerticalDatum::Egm96),
        unit: Some(HeightUnit::Foot),
        overrides: true,
    };
    file::with("dem.tif", data, |path| {
        for stated in [DemStatement::default(), stated] {
            match Dem::open(path, stated) {
                Ok(dem) => assert_true(dem),
                Err(error) => file::assert_names(&error, path),
            }
        }
    });
}

/// Heights are such as the earth has, within those that the model says it has; and a ray ends on them or nowhere.
fn assert_true(dem: Dem) {
    let (lowest, highest) = dem.height_range_m();
    assert!(lowest <= highest && lowest >= -600.0 && highest <= 9_500.0);
    let bounds: Vec<[f64; 4]> = dem.files().map(|file| file.bounds_deg).collect();
    let mut ground = None;
    for [west, south, east, north] in bounds {
        assert!(south.is_finite() && north.is_finite() && west <= east && south <= north);
        for n in 0..25_i32 {
            let part = |n: i32| f64::from(n) / 4.0;
            let place = Wgs84::new(
                Latitude::from_degrees(south + part(n / 5) * (north - south)),
                Longitude::from_degrees(west + part(n % 5) * (east - west)),
            );
            match dem.sample(place) {
                Ok(height) => {
                    let between = lowest - 1e-3..=highest + 1e-3;
                    assert!(between.contains(&height), "{height} {lowest} {highest}");
                    ground = Some((place, height));
                }
                Err(why) => assert_ne!(why, SampleError::Unreadable),
            }
        }
    }
    if let Some((place, height)) = ground.filter(|(place, _)| place.latitude_deg().abs() < 89.9) {
        assert_ray(dem, place, height, (lowest, highest));
    }
}

/// A ray from 50 m above the ground meets it below, at a height that the model has.
fn assert_ray(dem: Dem, place: Wgs84, height_m: f64, (lowest, highest): (f64, f64)) {
    let datum = dem.datum();
    let mut altitude = Altitudes::default();
    match Height::new(datum, height_m + 50.0) {
        Height::Ellipsoid(height) => altitude.ellipsoid = Some(height),
        Height::Egm96(height) => altitude.egm96 = Some(height),
        Height::Egm2008(height) => altitude.egm2008 = Some(height),
    }
    let pose = Pose {
        place,
        altitude,
        attitude: Attitude {
            yaw_deg: 30.0,
            pitch_deg: -70.0,
            roll_deg: 0.0,
        },
        covariance: PoseCovariance::isotropic(1.0, 1.0, 1.0),
        velocity: None,
        time: None,
    };
    let camera = CameraModel::centred(400, 300, 300.0);
    let Ok(geometry) = Geometry::new(camera, &pose, &Terrain::dem(dem, 1.0)) else {
        return;
    };
    for (u, v) in [(200.0, 150.0), (0.0, 0.0), (400.0, 300.0)] {
        if let Ok(point) = geometry.pixel_to_ground(u, v) {
            let metres = point.height.metres();
            let between = lowest - 0.01..=highest + 0.01;
            assert!(between.contains(&metres), "{point:?} {lowest} {highest}");
            assert!(
                point.ce90_m.is_finite() && point.le90_m.is_finite(),
                "{point:?}"
            );
        }
    }
}
