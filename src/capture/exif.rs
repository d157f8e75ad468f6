//! The EXIF fields Scarp uses (CIPA DC-008).

use exif::{In, Reader, Tag, Value};

use scarp_geo::{CameraTime, GnssTime, HeightAboveEllipsoid, Latitude, Longitude, Wgs84};

use super::civil::civil_ms;

/// What the EXIF block of a photograph says.
#[derive(Debug, Default)]
pub(super) struct Exif {
    pub(super) place: Option<Wgs84>,
    pub(super) altitude: ExifAltitude,
    /// Direction the top of the picture, or else the vehicle, points to: degrees from true north.
    pub(super) heading_deg: Option<f64>,
    pub(super) gnss_time: Option<GnssTime>,
    pub(super) camera_time: Option<CameraTime>,
    pub(super) focal_length_mm: Option<f64>,
    pub(super) focal_length_35mm: Option<f64>,
    /// Pixels per millimetre on the sensor, of the picture as first recorded.
    pub(super) pixels_per_mm: Option<f64>,
    /// Width and height of the picture as first recorded, in pixels.
    pub(super) recorded_size: Option<(f64, f64)>,
}

/// GPSAltitude with what GPSAltitudeRef says of its datum.
#[derive(Debug, Default)]
pub(super) enum ExifAltitude {
    #[default]
    Missing,
    /// "Above sea level": over which geoid, if any, EXIF does not tell.
    SeaLevel,
    Ellipsoid(HeightAboveEllipsoid),
}

impl Exif {
    /// Reads the block that follows the `Exif\0\0` header. Fields that are missing or damaged are left out.
    pub(super) fn read(block: Vec<u8>) -> Self {
        let parsed = Reader::new()
            .continue_on_error(true)
            .read_raw(block)
            .or_else(|error| error.distill_partial_result(|_| ()));
        let Ok(exif) = parsed else {
            return Self::default();
        };
        let fields = Fields(&exif);
        Self {
            place: fields.place(),
            altitude: fields.altitude(),
            heading_deg: fields.heading(),
            gnss_time: fields.gnss_time(),
            camera_time: fields.camera_time(),
            focal_length_mm: fields.number(Tag::FocalLength, 0),
            focal_length_35mm: fields
                .number(Tag::FocalLengthIn35mmFilm, 0)
                .filter(|f| *f > 0.0),
            pixels_per_mm: fields.pixels_per_mm(),
            recorded_size: fields
                .number(Tag::PixelXDimension, 0)
                .zip(fields.number(Tag::PixelYDimension, 0))
                .filter(|(w, h)| *w > 0.0 && *h > 0.0),
        }
    }
}

struct Fields<'a>(&'a exif::Exif);

