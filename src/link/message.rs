//! What the aircraft tells the ground, in plain Rust types. How it looks on the wire is in `wire`.

use std::time::SystemTime;

use geo::Polygon;
use thiserror::Error;
use uuid::Uuid;

use super::wire;
use crate::inventory::Landslide;

/// Version of the message format. A ground station refuses what is newer than itself, by message, and says so.
pub const FORMAT_VERSION: u32 = 1;
/// Longest encoded message in bytes. The largest outline allowed still fits.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Most vertices of one outline, all rings together.
pub const MAX_VERTICES: usize = 1 << 16;
/// Most rings of one outline: the outer one and its holes.
pub const MAX_RINGS: usize = 4096;
/// Longest text field in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;

/// One message: what was found, by which survey, sent when.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The survey, one flight, to which the message belongs.
    pub survey: Uuid,
    /// When it was handed to the link, by the aircraft's wall clock; kept to the microsecond.
    pub sent: SystemTime,
    /// The message.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A survey has begun. Sent once, first.
    Survey(Survey),
    /// A frame was searched, or could not be placed.
    Frame(FrameReport),
    /// A landslide is new, has changed or is withdrawn.
    Landslide(Landslide),
}

/// What identifies a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// When the survey began, by the aircraft's wall clock.
    pub start: SystemTime,
    /// Name and version of the firmware.
    pub software: String,
    /// Name of the model.
    pub model_name: String,
    /// Version of the model.
    pub model_version: String,
}

/// One frame: the coverage record from which operators see what was searched and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameReport {
    /// Number of the frame in its survey, from its source.
    pub sequence: u64,
    /// Name of the frame, for instance its file name.
    pub name: String,
    /// Time of exposure, if known.
    pub time: Option<SystemTime>,
    /// Where the frame lies and how fine it is, or in one line why it could not be placed.
    pub placement: Result<Placement, String>,
}

/// Where a frame lies on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Outline on the ground, x = longitude and y = latitude in degrees (WGS84); kept to 1e-8 degrees.
    pub footprint: Polygon<f64>,
    /// Ground sampling distance at the principal point in metres.
    pub gsd_m: f64,
}

/// A message that cannot be sent or understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageError {
    /// The bytes are not a message.
    #[error("message: not a Scarp message ({0}); check that both ends run Scarp")]
    Malformed(String),
    /// The message is of a later format.
    #[error(
        "message: format version {found}, this program knows up to {FORMAT_VERSION}; update it"
    )]
    Unsupported {
        /// The version found.
        found: u32,
    },
    /// A field that every message needs is missing.
    #[error("message: {0} is missing; update the sender")]
    Missing(&'static str),
    /// A field's value is impossible.
    #[error("message: {field} = {value} is out of range; it must be {range}")]
    Range {
        /// Name of the field.
        field: &'static str,
        /// The value found.
        value: String,
        /// The values allowed.
        range: &'static str,
    },
    /// An outline is not a polygon that can be drawn.
    #[error("message: {field}: {reason}")]
    Outline {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The identity does not follow from what the message says.
    #[error("message: identity {found} does not belong to its content; discard it")]
    Identity {
        /// The identity found.
        found: Uuid,
    },
    /// The message is longer than [`MAX_MESSAGE_BYTES`].
    #[error(
        "message: {bytes} bytes, at most {MAX_MESSAGE_BYTES} can be sent; simplify the outline"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl Envelope {
    /// The message's identity: a UUID (version 5) of its survey and of what it is about, never of when it was sent.
    /// The same report made again has the same identity and is stored once.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let name = match &self.body {
            Body::Survey(_) => "survey".to_owned(),
            Body::Frame(frame) => format!("frame/{}", frame.sequence),
            Body::Landslide(slide) => format!("landslide/{}/{}", slide.id, slide.version),
        };
        Uuid::new_v5(&self.survey, name.as_bytes())
    }

    /// The message as bytes, at most [`MAX_MESSAGE_BYTES`], in the protobuf encoding.
    ///
    /// # Errors
    /// When a field is out of range, an outline is not a polygon or has too many vertices, or a text is too long.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        wire::encode(self)
    }

    /// Reads a message. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// When the bytes are not a message of a format this program knows, or a field is out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes)
    }
}

