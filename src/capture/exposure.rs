//! When a photograph was taken, and how fast the aircraft was.

use scarp_geo::{GnssTime, GroundVelocity, Timestamp};

use super::{
    Untagged,
    civil::{civil_date, civil_ms},
    metadata::Metadata,
    sourced::Sourced,
    xmp::Property,
};

/// Times in UTC by the receiver: DJI's is that of the shutter, senseFly's that of the autopilot.
const UTC: [Property; 2] = [
    Property::dji("UTCAtExposure"),
    Property::sensefly("UTCTime"),
];
const SPEED_NORTH: Property = Property::dji("FlightXSpeed");
const SPEED_EAST: Property = Property::dji("FlightYSpeed");

/// When a photograph was taken; `None` where it does not tell.
///
/// # Errors
/// When it contradicts itself.
pub(super) fn time(metadata: &Metadata) -> Result<Option<Sourced<Timestamp>>, Untagged> {
    for property in UTC {
        if let Some(time) = metadata.xmp.text(property)?.and_then(utc) {
            return Ok(Some(Sourced::new(Timestamp::Gnss(time), property)));
        }
    }
    let exif = &metadata.exif;
    let gnss = exif.gps.time.map(|time| {
        let time = Timestamp::Gnss(time);
        Sourced::new(time, "EXIF GPSDateStamp, GPSTimeStamp")
    });
    let camera = exif.camera_time.map(|time| {
        let time = Timestamp::Camera(time);
        let zone = match time.unix_ms() {
            Some(_) => "EXIF DateTimeOriginal, OffsetTimeOriginal",
            None => "EXIF DateTimeOriginal",
        };
        Sourced::new(time, zone)
    });
    Ok(gnss.or(camera))
}

/// `2013-06-04T17:42:06`, or with colons in the date and a blank before the time.
fn utc(text: &str) -> Option<GnssTime> {
    let (date, time) = text.trim_end_matches('Z').split_once(['T', ' '])?;
    let mut parts = time.split(':');
    let time = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    civil_ms(civil_date(date)?, time).map(GnssTime::from_unix_ms)
}

/// DJI's flight speeds are to the north (x) and east (y). They only widen an error, so one that cannot be read is none.
pub(super) fn velocity(metadata: &Metadata) -> Option<GroundVelocity> {
    let speed = |property| metadata.xmp.number(property).ok().flatten();
    Some(GroundVelocity {
        north_m_s: speed(SPEED_NORTH)?,
        east_m_s: speed(SPEED_EAST)?,
    })
}
