//! Where a photograph was taken.

use scarp_geo::{Latitude, LocalPlane, Longitude, Wgs84};

use super::{
    Untagged,
    exif::ExifPosition,
    metadata::Metadata,
    sourced::Sourced,
    xmp::{Property, Xmp},
};

const GPS_STATUS: Property = Property::dji("GpsStatus");

/// The makers' own latitudes with their longitudes. DJI misspelt the longitude for years.
const XMP_POSITIONS: [(Property, Property); 4] = [
    (Property::dji("GpsLatitude"), Property::dji("GpsLongitude")),
    (Property::dji("GpsLatitude"), Property::dji("GpsLongtitude")),
    (Property::dji("Latitude"), Property::dji("Longitude")),
    (
        Property::sensefly("Latitude"),
        Property::sensefly("Longitude"),
    ),
];

/// What two tellings of one position may differ by, in metres, beside their own errors: what rounding leaves.
const ROUNDING_M: f64 = 1.0;
/// Of these, as many standard deviations.
const SIGMAS: f64 = 3.0;
/// Metres of one degree of latitude, and of longitude at most.
const DEGREE_M: f64 = 111_700.0;

/// The position of a photograph, whose horizontal error is `sigma_m`. The makers' own properties come before EXIF's, which some write
/// with less resolution; the two have to agree.
///
/// # Errors
/// When there is none, when the receiver warns of it, and when two tellings of it contradict each other.
pub(super) fn position(metadata: &Metadata, sigma_m: f64) -> Result<Sourced<Wgs84>, Untagged> {
    check_fix(metadata)?;
    let xmp = in_xmp(&metadata.xmp)?;
    let exif = &metadata.exif.gps.position;
    let (place, other) = match (xmp, exif) {
        (Some(xmp), ExifPosition::At { place, step_deg }) => (xmp, Some((*place, step_deg))),
        (Some(xmp), _) => (xmp, None),
        (None, ExifPosition::At { place, .. }) => {
            let place = Sourced::new(*place, "EXIF GPSLatitude, GPSLongitude");
            (place, None)
        }
        (None, ExifPosition::Incomplete { tag, fault }) => {
            return Err(Untagged::IncompletePosition {
                tag,
                fault: fault.clone(),
            });
        }
        (None, ExifPosition::Missing) => return Err(Untagged::NoPosition),
    };
    if place.value == Wgs84::ZERO {
        return Err(Untagged::NoFix);
    }
    if !place.value.is_on_earth() {
        return Err(Untagged::BadPosition { place: place.value });
    }
    if let Some((other, step_deg)) = other.filter(|(other, _)| *other != Wgs84::ZERO) {
        let tolerance_m = ROUNDING_M + SIGMAS * sigma_m + step_deg * DEGREE_M;
        check_agreement(place.value, other, tolerance_m)?;
    }
    Ok(place)
}

/// What the receiver says of its own fix.
fn check_fix(metadata: &Metadata) -> Result<(), Untagged> {
    let gps = &metadata.exif.gps;
    let is = |text: &Option<String>, value: &str| {
        text.as_deref()
            .is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    if is(&gps.status, "V") {
        return Err(Untagged::VoidFix {
            tag: "EXIF GPSStatus".to_owned(),
            status: "V".to_owned(),
        });
    }
    if let Some(status) = metadata.xmp.text(GPS_STATUS)?
        && status.to_lowercase().contains("invalid")
    {
        return Err(Untagged::VoidFix {
            tag: GPS_STATUS.to_string(),
            status: status.to_owned(),
        });
    }
    if is(&gps.measure_mode, "2") {
        return Err(Untagged::FixWithoutHeight);
    }
    match &gps.map_datum {
        Some(datum) if !is_wgs84(datum) => Err(Untagged::OtherDatum {
            datum: datum.clone(),
        }),
        _ => Ok(()),
    }
}

/// Whether a text names WGS84, in one of the spellings that cameras have for it.
fn is_wgs84(datum: &str) -> bool {
    let letters = datum.chars().filter(char::is_ascii_alphanumeric);
    let plain = letters.collect::<String>().to_ascii_uppercase();
    matches!(plain.as_str(), "" | "WGS84" | "WGS1984" | "EPSG4326")
}

fn in_xmp(xmp: &Xmp) -> Result<Option<Sourced<Wgs84>>, Untagged> {
    for (latitude, longitude) in XMP_POSITIONS {
        if let Some((north, east)) = xmp.number(latitude)?.zip(xmp.number(longitude)?) {
            let place = Wgs84::new(Latitude::from_degrees(north), Longitude::from_degrees(east));
            let from = format!("{latitude}, {}", longitude.name());
            return Ok(Some(Sourced::new(place, from)));
        }
    }
    Ok(None)
}

fn check_agreement(xmp: Wgs84, exif: Wgs84, tolerance_m: f64) -> Result<(), Untagged> {
    let apart = LocalPlane::at(xmp).to_metres(exif.coord());
    let apart_m = apart.x.hypot(apart.y);
    // An EXIF position that is not on earth is an infinite way off.
    if exif.is_on_earth() && apart_m <= tolerance_m {
        return Ok(());
    }
    Err(Untagged::PositionsDiffer {
        xmp,
        exif,
        apart_m,
        tolerance_m,
    })
}