/// The identity of a message that may be of a later format, so that it can be refused by name.
#[must_use]
pub fn peek_id(bytes: &[u8]) -> Option<Uuid> {
    wire::peek_id(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::LandslideStatus;
    use geo::{LineString, polygon};
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    /// A point on the wire's grid of 1e-8 degrees, where a round trip is exact.
    fn on_grid(lon: i64, lat: i64) -> (f64, f64) {
        (lon as f64 / 1e8, lat as f64 / 1e8)
    }

    fn ring() -> impl Strategy<Value = LineString<f64>> {
        let lon = -36_000_000_000_i64..=36_000_000_000;
        let lat = -9_000_000_000_i64..=9_000_000_000;
        prop::collection::vec((lon, lat), 3..40).prop_map(|points| {
            let mut line: Vec<_> = points.iter().map(|&(x, y)| on_grid(x, y)).collect();
            line.push(line[0]);
            LineString::from(line)
        })
    }

    fn outline() -> impl Strategy<Value = Polygon<f64>> {
        (ring(), prop::collection::vec(ring(), 0..4))
            .prop_map(|(outer, holes)| Polygon::new(outer, holes))
    }

    fn time() -> impl Strategy<Value = SystemTime> {
        (0..253_402_300_800_000_000_u64).prop_map(|us| UNIX_EPOCH + Duration::from_micros(us))
    }

    fn uuid() -> impl Strategy<Value = Uuid> {
        any::<u128>().prop_map(Uuid::from_u128)
    }

    prop_compose! {
        fn landslide()(
            id in uuid(), version in 1..u32::MAX, withdrawn in any::<bool>(), outline in outline(),
            area_m2 in 0.0..1e9, confidence in 0.0..=1.0, ce90_m in 0.0..1e4, looks in any::<u32>(),
            times in (time(), time()),
        ) -> Landslide {
            Landslide {
                id, version, outline, area_m2, confidence, ce90_m, looks,
                status: if withdrawn { LandslideStatus::Withdrawn } else { LandslideStatus::Active },
                first_seen: times.0.min(times.1),
                last_seen: times.0.max(times.1),
            }
        }
    }

    fn frame() -> impl Strategy<Value = FrameReport> {
        let placement = prop_oneof![
            (outline(), 0.001..10.0)
                .prop_map(|(footprint, gsd_m)| Ok(Placement { footprint, gsd_m })),
            ".{1,60}".prop_map(Err),
        ];
        (any::<u64>(), ".{0,60}", prop::option::of(time()), placement).prop_map(
            |(sequence, name, time, placement)| FrameReport {
                sequence,
                name,
                time,
                placement,
            },
        )
    }

    fn envelope() -> impl Strategy<Value = Envelope> {
        let survey =
            (time(), ".{0,60}", ".{0,60}", ".{0,60}").prop_map(|(start, a, b, c)| Survey {
                start,
                software: a,
                model_name: b,
                model_version: c,
            });
        let body = prop_oneof![
            survey.prop_map(Body::Survey),
            frame().prop_map(Body::Frame),
            landslide().prop_map(Body::Landslide),
        ];
        (uuid(), time(), body).prop_map(|(survey, sent, body)| Envelope { survey, sent, body })
    }

    fn example(outline: Polygon<f64>) -> Envelope {
        Envelope {
            survey: Uuid::from_u128(7),
            sent: UNIX_EPOCH,
            body: Body::Landslide(Landslide {
                id: Uuid::from_u128(8),
                version: 1,
                status: LandslideStatus::Active,
                outline,
                area_m2: 100.0,
                confidence: 0.9,
                ce90_m: 3.0,
                looks: 4,
                first_seen: UNIX_EPOCH,
                last_seen: UNIX_EPOCH,
            }),
        }
    }

    fn square() -> Polygon<f64> {
        polygon![(x: 7.0, y: 46.0), (x: 7.1, y: 46.0), (x: 7.1, y: 46.1), (x: 7.0, y: 46.1)]
    }

    proptest! {
        #[test]
        fn every_valid_message_survives_the_round_trip_unchanged(sent in envelope()) {
            let bytes = sent.encode().unwrap();
            prop_assert_eq!(Envelope::decode(&bytes).unwrap(), sent.clone());
            prop_assert_eq!(peek_id(&bytes), Some(sent.id()));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Envelope::decode(&bytes);
            let _ = peek_id(&bytes);
        }

        #[test]
        fn a_damaged_message_never_panics(
            sent in envelope(), at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = sent.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = value;
            let _ = Envelope::decode(&bytes);
            let _ = Envelope::decode(&bytes[..cut.index(bytes.len())]);
        }
    }

    #[test]
    fn the_identity_is_of_the_content_and_not_of_the_time_of_sending() {
        let first = example(square());
        let mut again = first.clone();
        again.sent += Duration::from_secs(60);
        assert_eq!(first.id(), again.id());
        if let Body::Landslide(slide) = &mut again.body {
            slide.version = 2;
        }
        assert_ne!(first.id(), again.id());
        let other_survey = Envelope {
            survey: Uuid::from_u128(9),
            ..first.clone()
        };
        assert_ne!(first.id(), other_survey.id());
    }

    #[test]
    fn the_largest_outline_allowed_fits_the_largest_message() {
        let far = |i: usize| {
            if i.is_multiple_of(2) {
                (-360.0, -90.0)
            } else {
                (360.0, 90.0)
            }
        };
        let mut line: Vec<_> = (0..MAX_VERTICES - 1).map(far).collect();
        line.push(line[0]);
        let bytes = example(Polygon::new(line.clone().into(), vec![]))
            .encode()
            .unwrap();
        assert!(Envelope::decode(&bytes).is_ok());
        line.insert(1, line[1]);
        let error = example(Polygon::new(line.into(), vec![]))
            .encode()
            .unwrap_err();
        assert!(matches!(error, MessageError::Outline { .. }), "{error}");
    }

    #[test]
    fn values_that_cannot_be_are_refused_by_the_name_of_their_field() {
        let with = |change: fn(&mut Landslide)| {
            let mut envelope = example(square());
            if let Body::Landslide(slide) = &mut envelope.body {
                change(slide);
            }
            envelope.encode().unwrap_err().to_string()
        };
        for (field, line) in [
            ("confidence", with(|s| s.confidence = 1.5)),
            ("area_m2", with(|s| s.area_m2 = f64::NAN)),
            ("ce90_m", with(|s| s.ce90_m = -1.0)),
            ("version", with(|s| s.version = 0)),
            ("outline", with(|s| s.outline = polygon![])),
            (
                "outline",
                with(|s| {
                    s.outline = polygon![(x: 0.0, y: 91.0), (x: 1.0, y: 0.0), (x: 0.0, y: 0.0)]
                }),
            ),
            (
                "outline",
                with(|s| {
                    s.outline = polygon![(x: f64::NAN, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 0.0)]
                }),
            ),
            ("last_seen", with(|s| s.last_seen -= Duration::from_secs(1))),
        ] {
            assert!(line.contains(field) && line.lines().count() == 1, "{line}");
        }
    }

    #[test]
    fn an_outline_costs_few_bytes_per_vertex_on_a_bad_link() {
        let circle: Vec<_> = (0..=1000)
            .map(|i| f64::from(i % 1000).to_radians() * 0.36)
            .map(|a| (7.0 + 0.0015 * a.cos(), 46.0 + 0.001 * a.sin()))
            .collect();
        let bytes = example(Polygon::new(circle.into(), vec![]))
            .encode()
            .unwrap();
        assert!(bytes.len() < 5 * 1000, "{} bytes", bytes.len());
    }
}
