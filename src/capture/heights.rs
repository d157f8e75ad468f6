//! How high a photograph was taken, over which datum.

use scarp_geo::{
    Altitudes, Height, HeightAboveEllipsoid, HeightAboveTakeoff, HeightEgm96, PoseCovariance,
};

use super::{
    Untagged,
    exif::ExifAltitude,
    metadata::Metadata,
    sourced::Sourced,
    xmp::{Property, Xmp},
};

const RTK_FLAG: Property = Property::dji("RtkFlag");
const ALTITUDE_TYPE: Property = Property::dji("AltitudeType");
const ABSOLUTE: Property = Property::dji("AbsoluteAltitude");
const ABOVE_TAKEOFF: [Property; 2] = [
    Property::dji("RelativeAltitude"),
    Property::sensefly("Height"),
];
const SENSEFLY_ELLIPSOID: Property = Property::sensefly("AltitudeWGS84");
const SENSEFLY_SEA_LEVEL: Property = Property::sensefly("AltitudeAMSL");

/// The heights of a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Heights {
    /// Above the point of take-off.
    pub takeoff: Option<Sourced<HeightAboveTakeoff>>,
    /// Over a known datum.
    pub absolute: Vec<Sourced<Height>>,
    /// Why a height that the photograph has is not among them, in one line.
    pub unused: Option<String>,
}

impl Heights {
    /// The same without the tags.
    #[must_use]
    pub fn altitudes(&self) -> Altitudes {
        let mut altitudes = Altitudes {
            takeoff: self.takeoff.as_ref().map(|height| height.value),
            ..Altitudes::default()
        };
        for height in &self.absolute {
            match height.value {
                Height::Ellipsoid(height) => altitudes.ellipsoid = Some(height),
                Height::Egm96(height) => altitudes.egm96 = Some(height),
                Height::Egm2008(height) => altitudes.egm2008 = Some(height),
            }
        }
        altitudes
    }
}

/// The heights of a photograph, each over its own datum.
///
/// # Errors
/// When there is none over a known datum, or one that no aircraft has.
pub(super) fn heights(metadata: &Metadata) -> Result<Heights, Untagged> {
    let xmp = &metadata.xmp;
    let mut takeoff = None;
    for property in ABOVE_TAKEOFF {
        let height = xmp.number(property)?;
        let height = height.map(|m| Sourced::new(HeightAboveTakeoff::new(m), property));
        takeoff = takeoff.or(height);
    }
    let mut heights = Heights {
        takeoff,
        absolute: Vec::new(),
        unused: None,
    };
    if let Some(metres) = xmp.number(SENSEFLY_ELLIPSOID)? {
        let height = HeightAboveEllipsoid::new(metres).into();
        heights
            .absolute
            .push(Sourced::new(height, SENSEFLY_ELLIPSOID));
    }
    if let Some(metres) = xmp.number(SENSEFLY_SEA_LEVEL)? {
        let height = HeightEgm96::new(metres).into();
        heights
            .absolute
            .push(Sourced::new(height, SENSEFLY_SEA_LEVEL));
    }
    if let Some(metres) = xmp.number(ABSOLUTE)? {
        match dji_datum(xmp)? {
            DjiDatum::Egm96 => {
                let height = HeightEgm96::new(metres).into();
                heights.absolute.push(Sourced::new(height, ABSOLUTE));
            }
            DjiDatum::Ellipsoid { by } => {
                let height = HeightAboveEllipsoid::new(metres).into();
                let from = format!("{ABSOLUTE}, by {by}");
                heights.absolute.push(Sourced::new(height, from));
            }
            DjiDatum::Unknown { because } => {
                heights.unused = Some(format!("{ABSOLUTE} {metres} m: {because}"));
            }
        }
    }
    let ellipsoid = |height: &Sourced<Height>| matches!(height.value, Height::Ellipsoid(_));
    if let ExifAltitude::Ellipsoid(height) = metadata.exif.gps.altitude
        && !heights.absolute.iter().any(ellipsoid)
    {
        let height = Sourced::new(height.into(), "EXIF GPSAltitude");
        heights.absolute.push(height);
    }
    let altitudes = heights.altitudes();
    if !altitudes.are_plausible() {
        return Err(Untagged::BadAltitude);
    }
    if altitudes.is_empty() {
        return Err(match (heights.unused, metadata.exif.gps.altitude) {
            (Some(unused), _) => Untagged::DatumUnclear { unused },
            (None, ExifAltitude::SeaLevel) => Untagged::UnknownDatum,
            (None, _) => Untagged::NoAltitude,
        });
    }
    Ok(heights)
}

/// What DJI's absolute altitude is measured from.
enum DjiDatum {
    Egm96,
    Ellipsoid {
        /// What says so.
        by: String,
    },
    Unknown {
        /// Why.
        because: String,
    },
}

/// DJI's absolute altitude is over EGM96 by barometer and GPS, and the receiver's ellipsoidal height with RTK: `AltitudeType` tells
/// which where the camera writes it, else `RtkFlag` (0 none, 16 single point, 34 float, 50 fixed).
///
/// `GpsFusionAlt` is over the ellipsoid by the schema of DJI's camera data (`GpsBasic.GpsAltType`) and above sea level by its manuals,
/// so it counts as neither.
fn dji_datum(xmp: &Xmp) -> Result<DjiDatum, Untagged> {
    let flag = xmp.number(RTK_FLAG)?;
    let rtk = flag.filter(|flag| *flag >= 34.0);
    Ok(match (xmp.text(ALTITUDE_TYPE)?, rtk, flag) {
        (Some("RtkAlt"), ..) => DjiDatum::Ellipsoid {
            by: format!("{ALTITUDE_TYPE} RtkAlt"),
        },
        (Some("PressureAlt"), None, _) => DjiDatum::Egm96,
        (Some(kind), Some(flag), _) => DjiDatum::Unknown {
            because: format!(
                "{ALTITUDE_TYPE} is {kind}, but {RTK_FLAG} {flag} is of a position by RTK"
            ),
        },
        (Some(kind), ..) => DjiDatum::Unknown {
            because: format!("{ALTITUDE_TYPE} {kind} does not tell its datum"),
        },
        (None, Some(flag), _) => DjiDatum::Ellipsoid {
            by: format!("{RTK_FLAG} {flag}"),
        },
        (None, None, Some(flag)) if flag != 0.0 => DjiDatum::Unknown {
            because: format!("{RTK_FLAG} {flag} without AltitudeType does not tell its datum"),
        },
        (None, None, _) => DjiDatum::Egm96,
    })
}

/// RTK receivers write their own standard deviations; everything else is assumed.
pub(super) fn covariance(xmp: &Xmp, assumed: PoseCovariance) -> PoseCovariance {
    let by_rtk = matches!(xmp.number(RTK_FLAG), Ok(Some(flag)) if flag != 0.0)
        || matches!(xmp.text(ALTITUDE_TYPE), Ok(Some("RtkAlt")));
    if !by_rtk {
        return assumed;
    }
    let sigma = |name, assumed| match xmp.number(Property::dji(name)) {
        Ok(Some(sigma)) if sigma > 0.0 => sigma,
        _ => assumed,
    };
    PoseCovariance {
        sigma_north_m: sigma("RtkStdLat", assumed.sigma_north_m),
        sigma_east_m: sigma("RtkStdLon", assumed.sigma_east_m),
        sigma_up_m: sigma("RtkStdHgt", assumed.sigma_up_m),
        ..assumed
    }
}
