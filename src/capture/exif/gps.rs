//! What EXIF says of position, height and heading.

use exif::{Rational, Tag, Value};
use scarp_geo::{GnssTime, HeightAboveEllipsoid, Latitude, Longitude, Wgs84};

use super::{clock, fields::Fields};

/// The GPS fields of EXIF.
#[derive(Debug, Default)]
pub(crate) struct Gps {
    /// GPSLatitude and GPSLongitude with their hemispheres.
    pub(crate) position: ExifPosition,
    /// GPSAltitude with its datum.
    pub(crate) altitude: ExifAltitude,
    /// GPSStatus: `A`, or `V` for a receiver that warns of its position.
    pub(crate) status: Option<String>,
    /// GPSMeasureMode: `3`, or `2` for a position whose height was assumed.
    pub(crate) measure_mode: Option<String>,
    /// GPSMapDatum: the geodetic datum of the position.
    pub(crate) map_datum: Option<String>,
    /// Direction that the top of the picture, or else the vehicle, points to: degrees from true north.
    pub(crate) heading_deg: Option<f64>,
    /// Direction in which the receiver moved: degrees from true north.
    pub(crate) track_deg: Option<f64>,
    /// When the position was measured.
    pub(crate) time: Option<GnssTime>,
}

/// A position as far as EXIF tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum ExifPosition {
    /// No part of it.
    #[default]
    Missing,
    /// Only a part of it.
    Incomplete {
        /// The field that is at fault.
        tag: &'static str,
        /// What is wrong with it, in words that follow its name.
        fault: String,
    },
    /// All of it.
    At {
        /// The position.
        place: Wgs84,
        /// The step in which it was written, in degrees of latitude or longitude, whichever is coarser.
        step_deg: f64,
    },
}

/// GPSAltitude with what GPSAltitudeRef says of its datum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum ExifAltitude {
    /// None.
    #[default]
    Missing,
    /// "Above sea level", in metres: over which geoid, if any, EXIF does not tell.
    SeaLevel(f64),
    /// Over the ellipsoid.
    Ellipsoid(HeightAboveEllipsoid),
}

impl Gps {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let owned = |tag| fields.text(tag).map(str::to_owned);
        Self {
            position: position(fields),
            altitude: altitude(fields),
            status: owned(Tag::GPSStatus),
            measure_mode: owned(Tag::GPSMeasureMode),
            map_datum: owned(Tag::GPSMapDatum),
            heading_deg: direction(fields, Tag::GPSImgDirection, Tag::GPSImgDirectionRef),
            track_deg: direction(fields, Tag::GPSTrack, Tag::GPSTrackRef),
            time: clock::gnss_time(fields),
        }
    }
}

fn position(fields: &Fields<'_>) -> ExifPosition {
    let latitude = angle(
        fields,
        (Tag::GPSLatitude, "GPSLatitude"),
        (Tag::GPSLatitudeRef, "GPSLatitudeRef"),
        ("S", "N"),
    );
    let longitude = angle(
        fields,
        (Tag::GPSLongitude, "GPSLongitude"),
        (Tag::GPSLongitudeRef, "GPSLongitudeRef"),
        ("W", "E"),
    );
    match (latitude, longitude) {
        (Ok(None), Ok(None)) => ExifPosition::Missing,
        (Err((tag, fault)), _) | (_, Err((tag, fault))) => ExifPosition::Incomplete { tag, fault },
        (Ok(Some(latitude)), Ok(Some(longitude))) => ExifPosition::At {
            place: Wgs84::new(
                Latitude::from_degrees(latitude.degrees),
                Longitude::from_degrees(longitude.degrees),
            ),
            step_deg: latitude.step_deg.max(longitude.step_deg),
        },
        (missing, _) => ExifPosition::Incomplete {
            tag: match missing {
                Ok(None) => "GPSLatitude",
                _ => "GPSLongitude",
            },
            fault: "is missing".to_owned(),
        },
    }
}

/// An angle and the step in which it was written.
struct Angle {
    degrees: f64,
    step_deg: f64,
}

/// Degrees, minutes and seconds, three rationals (EXIF 2.32, 4.6.6), with a letter for the hemisphere; `None` where the field is
/// missing. Says which field is at fault, and why, when only a part of it is there: 0/0 is no number.
fn angle(
    fields: &Fields<'_>,
    (tag, name): (Tag, &'static str),
    (reference, reference_name): (Tag, &'static str),
    (negative, positive): (&str, &str),
) -> Result<Option<Angle>, (&'static str, String)> {
    let Some(value) = fields.value(tag) else {
        return Ok(None);
    };
    let parts = match value {
        Value::Rational(parts) => parts.as_slice(),
        _ => &[],
    };
    let [degrees, minutes, seconds] = parts else {
        let fault = format!(
            "has {} of the three rationals that it is made of",
            parts.len()
        );
        return Err((name, fault));
    };
    for (part, what, most) in [
        (degrees, "degrees", 360.0),
        (minutes, "minutes", 60.0),
        (seconds, "seconds", 60.0),
    ] {
        let number = part.to_f64();
        if number.is_nan() || number > most {
            let fault = format!(
                "has {}/{} {what}, which is no number of them",
                part.num, part.denom
            );
            return Err((name, fault));
        }
    }
    let unsigned = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let degrees = match fields.text(reference) {
        Some(letter) if letter.eq_ignore_ascii_case(negative) => -unsigned,
        Some(letter) if letter.eq_ignore_ascii_case(positive) => unsigned,
        Some(letter) => {
            return Err((
                reference_name,
                format!("is {letter:?}, which is no hemisphere"),
            ));
        }
        None => return Err((reference_name, "is missing".to_owned())),
    };
    Ok(Some(Angle {
        degrees,
        step_deg: step_deg(minutes, seconds),
    }))
}

/// The step of an angle: that of its seconds, or of its minutes where these carry the fraction (`dd/1, mmmm/100, 0/1`).
fn step_deg(minutes: &Rational, seconds: &Rational) -> f64 {
    if seconds.num == 0 && minutes.denom > 1 {
        1.0 / 60.0 / f64::from(minutes.denom)
    } else {
        1.0 / 3600.0 / f64::from(seconds.denom)
    }
}

fn altitude(fields: &Fields<'_>) -> ExifAltitude {
    let Some(metres) = fields.number(Tag::GPSAltitude, 0) else {
        return ExifAltitude::Missing;
    };
    // EXIF 3.0: 2 above, 3 below the ellipsoid; 0 and 1, "sea level", is all that earlier versions have.
    match fields.number(Tag::GPSAltitudeRef, 0) {
        Some(2.0) => ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(metres)),
        Some(3.0) => ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(-metres)),
        // 1 is below.
        Some(1.0) => ExifAltitude::SeaLevel(-metres.abs()),
        _ => ExifAltitude::SeaLevel(metres),
    }
}

/// A direction from true north; one from magnetic north is none.
fn direction(fields: &Fields<'_>, tag: Tag, reference: Tag) -> Option<f64> {
    let reference = fields.text(reference);
    let magnetic = reference.is_some_and(|reference| reference.eq_ignore_ascii_case("M"));
    fields.number(tag, 0).filter(|_| !magnetic)
}
