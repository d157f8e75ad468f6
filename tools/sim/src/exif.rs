//! The EXIF block of a frame (CIPA DC-008): a little-endian TIFF without a picture.

use chrono::{DateTime, Timelike, Utc};

use crate::camera::Camera;

/// Side of a pixel on the simulated sensor in millimetres.
const PIXEL_MM: f64 = 0.005;

/// What the block tells.
#[derive(Debug, Clone, Copy)]
pub struct Exposure {
    /// When the shutter opened.
    pub time: DateTime<Utc>,
    /// Degrees.
    pub latitude_deg: f64,
    /// Degrees.
    pub longitude_deg: f64,
    /// Metres over EGM96, which EXIF calls sea level.
    pub altitude_m: f64,
}

/// The block from the TIFF header on.
#[must_use]
pub fn block(camera: &Camera, exposure: &Exposure) -> Vec<u8> {
    let time = exposure.time;
    let ms = time.timestamp_subsec_millis();
    let date_time = time.format("%Y:%m:%d %H:%M:%S").to_string();
    let focal_mm = camera.focal_px * PIXEL_MM;
    let (width, height) = (f64::from(camera.width), f64::from(camera.height));
    // The 35 mm equivalent compares diagonals.
    let equivalent = (43.2666 * camera.focal_px / width.hypot(height)).round() as u16;
    let per_cm = (10.0 / PIXEL_MM).round() as u32;

    let photo = Directory::new()
        .field(0x9000, Value::Undefined(b"0232".to_vec()))
        .field(0x9003, text(&date_time))
        .field(0x9011, text("+00:00"))
        .field(0x9291, text(&format!("{ms:03}")))
        .field(
            0x920A,
            Value::Rational(vec![((focal_mm * 1000.0).round() as u32, 1000)]),
        )
        .field(0xA002, Value::Long(camera.width))
        .field(0xA003, Value::Long(camera.height))
        .field(0xA20E, Value::Rational(vec![(per_cm, 1)]))
        .field(0xA20F, Value::Rational(vec![(per_cm, 1)]))
        .field(0xA210, Value::Short(3))
        .field(0xA405, Value::Short(equivalent));
    let hemisphere =
        |degrees: f64, positive, negative| text(if degrees < 0.0 { negative } else { positive });
    let gps = Directory::new()
        .field(0, Value::Byte(vec![2, 3, 0, 0]))
        .field(1, hemisphere(exposure.latitude_deg, "N", "S"))
        .field(2, angle(exposure.latitude_deg))
        .field(3, hemisphere(exposure.longitude_deg, "E", "W"))
        .field(4, angle(exposure.longitude_deg))
        .field(5, Value::Byte(vec![u8::from(exposure.altitude_m < 0.0)]))
        .field(
            6,
            Value::Rational(vec![(
                (exposure.altitude_m.abs() * 1000.0).round() as u32,
                1000,
            )]),
        )
        .field(
            7,
            Value::Rational(vec![
                (time.hour(), 1),
                (time.minute(), 1),
                (time.second() * 1000 + ms, 1000),
            ]),
        )
        .field(0x12, text("WGS-84"))
        .field(0x1D, text(&time.format("%Y:%m:%d").to_string()));

    let main = |photo_at: u32, gps_at: u32| {
        Directory::new()
            .field(0x010F, text("Scarp"))
            .field(0x0110, text("Simulated survey camera"))
            .field(0x0112, Value::Short(1))
            .field(0x0131, text("scarp-sim"))
            .field(0x0132, text(&date_time))
            .field(0x8769, Value::Long(photo_at))
            .field(0x8825, Value::Long(gps_at))
    };
    const HEADER: [u8; 8] = [b'I', b'I', 42, 0, 8, 0, 0, 0];
    let first = HEADER.len() as u32;
    let photo_at = first + main(0, 0).bytes(first).len() as u32;
    let photo = photo.bytes(photo_at);
    let gps_at = photo_at + photo.len() as u32;
    [
        HEADER.to_vec(),
        main(photo_at, gps_at).bytes(first),
        photo,
        gps.bytes(gps_at),
    ]
    .concat()
}

/// Degrees, minutes and millionths of a second: 3e-10 degrees.
fn angle(degrees: f64) -> Value {
    const PER_SECOND: u64 = 1_000_000;
    let units = (degrees.abs() * 3600.0 * PER_SECOND as f64).round() as u64;
    let minutes = units / (60 * PER_SECOND);
    Value::Rational(vec![
        ((minutes / 60) as u32, 1),
        ((minutes % 60) as u32, 1),
        ((units % (60 * PER_SECOND)) as u32, PER_SECOND as u32),
    ])
}

fn text(text: &str) -> Value {
    Value::Ascii(text.to_owned())
}

enum Value {
    Byte(Vec<u8>),
    Ascii(String),
    Short(u16),
    Long(u32),
    Rational(Vec<(u32, u32)>),
    Undefined(Vec<u8>),
}

impl Value {
    /// TIFF field type, count and bytes.
    fn parts(&self) -> (u16, u32, Vec<u8>) {
        match self {
            Self::Byte(bytes) => (1, bytes.len() as u32, bytes.clone()),
            Self::Ascii(text) => (2, text.len() as u32 + 1, [text.as_bytes(), &[0]].concat()),
            Self::Short(value) => (3, 1, value.to_le_bytes().to_vec()),
            Self::Long(value) => (4, 1, value.to_le_bytes().to_vec()),
            Self::Rational(values) => {
                let bytes = values
                    .iter()
                    .flat_map(|(n, d)| [n.to_le_bytes(), d.to_le_bytes()].concat());
                (5, values.len() as u32, bytes.collect())
            }
            Self::Undefined(bytes) => (7, bytes.len() as u32, bytes.clone()),
        }
    }
}

/// An image file directory; fields must be added in the order of their tags.
struct Directory(Vec<(u16, Value)>);

impl Directory {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn field(mut self, tag: u16, value: Value) -> Self {
        self.0.push((tag, value));
        self
    }

    /// The directory when it lies `at` bytes into the block: entries, then the values that do not fit in them.
    fn bytes(&self, at: u32) -> Vec<u8> {
        let mut entries = (self.0.len() as u16).to_le_bytes().to_vec();
        let values_at = at + 2 + 12 * self.0.len() as u32 + 4;
        let mut values = Vec::new();
        for (tag, value) in &self.0 {
            let (kind, count, mut bytes) = value.parts();
            entries.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            entries.extend(count.to_le_bytes());
            if bytes.len() <= 4 {
                bytes.resize(4, 0);
                entries.extend(bytes);
            } else {
                entries.extend((values_at + values.len() as u32).to_le_bytes());
                // Values begin at even bytes.
                bytes.resize(bytes.len().next_multiple_of(2), 0);
                values.extend(bytes);
            }
        }
        entries.extend([0; 4]);
        entries.extend(values);
        entries
    }
}
