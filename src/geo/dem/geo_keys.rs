//! The reference systems of an elevation model, from its GeoTIFF keys (OGC 19-008r4).

use super::{HeightUnit, crs::Crs};
use crate::{Utm, VerticalDatum};

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
const EPSG_WGS84: u16 = 4326;
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

    pub(super) fn horizontal(&self) -> Result<Crs, String> {
        match self.get(GT_MODEL_TYPE) {
            Some(1) => {
                let code = self.get(PROJECTED_CRS).unwrap_or(0);
                let metres = self.get(PROJ_LINEAR_UNITS).is_none_or(|u| u == EPSG_METRE);
                Utm::from_epsg(code)
                    .filter(|_| metres)
                    .map(Crs::Utm)
                    .ok_or_else(|| {
                        format!(
                            "its projected reference system is EPSG:{code}, not WGS84 UTM in metres"
                        )
                    })
            }
            Some(2) => {
                let code = self.get(GEODETIC_CRS).unwrap_or(0);
                let degrees = self
                    .get(GEOG_ANGULAR_UNITS)
                    .is_none_or(|u| u == EPSG_DEGREE);
                if degrees && (code == EPSG_WGS84 || code == EPSG_WGS84_3D) {
                    Ok(Crs::Geographic)
                } else {
                    Err(format!(
                        "its geographic reference system is EPSG:{code}, not WGS84 in degrees"
                    ))
                }
            }
            _ => Err("it has no horizontal reference system".to_owned()),
        }
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

    /// The unit that belongs to the vertical reference system, metres where the file names none.
    ///
    /// # Errors
    /// Why it is not known.
    pub(super) fn implied_unit(&self) -> Result<HeightUnit, String> {
        match self.get(VERTICAL_CRS) {
            None
            | Some(0 | 32_767)
            | Some(EPSG_EGM96 | EPSG_EGM2008 | EPSG_WGS84_3D | GEOTIFF10_WGS84_ELLIPSOID) => {
                Ok(HeightUnit::Metre)
            }
            Some(code) => NATIONAL
                .iter()
                .find(|(known, ..)| *known == code)
                .map(|(.., unit)| *unit)
                .ok_or_else(|| format!("the unit of EPSG:{code} is not known here")),
        }
    }
}
