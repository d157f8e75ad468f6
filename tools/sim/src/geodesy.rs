//! WGS84 and UTM, by Snyder's series: on purpose another formulation than the firmware's, so that the two check each
//! other.

const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
const K0: f64 = 0.9996;

/// One UTM zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utm {
    zone: u8,
    south: bool,
}

/// How a step on the ground appears on the UTM plane at one place.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// Metres on the plane per metre on the ground.
    pub scale: f64,
    /// Angle from grid north to true north, radians clockwise seen from true north: grid azimuth = true azimuth - this.
    pub convergence: f64,
}

impl Utm {
    /// A zone of the northern hemisphere, 1 to 60.
    #[must_use]
    pub fn north(zone: u8) -> Self {
        Self { zone, south: false }
    }

    /// The zone of a place, in degrees.
    #[must_use]
    pub fn of(latitude_deg: f64, longitude_deg: f64) -> Self {
        let zone = ((longitude_deg + 180.0) / 6.0).floor().rem_euclid(60.0) as u8 + 1;
        Self {
            zone,
            south: latitude_deg < 0.0,
        }
    }

    /// EPSG code of the zone on WGS84.
    #[must_use]
    pub fn epsg(self) -> u16 {
        u16::from(self.zone) + if self.south { 32_700 } else { 32_600 }
    }

    fn central_meridian(self) -> f64 {
        (f64::from(self.zone) * 6.0 - 183.0).to_radians()
    }

    fn false_northing(self) -> f64 {
        if self.south { 10_000_000.0 } else { 0.0 }
    }

    /// Easting and northing in metres of a place in degrees (J. P. Snyder, Map Projections: A Working Manual, USGS
    /// 1395, 1987, equations 8-9 to 8-15).
    #[must_use]
    pub fn forward(self, latitude_deg: f64, longitude_deg: f64) -> (f64, f64) {
        let (phi, lambda) = (latitude_deg.to_radians(), longitude_deg.to_radians());
        let e2 = F * (2.0 - F);
        let ep2 = e2 / (1.0 - e2);
        let n = A / (1.0 - e2 * phi.sin().powi(2)).sqrt();
        let t = phi.tan().powi(2);
        let c = ep2 * phi.cos().powi(2);
        let a = (lambda - self.central_meridian()) * phi.cos();
        let east = a
            + (1.0 - t + c) * a.powi(3) / 6.0
            + (5.0 - 18.0 * t + t * t + 72.0 * c - 58.0 * ep2) * a.powi(5) / 120.0;
        let north = a * a / 2.0
            + (5.0 - t + 9.0 * c + 4.0 * c * c) * a.powi(4) / 24.0
            + (61.0 - 58.0 * t + t * t + 600.0 * c - 330.0 * ep2) * a.powi(6) / 720.0;
        (
            500_000.0 + K0 * n * east,
            self.false_northing() + K0 * (meridian_arc(phi) + n * phi.tan() * north),
        )
    }

    /// Latitude and longitude in degrees of a point on the plane (Snyder, equations 8-17 to 8-25 with 3-26).
    #[must_use]
    pub fn inverse(self, easting: f64, northing: f64) -> (f64, f64) {
        let e2 = F * (2.0 - F);
        let ep2 = e2 / (1.0 - e2);
        let phi = footpoint((northing - self.false_northing()) / K0);
        let c = ep2 * phi.cos().powi(2);
        let t = phi.tan().powi(2);
        let root = (1.0 - e2 * phi.sin().powi(2)).sqrt();
        let n = A / root;
        let r = A * (1.0 - e2) / root.powi(3);
        let d = (easting - 500_000.0) / (n * K0);
        let latitude = phi
            - n * phi.tan() / r
                * (d * d / 2.0
                    - (5.0 + 3.0 * t + 10.0 * c - 4.0 * c * c - 9.0 * ep2) * d.powi(4) / 24.0
                    + (61.0 + 90.0 * t + 298.0 * c + 45.0 * t * t - 252.0 * ep2 - 3.0 * c * c)
                        * d.powi(6)
                        / 720.0);
        let longitude = self.central_meridian()
            + (d - (1.0 + 2.0 * t + c) * d.powi(3) / 6.0
                + (5.0 - 2.0 * c + 28.0 * t - 3.0 * c * c + 8.0 * ep2 + 24.0 * t * t) * d.powi(5)
                    / 120.0)
                / phi.cos();
        (latitude.to_degrees(), longitude.to_degrees())
    }

