//! How high a photograph was taken, over which datum.

use scarp_geo::{
    Altitudes, Height, HeightAboveEllipsoid, HeightAboveGround, HeightAboveTakeoff, HeightEgm96,
    PoseCovariance,
};

use super::{
    TagSettings, Untagged,
    exif::ExifAltitude,
    metadata::Metadata,
    sourced::Sourced,
    xmp::{Property, Xmp},
};

const RTK_FLAG: Property = Property::dji("RtkFlag");
const ALTITUDE_TYPE: Property = Property::dji("AltitudeType");
const ABSOLUTE: Property = Property::dji("AbsoluteAltitude");
const ABOVE_TAKEOFF: [Property; 4] = [
    Property::dji("RelativeAltitude"),
    Property::autel("RelativeAltitude"),
    Property::skydio("RelativeAltitude"),
    Property::sensefly("Height"),
];
/// Pix4D's, above the ground below; over level ground that is the height above take-off, and over any other it is not.
const ABOVE_GROUND: Property = Property::camera("AboveGroundAltitude");
/// Where a height comes from that the user states.
pub(super) const STATED: &str = "--height-above-takeoff";
/// Over EGM96, or over the ellipsoid where the receiver has RTK.
const AUTEL: Property = Property::autel("AbsoluteAltitude");
const AUTEL_RTK_FLAG: Property = Property::autel("RtkFlag");
const SKYDIO: Property = Property::skydio("AbsoluteAltitude");
const SENSEFLY_ELLIPSOID: Property = Property::sensefly("AltitudeWGS84");
const EXIF: &str = "EXIF GPSAltitude";
const SENSEFLY_SEA_LEVEL: Property = Property::sensefly("AltitudeAMSL");

/// The heights of a photograph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heights {
    /// Above the point of take-off.
    pub takeoff: Option<Sourced<HeightAboveTakeoff>>,
    /// Above the ground below.
    pub above_ground: Option<Sourced<HeightAboveGround>>,
    /// Over a known datum.
    pub absolute: Vec<Sourced<Height>>,
    /// Why a height that the photograph has is not among them, in one line.
    pub unused: Option<String>,
    /// The receiver's, in metres over a datum that need not be known: it tells how much higher one photograph was taken than another.
    pub gps_m: Option<f64>,
}

impl Heights {
    /// The same without the tags.
    #[must_use]
    pub fn altitudes(&self) -> Altitudes {
        let mut altitudes = Altitudes {
            takeoff: self.takeoff.as_ref().map(|height| height.value),
            above_ground: self.above_ground.as_ref().map(|height| height.value),
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

/// The heights of a photograph, each over its own datum, or over the stated one where it tells none.
///
/// # Errors
/// When there is none over a known datum, or one that no aircraft has.
pub(super) fn heights(metadata: &Metadata, settings: &TagSettings) -> Result<Heights, Untagged> {
    let xmp = &metadata.xmp;
    let mut takeoff = None;
    for property in ABOVE_TAKEOFF {
        let height = xmp.number(property)?;
        let height = height.map(|m| Sourced::new(HeightAboveTakeoff::new(m), property));
        takeoff = takeoff.or(height);
    }
    let above_ground = xmp.number(ABOVE_GROUND)?;
    let above_ground = above_ground.map(|m| Sourced::new(HeightAboveGround::new(m), ABOVE_GROUND));
    if takeoff.is_none() && above_ground.is_none() {
        let stated = settings.height_above_takeoff_m.map(HeightAboveTakeoff::new);
        takeoff = stated.map(|height| Sourced::new(height, STATED));
    }
    let mut heights = Heights {
        takeoff,
        above_ground,
        ..Heights::default()
    };
    // A height whose datum is not told counts where the user states that.
    let open = |heights: &mut Heights, metres: f64, tag: &str, because: String| {
        heights.gps_m = Some(metres);
        match settings.photo_datum {
            Some(datum) => {
                let from = format!("{tag}, over what --photo-datum states");
                let height = Sourced::new(Height::new(datum, metres), from);
                heights.absolute.push(height);
            }
            None => {
                heights.unused = Some(format!(
                    "{tag} {metres} m: {because} (state it with --photo-datum)"
                ));
            }
        }
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
                open(&mut heights, metres, &ABSOLUTE.to_string(), because);
            }
        }
    }
    if let Some(metres) = xmp.number(AUTEL)? {
        let by_rtk = xmp.number(AUTEL_RTK_FLAG)?.is_some_and(|flag| flag != 0.0);
        heights.absolute.push(if by_rtk {
            let from = format!("{AUTEL}, by {AUTEL_RTK_FLAG}");
            Sourced::new(HeightAboveEllipsoid::new(metres).into(), from)
        } else {
            Sourced::new(HeightEgm96::new(metres).into(), AUTEL)
        });
    }
    // Above sea level by some who have measured it, over the ellipsoid by others.
    if let Some(metres) = xmp.number(SKYDIO)? {
        let because = "Skydio does not tell its datum".to_owned();
        open(&mut heights, metres, &SKYDIO.to_string(), because);
    }
    let ellipsoid = |height: &Sourced<Height>| matches!(height.value, Height::Ellipsoid(_));
    match metadata.exif.gps.altitude {
        ExifAltitude::Ellipsoid(height) if !heights.absolute.iter().any(ellipsoid) => {
            let height = Sourced::new(height.into(), EXIF);
            heights.absolute.push(height);
        }
        ExifAltitude::SeaLevel(metres)
            if heights.absolute.is_empty() && heights.unused.is_none() =>
        {
            let because = "which sea level EXIF does not tell".to_owned();
            open(&mut heights, metres, EXIF, because);
        }
        _ => {}
    }
    let first = heights.absolute.first();
    heights.gps_m = heights.gps_m.or(first.map(|height| height.value.metres()));
    let altitudes = heights.altitudes();
    if !altitudes.are_plausible() {
        return Err(Untagged::BadAltitude);
    }
    if altitudes.is_empty() {
        return Err(match heights.unused {
            Some(unused) => Untagged::DatumUnclear { unused },
            None => Untagged::NoAltitude,
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
