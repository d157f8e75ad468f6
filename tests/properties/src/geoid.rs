//! A file to undulations of a geoid.

use scarp_geo::{GeoidGrid, Geoids, Height, Latitude, Longitude, VerticalDatum, Wgs84};

use crate::file;

/// Reads `data` as EGM2008.
pub fn check(data: &[u8]) {
    file::with("geoid", data, |path| {
        let grid = match GeoidGrid::open(path) {
            Ok(grid) => grid,
            Err(error) => return file::assert_names(&error, path),
        };
        let geoids = Geoids::with_egm2008(grid);
        for n in 0..35_i32 {
            let place = Wgs84::new(
                Latitude::from_degrees(f64::from(n / 7) * 45.0 - 90.0),
                Longitude::from_degrees(f64::from(n % 7) * 60.0 - 180.0),
            );
            let zero = Height::new(VerticalDatum::Egm2008, 0.0);
            match geoids.convert(zero, place, VerticalDatum::Ellipsoid) {
                Ok(over) => assert!(over.height.metres().is_finite(), "{place}: {over:?}"),
                Err(error) => file::assert_names(&error, path),
            }
        }
    });
}
