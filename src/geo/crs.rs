//! From one horizontal reference system to another, where both are known (EPSG's register, by way of `proj4rs`).

use std::fmt;

use proj4rs::{Proj, transform::transform};
use thiserror::Error;

use crate::datum_shift;

/// A reference system that cannot be used. Says why and what to do, not where.
#[derive(Debug, Error, PartialEq)]
#[error("{0}; reproject it, for instance with ogr2ogr -t_srs or gdalwarp -t_srs")]
pub struct CrsError(String);

impl CrsError {
    fn of_datum(system: &System, why: &str) -> Self {
        Self(format!("the datum of {system} is not known here: {why}"))
    }

    /// Why, without what to do.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }
}

/// A reference system of the plane, x to the east and y to the north.
#[derive(Debug, Clone, PartialEq)]
pub enum System {
    /// By its EPSG code.
    Epsg(u16),
    /// By its definition as PROJ writes it, made from the text (WKT) beside a Shapefile.
    Definition(String),
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epsg(code) => write!(f, "EPSG:{code}"),
            Self::Definition(text) => write!(f, "\"{}\"", text.trim()),
        }
    }
}

impl System {
    /// WGS84 in degrees.
    pub const WGS84: Self = Self::Epsg(4326);

    /// The system that a WKT describes.
    ///
    /// # Errors
    /// When its projection is not known.
    pub fn from_wkt(wkt: &str) -> Result<Self, CrsError> {
        if let Some(code) = outer_authority(wkt) {
            return Ok(Self::Epsg(code));
        }
        let definition = proj4wkt::wkt_to_projstring(wkt.trim())
            .map_err(|e| CrsError(format!("its reference system is not understood ({e})")))?;
        let system = Self::Definition(definition);
        system.proj().map(|_| system)
    }

    fn definition(&self) -> Result<&str, CrsError> {
        match self {
            Self::Epsg(code) => crs_definitions::from_code(*code)
                .map(|known| known.proj4)
                .ok_or_else(|| CrsError(format!("its reference system {self} is not known"))),
            Self::Definition(text) => Ok(text),
        }
    }

    fn proj(&self) -> Result<Proj, CrsError> {
        let definition = self.definition()?;
        if definition.contains("+axis=") {
            return Err(CrsError(format!(
                "the axes of its reference system {self} do not go east and north"
            )));
        }
        Proj::from_proj_string(definition).map_err(|e| {
            CrsError(format!(
                "its reference system {self} cannot be computed ({e})"
            ))
        })
    }

    /// Metres that a unit of its coordinates is; `None` where they are degrees.
    ///
    /// # Errors
    /// When the system is not known or cannot be computed.
    pub fn metres_per_unit(&self) -> Result<Option<f64>, CrsError> {
        let proj = self.proj()?;
        Ok((!proj.is_latlong()).then(|| proj.to_meter()))
    }

    /// How far places in it may lie from where they are in WGS84 because of its datum, one sigma in metres; 0 where that is WGS84.
    ///
    /// # Errors
    /// When the system is not known, or nothing says how its datum lies to WGS84 and how well that is known.
    pub fn shift_sigma_m(&self) -> Result<f64, CrsError> {
        datum_shift::sigma_m(self.definition()?).map_err(|why| CrsError::of_datum(self, &why))
    }
}

/// The code that a WKT ends with, for instance `..., AUTHORITY["EPSG","32648"]]`; codes further inside are of parts.
fn outer_authority(wkt: &str) -> Option<u16> {
    let tight: String = wkt.chars().filter(|c| !c.is_whitespace()).collect();
    let (_, last) = tight.rsplit_once("AUTHORITY[\"EPSG\",\"")?;
    last.strip_suffix("\"]]")?.parse().ok()
}

/// Turns coordinates of one system into another's.
pub struct Conversion(Option<(Proj, Proj)>);

