//! The EXIF fields Scarp uses (CIPA DC-008).

mod clock;
mod fields;
mod gps;

use exif::{Reader, Tag};
use scarp_geo::CameraTime;

use self::fields::Fields;
pub(crate) use self::gps::{ExifAltitude, ExifPosition, Gps};

/// What the EXIF block of a photograph says.
#[derive(Debug, Default)]
pub(crate) struct Exif {
    /// Who made the camera.
    pub(crate) make: Option<String>,
    /// The camera's model.
    pub(crate) model: Option<String>,
    /// Position, height and heading.
    pub(crate) gps: Gps,
    /// When the photograph was taken, by the camera's clock.
    pub(crate) camera_time: Option<CameraTime>,
    /// How the picture is to be turned upright, 1 to 8.
    pub(crate) orientation: Option<u32>,
    pub(crate) focal_length_mm: Option<f64>,
    pub(crate) focal_length_35mm: Option<f64>,
    /// How many times the picture is enlarged from the middle of what the sensor saw.
    pub(crate) digital_zoom: Option<f64>,
    /// Pixels per millimetre on the sensor, of the picture as first recorded.
    pub(crate) pixels_per_mm: Option<f64>,
    /// Width and height of the picture as first recorded, in pixels.
    pub(crate) recorded_size: Option<(f64, f64)>,
}

impl Exif {
    /// Reads the block that follows the `Exif\0\0` header. Fields that are missing or damaged are left out.
    pub(crate) fn read(block: Vec<u8>) -> Self {
        let parsed = Reader::new()
            .continue_on_error(true)
            .read_raw(block)
            .or_else(|error| error.distill_partial_result(|_| ()));
        let Ok(exif) = parsed else {
            return Self::default();
        };
        let fields = Fields(&exif);
        Self {
            make: fields.text(Tag::Make).map(str::to_owned),
            model: fields.text(Tag::Model).map(str::to_owned),
            gps: Gps::read(&fields),
            camera_time: clock::camera_time(&fields),
            orientation: fields.number(Tag::Orientation, 0).map(|n| n as u32),
            focal_length_mm: fields.positive(Tag::FocalLength),
            focal_length_35mm: fields.positive(Tag::FocalLengthIn35mmFilm),
            // 0 is "digital zoom was not used"; DJI writes 0/0 for it.
            digital_zoom: fields.positive(Tag::DigitalZoomRatio),
            pixels_per_mm: pixels_per_mm(&fields),
            recorded_size: fields
                .positive(Tag::PixelXDimension)
                .zip(fields.positive(Tag::PixelYDimension)),
        }
    }
}

fn pixels_per_mm(fields: &Fields<'_>) -> Option<f64> {
    let per_unit = fields.positive(Tag::FocalPlaneXResolution)?;
    let unit_mm = match fields
        .number(Tag::FocalPlaneResolutionUnit, 0)
        .unwrap_or(2.0) as u32
    {
        2 => 25.4,
        3 => 10.0,
        // Not in the standard, but written by many cameras: millimetres and micrometres.
        4 => 1.0,
        5 => 0.001,
        _ => return None,
    };
    Some(per_unit / unit_mm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::{Field, In, Rational, Value, experimental::Writer};
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

    /// A block with a position of which one part may be spoilt: `minutes` of the latitude, `seconds` of the longitude.
    fn position(minutes: (u32, u32), seconds: (u32, u32)) -> ExifPosition {
        let angle = |tag, parts: [(u32, u32); 3]| Field {
            tag,
            ifd_num: In::PRIMARY,
            value: Value::Rational(parts.map(|(num, denom)| Rational { num, denom }).to_vec()),
        };
        let letter = |tag, letter: &str| Field {
            tag,
            ifd_num: In::PRIMARY,
            value: Value::Ascii(vec![letter.as_bytes().to_vec()]),
        };
        let fields = [
            letter(Tag::GPSLatitudeRef, "S"),
            angle(Tag::GPSLatitude, [(46, 1), minutes, (0, 1)]),
            letter(Tag::GPSLongitudeRef, "E"),
            angle(Tag::GPSLongitude, [(7, 1), (30, 1), seconds]),
        ];
        let mut writer = Writer::new();
        for field in &fields {
            writer.push_field(field);
        }
        let mut block = Cursor::new(Vec::new());
        writer.write(&mut block, false).unwrap();
        Exif::read(block.into_inner()).gps.position
    }

    #[test]
    fn a_position_is_its_degrees_minutes_and_seconds_with_the_step_it_was_written_in() {
        let ExifPosition::At { place, step_deg } = position((305, 10), (3600, 100)) else {
            panic!("no position");
        };
        assert!((place.latitude_deg() + 46.0 + 30.5 / 60.0).abs() < 1e-12);
        assert!((place.longitude_deg() - 7.51).abs() < 1e-12);
        assert!((step_deg - 1.0 / 600.0).abs() < 1e-12, "{step_deg}");
    }

    #[rstest]
    #[case::minutes((0, 0), (36, 1), "GPSLatitude", "0/0 minutes")]
    #[case::seconds((30, 1), (0, 0), "GPSLongitude", "0/0 seconds")]
    #[case::divided_by_zero((30, 1), (5, 0), "GPSLongitude", "5/0 seconds")]
    #[case::too_many((75, 1), (36, 1), "GPSLatitude", "75/1 minutes")]
    fn a_position_of_which_a_part_is_no_number_is_none(
        #[case] minutes: (u32, u32),
        #[case] seconds: (u32, u32),
        #[case] at_fault: &str,
        #[case] says: &str,
    ) {
        match position(minutes, seconds) {
            ExifPosition::Incomplete { tag, fault } => {
                assert_eq!(tag, at_fault);
                assert!(fault.contains(says), "{fault}");
            }
            other => panic!("{other:?}"),
        }
    }
}
