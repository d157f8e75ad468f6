//! The reference systems of an elevation model, from its GeoTIFF keys (OGC 19-008r4).

use super::{
    HeightUnit,
    crs::{Crs, Projection},
};
use crate::{
    Latitude, Longitude, Utm, VerticalDatum, Wgs84,
    crs::{Conversion, System},
};

const GT_MODEL_TYPE: u16 = 1024;
const GT_RASTER_TYPE: u16 = 1025;
const GEODETIC_CRS: u16 = 2048;
const GEOG_ANGULAR_UNITS: u16 = 2054;
const PROJECTED_CRS: u16 = 3072;
const PROJ_LINEAR_UNITS: u16 = 3076;
const VERTICAL_CRS: u16 = 4096;
const VERTICAL_UNITS: u16 = 4099;

const EPSG_METRE: u16 = 9001;
const EPSG_FOOT: u16 = 9002;
const EPSG_US_SURVEY_FOOT: u16 = 9003;
const EPSG_DEGREE: u16 = 9102;
pub(super) const EPSG_WGS84: u16 = 4326;
const EPSG_WGS84_3D: u16 = 4979;
const EPSG_EGM96: u16 = 5773;
const EPSG_EGM2008: u16 = 3855;
/// GeoTIFF 1.0's code for heights above the WGS84 ellipsoid.
const GEOTIFF10_WGS84_ELLIPSOID: u16 = 5030;

/// Vertical reference systems that are met and not read: EPSG code, name, unit (EPSG's own register).
const NATIONAL: [(u16, &str, HeightUnit); 16] = [
    (5701, "ODN", HeightUnit::Metre),
    (5702, "NGVD29", HeightUnit::UsSurveyFoot),
    (5703, "NAVD88", HeightUnit::Metre),
    (5709, "NAP", HeightUnit::Metre),
    (5711, "AHD", HeightUnit::Metre),
    (5713, "CGVD28", HeightUnit::Metre),
    (5714, "MSL", HeightUnit::Metre),
    (5720, "NGF-IGN69", HeightUnit::Metre),
    (5728, "LN02", HeightUnit::Metre),
    (5621, "EVRF2007", HeightUnit::Metre),
    (5783, "DHHN92", HeightUnit::Metre),
    (6360, "NAVD88", HeightUnit::UsSurveyFoot),
    (6647, "CGVD2013", HeightUnit::Metre),
    (6695, "JGD2011 (vertical)", HeightUnit::Metre),
    (7837, "DHHN2016", HeightUnit::Metre),
    (8228, "NAVD88", HeightUnit::Foot),
];

/// The short-valued keys of a GeoKeyDirectory.
pub(super) struct GeoKeys<'a>(pub(super) &'a [u16]);

/// A horizontal reference system.
pub(super) struct Horizontal {
    pub(super) epsg: u16,
    pub(super) crs: Crs,
    /// Metres that a unit of its coordinates is; `None` where they are degrees.
    pub(super) metres_per_unit: Option<f64>,
    /// How far places may lie beside where they are because of its datum, one sigma in metres.
    pub(super) sigma_m: f64,
}

/// What a file says of its vertical datum.
pub(super) enum Vertical {
    Unstated,
    Over(VerticalDatum),
    /// By its name.
    Unsupported(String),
}