impl Conversion {
    /// From one system to another.
    ///
    /// # Errors
    /// When a system is not known, or they differ and one does not say how its datum lies to WGS84.
    pub fn new(from: &System, to: &System) -> Result<Self, CrsError> {
        if from.definition()? == to.definition()? {
            // Nothing to compute; but what cannot be computed is refused the same.
            return from.proj().map(|_| Self(None));
        }
        for system in [from, to] {
            if let Some(why) = datum_shift::missing(system.definition()?) {
                return Err(CrsError::of_datum(system, &why));
            }
        }
        Ok(Self(Some((from.proj()?, to.proj()?))))
    }

    /// Like [`Conversion::new`], but good to a few hundred metres only where a datum is not known.
    ///
    /// # Errors
    /// When a system is not known.
    pub fn rough(from: &System, to: &System) -> Result<Self, CrsError> {
        Ok(Self(Some((from.proj()?, to.proj()?))))
    }

    /// The same place in the other system; `None` where that is not defined.
    #[must_use]
    pub fn apply(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let (x, y) = match &self.0 {
            None => (x, y),
            Some((from, to)) => {
                let radians = |v: f64| if from.is_latlong() { v.to_radians() } else { v };
                let mut point = (radians(x), radians(y), 0.0);
                transform(from, to, &mut point).ok()?;
                let degrees = |v: f64| if to.is_latlong() { v.to_degrees() } else { v };
                (degrees(point.0), degrees(point.1))
            }
        };
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Latitude, Longitude, Utm, Wgs84};
    use rstest::rstest;

    const UTM48: &str = r#"PROJCS["WGS_1984_UTM_Zone_48N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

    #[rstest]
    #[case(System::Epsg(32648))]
    #[case(System::from_wkt(UTM48).unwrap())]
    fn degrees_become_utm_as_the_firmware_computes_it(#[case] utm: System) {
        let to = Conversion::new(&System::WGS84, &utm).unwrap();
        let place = Wgs84::new(
            Latitude::from_degrees(30.123),
            Longitude::from_degrees(102.9),
        );
        let expected = Utm::from_epsg(32648).unwrap().forward(place);
        let (x, y) = to.apply((102.9, 30.123)).unwrap();
        assert!((x - expected.0).abs() < 1e-4 && (y - expected.1).abs() < 1e-4);
        let back = Conversion::new(&utm, &System::WGS84).unwrap();
        let (longitude, latitude) = back.apply((x, y)).unwrap();
        assert!((longitude - 102.9).abs() < 1e-9 && (latitude - 30.123).abs() < 1e-9);
    }

    #[test]
    fn the_web_mercator_of_gdal_is_exact() {
        // gdaltransform -s_srs EPSG:4326 -t_srs EPSG:3857
        let to = Conversion::new(&System::WGS84, &System::Epsg(3857)).unwrap();
        let (x, y) = to.apply((102.9, 30.123)).unwrap();
        assert!((x - 11_454_775.602_6).abs() < 0.001, "{x}");
        assert!((y - 3_519_370.164_9).abs() < 0.001, "{y}");
    }

    #[rstest]
    #[case(
        System::Epsg(4267),
        "the datum of EPSG:4267 is not known here: NAD27 lies to WGS84 by grids"
    )]
    #[case(
        System::Epsg(2327),
        "the datum of EPSG:2327 is not known here: nothing says how it lies to WGS84"
    )]
    #[case(System::Epsg(1), "EPSG:1 is not known")]
    fn what_is_not_known_is_refused(#[case] system: System, #[case] reason: &str) {
        let error = Conversion::new(&system, &System::WGS84).err().unwrap();
        assert!(error.to_string().contains(reason), "{error}");
    }

    #[test]
    fn one_system_on_both_sides_needs_no_datum() {
        let same = Conversion::new(&System::Epsg(2327), &System::Epsg(2327)).unwrap();
        assert_eq!(same.apply((13_500_001.0, 7.0)), Some((13_500_001.0, 7.0)));
    }

    #[test]
    fn a_text_that_is_no_reference_system_is_refused() {
        assert!(System::from_wkt("LOCAL_CS[\"site\"]").is_err());
        assert!(System::from_wkt("").is_err());
    }
}
