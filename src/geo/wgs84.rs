//! Places on the WGS84 ellipsoid, without height.

use std::fmt;

use geo::Coord;

/// Geodetic latitude on WGS84: degrees, positive to the north.
///
/// -90 to 90 on earth. The constructor does not check that: who reads a place from outside asks
/// [`Wgs84::is_on_earth`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latitude(f64);

/// Longitude on WGS84: degrees, positive to the east.
///
/// -180 to 180, or beyond where an outline crosses the antimeridian without a jump; whatever gives such a longitude says
/// so. The constructor checks nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Longitude(f64);

/// A place on the WGS84 ellipsoid.
///
/// Latitude and longitude cannot be swapped, because each has its own type:
///
/// ```
/// use scarp_geo::{Latitude, Longitude, Wgs84};
///
/// let place = Wgs84::new(Latitude::from_degrees(46.8), Longitude::from_degrees(-92.0));
/// assert_eq!((place.coord().x, place.coord().y), (-92.0, 46.8));
/// ```
///
/// ```compile_fail,E0308
/// use scarp_geo::{Latitude, Longitude, Wgs84};
///
/// let place = Wgs84::new(Longitude::from_degrees(-92.0), Latitude::from_degrees(46.8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wgs84 {
    /// How far north.
    pub latitude: Latitude,
    /// How far east.
    pub longitude: Longitude,
}

impl Latitude {
    /// From degrees, positive to the north.
    #[must_use]
    pub const fn from_degrees(degrees: f64) -> Self {
        Self(degrees)
    }

    /// Degrees, positive to the north.
    #[must_use]
    pub const fn degrees(self) -> f64 {
        self.0
    }
}

impl Longitude {
    /// From degrees, positive to the east.
    #[must_use]
    pub const fn from_degrees(degrees: f64) -> Self {
        Self(degrees)
    }

    /// Degrees, positive to the east.
    #[must_use]
    pub const fn degrees(self) -> f64 {
        self.0
    }

    /// The same meridian, counted so that it lies within 180 degrees of `other`: it may so lie beyond +-180.
    #[must_use]
    pub fn near(self, other: Self) -> Self {
        Self(longitude_near(self.0, other.0))
    }
}

impl Wgs84 {
    /// Latitude and longitude 0, off Africa: what devices write before they know a place.
    pub const ZERO: Self = Self::new(Latitude(0.0), Longitude(0.0));

    /// The place of a latitude and a longitude.
    #[must_use]
    pub const fn new(latitude: Latitude, longitude: Longitude) -> Self {
        Self {
            latitude,
            longitude,
        }
    }

    /// Latitude in degrees, positive to the north.
    #[must_use]
    pub const fn latitude_deg(self) -> f64 {
        self.latitude.0
    }

    /// Longitude in degrees, positive to the east.
    #[must_use]
    pub const fn longitude_deg(self) -> f64 {
        self.longitude.0
    }

    /// A vertex of a geographic outline: x is the longitude, y the latitude, in degrees.
    #[must_use]
    pub const fn coord(self) -> Coord<f64> {
        Coord {
            x: self.longitude.0,
            y: self.latitude.0,
        }
    }

    /// The inverse of [`Wgs84::coord`].
    #[must_use]
    pub const fn from_coord(lon_lat: Coord<f64>) -> Self {
        Self::new(Latitude(lon_lat.y), Longitude(lon_lat.x))
    }

    /// Whether the latitude is one from -90 to 90 degrees and the longitude one from -180 to 180; not where either is no
    /// number.
    #[must_use]
    pub fn is_on_earth(self) -> bool {
        self.latitude.0.abs() <= 90.0 && self.longitude.0.abs() <= 180.0
    }
}

/// Latitude, comma, longitude: degrees, each with the precision asked for.
impl fmt::Display for Wgs84 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.latitude.0.fmt(f)?;
        f.write_str(", ")?;
        self.longitude.0.fmt(f)
    }
}

/// The angle equal to `longitude_deg` modulo 360 that lies within 180 degrees of `near_deg`, so that what is seen
/// from one camera has no jump at the antimeridian. Plain numbers, because differences of longitudes and the x of an
/// elevation model are brought near as well; for a longitude it is [`Longitude::near`].
pub(super) fn longitude_near(longitude_deg: f64, near_deg: f64) -> f64 {
    let off = longitude_deg - near_deg;
    if (-180.0..180.0).contains(&off) {
        return longitude_deg;
    }
    near_deg + (off + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::{super::testing::place, *};
    use rstest::rstest;

    #[test]
    fn an_outlines_x_is_the_longitude_and_its_y_the_latitude() {
        let duluth = place(46.8, -92.0);
        assert_eq!(duluth.coord(), Coord { x: -92.0, y: 46.8 });
        assert_eq!(Wgs84::from_coord(duluth.coord()), duluth);
    }

    #[test]
    fn a_place_is_written_latitude_first_with_the_precision_asked_for() {
        assert_eq!(place(91.0, 0.0).to_string(), "91, 0");
        assert_eq!(format!("{:.5}", place(-46.5, 73.25)), "-46.50000, 73.25000");
    }

    #[rstest]
    #[case(90.0, 180.0, true)]
    #[case(-90.0, -180.0, true)]
    #[case(90.1, 0.0, false)]
    #[case(0.0, 180.1, false)]
    #[case(f64::NAN, 0.0, false)]
    #[case(0.0, f64::NAN, false)]
    fn only_degrees_within_their_ranges_are_on_earth(
        #[case] latitude: f64,
        #[case] longitude: f64,
        #[case] on_earth: bool,
    ) {
        assert_eq!(place(latitude, longitude).is_on_earth(), on_earth);
    }

    #[test]
    fn a_longitude_near_another_has_no_jump_at_the_antimeridian() {
        let near = Longitude::from_degrees(-179.5).near(Longitude::from_degrees(179.5));
        assert_eq!(near.degrees(), 180.5);
    }
}