impl GeoKeys<'_> {
    /// The value of a key that is stored in the directory itself.
    fn get(&self, key: u16) -> Option<u16> {
        self.0
            .chunks_exact(4)
            .skip(1)
            .find_map(|entry| match entry {
                [id, 0, 1, value] if *id == key => Some(*value),
                _ => None,
            })
    }

    /// Whether coordinates belong to cell centres (PixelIsPoint) instead of cell corners.
    pub(super) fn pixel_is_point(&self) -> bool {
        self.get(GT_RASTER_TYPE) == Some(2)
    }

    /// The horizontal reference system.
    ///
    /// # Errors
    /// Why it cannot be computed.
    pub(super) fn horizontal(&self) -> Result<Horizontal, String> {
        match self.get(GT_MODEL_TYPE) {
            Some(1) => self.projected(),
            Some(2) => self.geographic(),
            _ => Err("it has no horizontal reference system".to_owned()),
        }
    }

    fn projected(&self) -> Result<Horizontal, String> {
        let code = self.get(PROJECTED_CRS).unwrap_or(0);
        if [0, 32_767].contains(&code) {
            return Err("its projected reference system has no EPSG code".to_owned());
        }
        let unit = match self.get(PROJ_LINEAR_UNITS) {
            None | Some(0) => None,
            Some(EPSG_METRE) => Some(HeightUnit::Metre),
            Some(EPSG_FOOT) => Some(HeightUnit::Foot),
            Some(EPSG_US_SURVEY_FOOT) => Some(HeightUnit::UsSurveyFoot),
            Some(unit) => return Err(format!("its coordinates are in the unit EPSG:{unit}")),
        };
        let (crs, metres, sigma_m) = match Utm::from_epsg(code) {
            Some(utm) => (Crs::projected(utm), 1.0, 0.0),
            None => {
                let (projection, sigma_m) = Registered::new(code)?;
                let Some(metres) = projection.metres_per_unit else {
                    return Err(format!(
                        "its projected reference system EPSG:{code} is none"
                    ));
                };
                (Crs::projected(projection), metres, sigma_m)
            }
        };
        match unit.map(HeightUnit::metres) {
            Some(stated) if (stated / metres - 1.0).abs() > 1e-9 => Err(format!(
                "its coordinates are in units of {stated} m, those of EPSG:{code} of {metres} m"
            )),
            _ => Ok(Horizontal {
                epsg: code,
                crs,
                metres_per_unit: Some(metres),
                sigma_m,
            }),
        }
    }

    fn geographic(&self) -> Result<Horizontal, String> {
        let code = self.get(GEODETIC_CRS).unwrap_or(0);
        if let Some(unit) = self
            .get(GEOG_ANGULAR_UNITS)
            .filter(|unit| ![0, EPSG_DEGREE].contains(unit))
        {
            return Err(format!(
                "its coordinates are in the unit EPSG:{unit}, not in degrees"
            ));
        }
        let (crs, sigma_m) = match code {
            EPSG_WGS84 | EPSG_WGS84_3D => (Crs::Geographic, 0.0),
            0 | 32_767 => {
                return Err("its geographic reference system has no EPSG code".to_owned());
            }
            code => match Registered::new(code)? {
                (projection, sigma_m) if projection.is_degrees() => {
                    (Crs::projected(projection), sigma_m)
                }
                _ => {
                    return Err(format!(
                        "its geographic reference system EPSG:{code} is none"
                    ));
                }
            },
        };
        Ok(Horizontal {
            epsg: code,
            crs,
            metres_per_unit: None,
            sigma_m,
        })
    }

    pub(super) fn vertical(&self) -> Vertical {
        match self.get(VERTICAL_CRS) {
            Some(EPSG_EGM96) => Vertical::Over(VerticalDatum::Egm96),
            Some(EPSG_EGM2008) => Vertical::Over(VerticalDatum::Egm2008),
            Some(EPSG_WGS84_3D | GEOTIFF10_WGS84_ELLIPSOID) => {
                Vertical::Over(VerticalDatum::Ellipsoid)
            }
            // 0 is "undefined", 32767 "user-defined": neither says anything.
            None | Some(0 | 32_767) if self.get(GEODETIC_CRS) == Some(EPSG_WGS84_3D) => {
                Vertical::Over(VerticalDatum::Ellipsoid)
            }
            None | Some(0 | 32_767) => Vertical::Unstated,
            Some(code) => Vertical::Unsupported(
                NATIONAL
                    .iter()
                    .find(|(known, ..)| *known == code)
                    .map_or_else(
                        || format!("EPSG:{code}"),
                        |(_, name, _)| format!("{name} (EPSG:{code})"),
                    ),
            ),
        }
    }

    /// The unit that the file states for its heights; `None` where it does not.
    ///
    /// # Errors
    /// Why the unit is not known although the file states one.
    pub(super) fn stated_unit(&self) -> Result<Option<HeightUnit>, String> {
        match self.get(VERTICAL_UNITS) {
            None | Some(0) => Ok(None),
            Some(EPSG_METRE) => Ok(Some(HeightUnit::Metre)),
            Some(EPSG_FOOT) => Ok(Some(HeightUnit::Foot)),
            Some(EPSG_US_SURVEY_FOOT) => Ok(Some(HeightUnit::UsSurveyFoot)),
            Some(unit) => Err(format!("its vertical unit is EPSG:{unit}")),
        }
    }

    /// The unit that belongs to the vertical reference system; `None` where the file names none.
    ///
    /// # Errors
    /// Why it is not known.
    pub(super) fn implied_unit(&self) -> Result<Option<HeightUnit>, String> {
        match self.get(VERTICAL_CRS) {
            None | Some(0 | 32_767) => Ok(None),
            Some(EPSG_EGM96 | EPSG_EGM2008 | EPSG_WGS84_3D | GEOTIFF10_WGS84_ELLIPSOID) => {
                Ok(Some(HeightUnit::Metre))
            }
            Some(code) => NATIONAL
                .iter()
                .find(|(known, ..)| *known == code)
                .map(|(.., unit)| Some(*unit))
                .ok_or_else(|| format!("the unit of EPSG:{code} is not known here")),
        }
    }
}

/// A system of EPSG's register, by way of `proj4rs`.
struct Registered {
    forward: Conversion,
    inverse: Conversion,
    metres_per_unit: Option<f64>,
}

impl Registered {
    /// The system, and the one-sigma error in metres of how its datum lies to WGS84.
    fn new(code: u16) -> Result<(Self, f64), String> {
        let system = System::Epsg(code);
        let reason = |e: crate::crs::CrsError| e.reason().to_owned();
        // What is told of a datum comes before what is told of the computation that it makes impossible.
        let forward = Conversion::new(&System::WGS84, &system).map_err(reason)?;
        let inverse = Conversion::new(&system, &System::WGS84).map_err(reason)?;
        let sigma_m = system.shift_sigma_m().map_err(reason)?;
        let projection = Self {
            forward,
            inverse,
            metres_per_unit: system.metres_per_unit().map_err(reason)?,
        };
        Ok((projection, sigma_m))
    }
}

impl Projection for Registered {
    fn forward(&self, place: Wgs84) -> Option<(f64, f64)> {
        self.forward
            .apply((place.longitude_deg(), place.latitude_deg()))
    }

    fn inverse(&self, x: f64, y: f64) -> Option<Wgs84> {
        let (longitude, latitude) = self.inverse.apply((x, y))?;
        Some(Wgs84::new(
            Latitude::from_degrees(latitude),
            Longitude::from_degrees(longitude),
        ))
    }

    fn metres_per_unit(&self) -> f64 {
        // A degree of latitude.
        self.metres_per_unit.unwrap_or(111_000.0)
    }

    fn is_degrees(&self) -> bool {
        self.metres_per_unit.is_none()
    }
}