impl Fields<'_> {
    fn value(&self, tag: Tag) -> Option<&Value> {
        self.0.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    /// The `index`th number of a field, if finite: a rational with denominator 0 counts as missing.
    fn number(&self, tag: Tag, index: usize) -> Option<f64> {
        let number = match self.value(tag)? {
            Value::Rational(v) => v.get(index)?.to_f64(),
            Value::SRational(v) => v.get(index)?.to_f64(),
            Value::Float(v) => f64::from(*v.get(index)?),
            Value::Double(v) => *v.get(index)?,
            other => f64::from(other.get_uint(index)?),
        };
        number.is_finite().then_some(number)
    }

    fn text(&self, tag: Tag) -> Option<&str> {
        match self.value(tag)? {
            Value::Ascii(lines) => std::str::from_utf8(lines.first()?).ok().map(str::trim),
            _ => None,
        }
    }

    /// Degrees, minutes and seconds with a hemisphere letter.
    fn angle(&self, tag: Tag, hemisphere: Tag, negative: &str, positive: &str) -> Option<f64> {
        let degrees = self.number(tag, 0)?
            + self.number(tag, 1).unwrap_or(0.0) / 60.0
            + self.number(tag, 2).unwrap_or(0.0) / 3600.0;
        match self.text(hemisphere)? {
            letter if letter.eq_ignore_ascii_case(negative) => Some(-degrees),
            letter if letter.eq_ignore_ascii_case(positive) => Some(degrees),
            _ => None,
        }
    }

    fn place(&self) -> Option<Wgs84> {
        let latitude = self.angle(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S", "N")?;
        let longitude = self.angle(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W", "E")?;
        Some(Wgs84::new(
            Latitude::from_degrees(latitude),
            Longitude::from_degrees(longitude),
        ))
    }

    fn altitude(&self) -> ExifAltitude {
        let Some(metres) = self.number(Tag::GPSAltitude, 0) else {
            return ExifAltitude::Missing;
        };
        // EXIF 3.0: 2 above, 3 below the ellipsoid; 0 and 1, "sea level", is all that earlier versions have.
        match self.number(Tag::GPSAltitudeRef, 0) {
            Some(2.0) => ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(metres)),
            Some(3.0) => ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(-metres)),
            _ => ExifAltitude::SeaLevel,
        }
    }

    fn heading(&self) -> Option<f64> {
        let magnetic = self
            .text(Tag::GPSImgDirectionRef)
            .is_some_and(|reference| reference.eq_ignore_ascii_case("M"));
        self.number(Tag::GPSImgDirection, 0).filter(|_| !magnetic)
    }

    fn gnss_time(&self) -> Option<GnssTime> {
        let date = civil_date(self.text(Tag::GPSDateStamp)?)?;
        let hour = self.number(Tag::GPSTimeStamp, 0)?;
        let minute = self.number(Tag::GPSTimeStamp, 1)?;
        let second = self.number(Tag::GPSTimeStamp, 2)?;
        civil_ms(date, (hour as u32, minute as u32, second)).map(GnssTime::from_unix_ms)
    }

    fn camera_time(&self) -> Option<CameraTime> {
        let text = self.text(Tag::DateTimeOriginal)?;
        let (date, time) = text.split_once(' ')?;
        let mut parts = time.split(':');
        let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let whole: u32 = parts.next()?.parse().ok()?;
        let fraction = self
            .text(Tag::SubSecTimeOriginal)
            .and_then(|digits| format!("0.{digits}").parse::<f64>().ok())
            .unwrap_or(0.0);
        let second = f64::from(whole) + fraction;
        let local_ms = civil_ms(civil_date(date)?, (hour, minute, second))?;
        let offset = self.text(Tag::OffsetTimeOriginal).and_then(offset_ms);
        Some(CameraTime::new(local_ms, offset))
    }

    fn pixels_per_mm(&self) -> Option<f64> {
        let per_unit = self
            .number(Tag::FocalPlaneXResolution, 0)
            .filter(|r| *r > 0.0)?;
        let unit_mm = match self.number(Tag::FocalPlaneResolutionUnit, 0).unwrap_or(2.0) as u32 {
            2 => 25.4,
            3 => 10.0,
            // Not in the standard, but written by many cameras: millimetres and micrometres.
            4 => 1.0,
            5 => 0.001,
            _ => return None,
        };
        Some(per_unit / unit_mm)
    }
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

/// `2013:06:04` or `2013-06-04`.
pub(super) fn civil_date(text: &str) -> Option<(i32, u32, u32)> {
    let mut parts = text.split([':', '-']);
    let date = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    parts.next().is_none().then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::{Field, experimental::Writer};
    use rstest::rstest;
    use scarp_geo::Timestamp;
    use std::io::Cursor;

    /// An EXIF block of text fields.
    fn block(fields: &[(Tag, &str)]) -> Vec<u8> {
        let fields: Vec<Field> = fields
            .iter()
            .map(|(tag, text)| Field {
                tag: *tag,
                ifd_num: In::PRIMARY,
                value: Value::Ascii(vec![text.as_bytes().to_vec()]),
            })
            .collect();
        let mut writer = Writer::new();
        for field in &fields {
            writer.push_field(field);
        }
        let mut block = Cursor::new(Vec::new());
        writer.write(&mut block, false).unwrap();
        block.into_inner()
    }

    /// 2016-06-23 16:31:59 in UTC would be 1 466 699 519 s after 1970.
    #[rstest]
    #[case::no_zone(None, None)]
    #[case::utc(Some("+00:00"), Some(0))]
    #[case::east(Some("+05:45"), Some(5 * 3600 + 45 * 60))]
    #[case::west(Some("-09:30"), Some(-(9 * 3600 + 30 * 60)))]
    #[case::blank(Some("   :  "), None)]
    #[case::no_sign(Some("02:00"), None)]
    #[case::no_zone_of_the_earth(Some("+23:00"), None)]
    fn the_cameras_clock_is_utc_only_where_its_zone_is_told(
        #[case] zone: Option<&str>,
        #[case] ahead_s: Option<i64>,
    ) {
        let mut fields = vec![
            (Tag::DateTimeOriginal, "2016:06:23 16:31:59"),
            (Tag::SubSecTimeOriginal, "25"),
        ];
        fields.extend(zone.map(|zone| (Tag::OffsetTimeOriginal, zone)));
        let time = Timestamp::Camera(Exif::read(block(&fields)).camera_time.unwrap());
        assert_eq!(time.ms(), 1_466_699_519_250);
        let expected = ahead_s.map(|ahead| (1_466_699_519 - ahead) * 1000 + 250);
        assert_eq!(time.unix_ms(), expected);
    }
}
