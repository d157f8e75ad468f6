//! Dates and times of day in EXIF.

use exif::Tag;
use scarp_geo::{CameraTime, GnssTime};

use super::{
    super::civil::{civil_date, civil_ms},
    fields::Fields,
};

/// When the position was measured, by the receiver.
pub(super) fn gnss_time(fields: &Fields<'_>) -> Option<GnssTime> {
    let date = civil_date(fields.text(Tag::GPSDateStamp)?)?;
    let hour = fields.number(Tag::GPSTimeStamp, 0)?;
    let minute = fields.number(Tag::GPSTimeStamp, 1)?;
    let second = fields.number(Tag::GPSTimeStamp, 2)?;
    civil_ms(date, (hour as u32, minute as u32, second)).map(GnssTime::from_unix_ms)
}

/// When the photograph was taken, by the camera's clock.
pub(super) fn camera_time(fields: &Fields<'_>) -> Option<CameraTime> {
    let text = fields.text(Tag::DateTimeOriginal)?;
    let (date, time) = text.split_once(' ')?;
    let mut parts = time.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let whole: u32 = parts.next()?.parse().ok()?;
    let fraction = fields
        .text(Tag::SubSecTimeOriginal)
        .and_then(|digits| format!("0.{digits}").parse::<f64>().ok())
        .unwrap_or(0.0);
    let second = f64::from(whole) + fraction;
    let local_ms = civil_ms(civil_date(date)?, (hour, minute, second))?;
    let offset = fields.text(Tag::OffsetTimeOriginal).and_then(offset_ms);
    Some(CameraTime::new(local_ms, offset))
}

/// `+02:00`: what a zone is ahead of UTC (EXIF 2.31). Blanks stand for an unknown one; zones reach from -12 to +14 hours.
fn offset_ms(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = i64::from(hours) * 60 + i64::from(minutes);
    (minutes <= 14 * 60).then_some(sign * minutes * 60_000)
}