    /// Scale and convergence at a point of the plane and `height_m` above the ellipsoid, from the projection's own
    /// differences.
    #[must_use]
    pub fn grid(self, easting: f64, northing: f64, height_m: f64) -> Grid {
        let (latitude, longitude) = self.inverse(easting, northing);
        let e2 = F * (2.0 - F);
        let phi = latitude.to_radians();
        let radius = A * (1.0 - e2) / (1.0 - e2 * phi.sin().powi(2)).powf(1.5) + height_m;
        let step = 1e-4_f64;
        let (east, north) = self.forward(latitude + step, longitude);
        let (de, dn) = (east - easting, north - northing);
        Grid {
            scale: de.hypot(dn) / (step.to_radians() * radius),
            convergence: -de.atan2(dn),
        }
    }
}

/// Length of the meridian from the equator, Snyder 3-21.
fn meridian_arc(phi: f64) -> f64 {
    let e2 = F * (2.0 - F);
    let (e4, e6) = (e2 * e2, e2.powi(3));
    A * ((1.0 - e2 / 4.0 - 3.0 * e4 / 64.0 - 5.0 * e6 / 256.0) * phi
        - (3.0 * e2 / 8.0 + 3.0 * e4 / 32.0 + 45.0 * e6 / 1024.0) * (2.0 * phi).sin()
        + (15.0 * e4 / 256.0 + 45.0 * e6 / 1024.0) * (4.0 * phi).sin()
        - 35.0 * e6 / 3072.0 * (6.0 * phi).sin())
}

/// The latitude whose meridian arc has a length, by Newton's method.
fn footpoint(arc: f64) -> f64 {
    let e2 = F * (2.0 - F);
    let mut phi = arc / A;
    for _ in 0..8 {
        let radius = A * (1.0 - e2) / (1.0 - e2 * phi.sin().powi(2)).powf(1.5);
        phi += (arc - meridian_arc(phi)) / radius;
    }
    phi
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of PROJ 9.1 (`cs2cs EPSG:4326 EPSG:32648` and `EPSG:32718`).
    #[test]
    fn utm_agrees_with_proj_to_a_millimetre() {
        for (utm, latitude, longitude, easting, northing) in [
            (
                Utm::of(31.2, 103.6),
                31.2,
                103.6,
                REFERENCE[0].0,
                REFERENCE[0].1,
            ),
            (
                Utm::of(-46.5, -73.2),
                -46.5,
                -73.2,
                REFERENCE[1].0,
                REFERENCE[1].1,
            ),
        ] {
            let (e, n) = utm.forward(latitude, longitude);
            assert!(
                (e - easting).abs() < 2e-3 && (n - northing).abs() < 2e-3,
                "{e:.4} {n:.4}"
            );
            let (lat, lon) = utm.inverse(easting, northing);
            assert!(
                (lat - latitude).abs() < 2e-8 && (lon - longitude).abs() < 2e-8,
                "{lat} {lon}"
            );
        }
    }

    #[test]
    fn east_of_the_central_meridian_the_grid_turns_clockwise_in_the_north() {
        let utm = Utm::of(31.2, 106.5);
        let (easting, northing) = utm.forward(31.2, 106.5);
        let grid = utm.grid(easting, northing, 0.0);
        let expected = (1.5_f64.to_radians()) * 31.2_f64.to_radians().sin();
        assert!(
            (grid.convergence - expected).abs() < 1e-4,
            "{}",
            grid.convergence
        );
        assert!((grid.scale - 0.9999).abs() < 2e-4);
    }

    const REFERENCE: [(f64, f64); 2] = [(366621.0742, 3452611.5467), (638116.2405, 4848822.6671)];
}
