//! Universal Transverse Mercator on WGS84.
//!
//! The Krüger series in the third flattening n, to order n^4: C. F. F. Karney, "Transverse Mercator with an accuracy
//! of a few nanometers", Journal of Geodesy 85, 475-485, 2011, equations 7 to 14, 35 and 36. Truncation error is
//! below a micrometre inside a zone.

use super::{
    Latitude, Longitude, Wgs84,
    ecef::{E2, F},
    wgs84::longitude_near,
};

const SCALE: f64 = 0.9996;
const FALSE_EASTING: f64 = 500_000.0;
const FALSE_NORTHING_SOUTH: f64 = 10_000_000.0;
const N: f64 = F / (2.0 - F);

/// Radius of the rectifying sphere, Karney equation 14.
fn rectifying_radius() -> f64 {
    super::ecef::A / (1.0 + N) * (1.0 + N * N / 4.0 + N.powi(4) / 64.0)
}

/// Karney equation 35.
const ALPHA: [f64; 4] = [
    N / 2.0 - 2.0 * N * N / 3.0 + 5.0 * N * N * N / 16.0 + 41.0 * N * N * N * N / 180.0,
    13.0 * N * N / 48.0 - 3.0 * N * N * N / 5.0 + 557.0 * N * N * N * N / 1440.0,
    61.0 * N * N * N / 240.0 - 103.0 * N * N * N * N / 140.0,
    49_561.0 * N * N * N * N / 161_280.0,
];
/// Karney equation 36.
const BETA: [f64; 4] = [
    N / 2.0 - 2.0 * N * N / 3.0 + 37.0 * N * N * N / 96.0 - N * N * N * N / 360.0,
    N * N / 48.0 + N * N * N / 15.0 - 437.0 * N * N * N * N / 1440.0,
    17.0 * N * N * N / 480.0 - 37.0 * N * N * N * N / 840.0,
    4_397.0 * N * N * N * N / 161_280.0,
];

/// One UTM zone of one hemisphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utm {
    zone: u8,
    south: bool,
}

impl Utm {
    /// The zone a place lies in, by longitude alone: the exceptions for Norway and Svalbard serve map sheets.
    /// The longitude may be of any range.
    #[must_use]
    pub fn containing(place: Wgs84) -> Self {
        let zone = ((place.longitude_deg() + 180.0).rem_euclid(360.0) / 6.0).floor() as u8 + 1;
        Self {
            zone: zone.clamp(1, 60),
            south: place.latitude_deg() < 0.0,
        }
    }

    /// The zone of an EPSG code: 32601 to 32660 north, 32701 to 32760 south; `None` for any other code.
    #[must_use]
    pub fn from_epsg(code: u16) -> Option<Self> {
        let (south, zone) = match code {
            32601..=32660 => (false, code - 32600),
            32701..=32760 => (true, code - 32700),
            _ => return None,
        };
        Some(Self {
            zone: u8::try_from(zone).ok()?,
            south,
        })
    }

    /// The EPSG code of this zone.
    #[must_use]
    pub fn epsg(self) -> u16 {
        u16::from(self.zone) + if self.south { 32700 } else { 32600 }
    }

    fn central_meridian_deg(self) -> f64 {
        f64::from(self.zone) * 6.0 - 183.0
    }

    fn false_northing(self) -> f64 {
        if self.south {
            FALSE_NORTHING_SOUTH
        } else {
            0.0
        }
    }

    /// A place to easting and northing in metres.
    #[must_use]
    pub fn forward(self, place: Wgs84) -> (f64, f64) {
        let e = E2.sqrt();
        let sin_lat = place.latitude_deg().to_radians().sin();
        let lambda =
            longitude_near(place.longitude_deg() - self.central_meridian_deg(), 0.0).to_radians();
        let tau = (sin_lat.atanh() - e * (e * sin_lat).atanh()).sinh();
        let xi0 = tau.atan2(lambda.cos());
        let eta0 = (lambda.sin() / tau.hypot(lambda.cos())).asinh();
        let (mut xi, mut eta) = (xi0, eta0);
        for (k, alpha) in (1u8..).zip(ALPHA) {
            let k = 2.0 * f64::from(k);
            xi += alpha * (k * xi0).sin() * (k * eta0).cosh();
            eta += alpha * (k * xi0).cos() * (k * eta0).sinh();
        }
        let scale = SCALE * rectifying_radius();
        (
            FALSE_EASTING + scale * eta,
            self.false_northing() + scale * xi,
        )
    }

    /// Easting and northing in metres to a place, longitude -180 to 180.
    #[must_use]
    pub fn inverse(self, easting_m: f64, northing_m: f64) -> Wgs84 {
        let e = E2.sqrt();
        let scale = SCALE * rectifying_radius();
        let xi = (northing_m - self.false_northing()) / scale;
        let eta = (easting_m - FALSE_EASTING) / scale;
        let (mut xi0, mut eta0) = (xi, eta);
        for (k, beta) in (1u8..).zip(BETA) {
            let k = 2.0 * f64::from(k);
            xi0 -= beta * (k * xi).sin() * (k * eta).cosh();
            eta0 -= beta * (k * xi).cos() * (k * eta).sinh();
        }
        let conformal = xi0.sin() / eta0.sinh().hypot(xi0.cos());
        let lambda = eta0.sinh().atan2(xi0.cos());
        // Geographic from conformal latitude: the fixed point of the forward relation contracts by e^2 a turn.
        let target = conformal.asinh();
        let mut sin_lat = target.tanh();
        for _ in 0..8 {
            sin_lat = (target + e * (e * sin_lat).atanh()).tanh();
        }
        let longitude = self.central_meridian_deg() + lambda.to_degrees();
        Wgs84::new(
            Latitude::from_degrees(sin_lat.asin().to_degrees()),
            Longitude::from_degrees(longitude_near(longitude, 0.0)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::place, *};
    use proptest::prelude::*;

    #[test]
    fn a_place_falls_into_its_zone_also_beside_the_antimeridian() {
        assert_eq!(Utm::containing(place(47.0, -92.0)).epsg(), 32615);
        assert_eq!(Utm::containing(place(-46.5, -73.3)).epsg(), 32718);
        assert_eq!(Utm::containing(place(-17.0, 179.99)).epsg(), 32760);
        assert_eq!(Utm::containing(place(-17.0, 180.01)).epsg(), 32701);
        assert_eq!(Utm::from_epsg(32661), None);
        assert_eq!(
            Utm::from_epsg(32718),
            Some(Utm::containing(place(-1.0, -75.0)))
        );
    }

    #[test]
    fn the_corners_of_the_exploradores_dem_agree_with_proj() {
        // gdalinfo (PROJ) on the file, printed to 0.01 seconds (0.3 m).
        let utm = Utm::from_epsg(32718).unwrap();
        let corner = utm.inverse(627_175.0, 4_852_085.0);
        let (lat, lon) = (corner.latitude_deg(), corner.longitude_deg());
        assert!((lat + (46.0 + 28.0 / 60.0 + 22.11 / 3600.0)).abs() < 0.006 / 3600.0);
        assert!((lon + (73.0 + 20.0 / 60.0 + 36.31 / 3600.0)).abs() < 0.006 / 3600.0);
    }

    proptest! {
        #[test]
        fn forward_undoes_inverse_anywhere_in_a_zone(lat in -80.0..84.0f64, lon in -180.0..180.0f64) {
            let utm = Utm::containing(place(lat, lon));
            let (easting, northing) = utm.forward(place(lat, lon));
            let back = utm.inverse(easting, northing);
            prop_assert!((lat - back.latitude_deg()).abs() < 1e-10, "{lat} {back}");
            prop_assert!((longitude_near(back.longitude_deg(), lon) - lon).abs() < 1e-10);
        }
    }
}
