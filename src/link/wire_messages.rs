//! The protobuf messages, and the checked way between them and the plain types. Field numbers never change meaning.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus};
use uuid::Uuid;

use super::{
    message::{Body, Envelope, Survey},
    message_error::{FORMAT_VERSION, MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, MessageError},
    outline,
};

/// First microsecond of the year 10000, where dates stop having four digits of year.
const END_OF_TIME_US: i64 = 253_402_300_800_000_000;

#[derive(Clone, PartialEq, Message)]
struct WireEnvelope {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(bytes = "vec", tag = "2")]
    survey: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    id: Vec<u8>,
    #[prost(int64, tag = "4")]
    sent_unix_us: i64,
    #[prost(oneof = "WireBody", tags = "10, 11, 12")]
    body: Option<WireBody>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum WireBody {
    #[prost(message, tag = "10")]
    Survey(WireSurvey),
    #[prost(message, tag = "11")]
    Frame(WireFrame),
    #[prost(message, tag = "12")]
    Landslide(WireLandslide),
}

#[derive(Clone, PartialEq, Message)]
struct WireSurvey {
    #[prost(int64, tag = "1")]
    start_unix_us: i64,
    #[prost(string, tag = "2")]
    software: String,
    #[prost(string, tag = "3")]
    model_name: String,
    #[prost(string, tag = "4")]
    model_version: String,
}

#[derive(Clone, PartialEq, Message)]
struct WireFrame {
    #[prost(uint64, tag = "1")]
    sequence: u64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(int64, optional, tag = "3")]
    time_unix_us: Option<i64>,
    #[prost(message, repeated, tag = "4")]
    footprint: Vec<WireRing>,
    #[prost(double, tag = "5")]
    gsd_m: f64,
    /// Set when the frame could not be placed; footprint and gsd_m are then empty.
    #[prost(string, optional, tag = "6")]
    untagged: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct WireLandslide {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(uint32, tag = "2")]
    version: u32,
    #[prost(bool, tag = "3")]
    withdrawn: bool,
    #[prost(message, repeated, tag = "4")]
    outline: Vec<WireRing>,
    #[prost(double, tag = "5")]
    area_m2: f64,
    #[prost(double, tag = "6")]
    confidence: f64,
    #[prost(double, tag = "7")]
    ce90_m: f64,
    #[prost(uint32, tag = "8")]
    observations: u32,
    #[prost(int64, tag = "9")]
    first_seen_unix_us: i64,
    #[prost(int64, tag = "10")]
    last_seen_unix_us: i64,
}

#[derive(Clone, PartialEq, Message)]
struct WireRing {
    #[prost(sint64, repeated, tag = "1")]
    steps: outline::Steps,
}

/// Enough of any message, of this or a later format, to refuse it by name.
#[derive(Clone, PartialEq, Message)]
struct WireHead {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(bytes = "vec", tag = "3")]
    id: Vec<u8>,
}

impl Envelope {
    /// The message as bytes, at most [`MAX_MESSAGE_BYTES`], in the protobuf encoding.
    ///
    /// # Errors
    /// When a field is out of range, an outline is not a polygon or has too many vertices, or a text is too long.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let body = match self.body() {
            Body::Survey(survey) => WireBody::Survey(survey_out(survey)?),
            Body::Frame(frame) => WireBody::Frame(frame_out(frame)?),
            Body::Landslide(slide) => WireBody::Landslide(landslide_out(slide)?),
        };
        let bytes = WireEnvelope {
            version: FORMAT_VERSION,
            survey: self.survey().as_bytes().to_vec(),
            id: self.id().as_bytes().to_vec(),
            sent_unix_us: time_out("sent", self.sent())?,
            body: Some(body),
        }
        .encode_to_vec();
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(MessageError::TooLong { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a message. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// When the bytes are not a message of a format this program knows, or a field is out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(MessageError::TooLong { bytes: bytes.len() });
        }
        let malformed = |e: prost::DecodeError| MessageError::Malformed(e.to_string());
        let version = WireHead::decode(bytes).map_err(malformed)?.version;
        if version == 0 || version > FORMAT_VERSION {
            return Err(MessageError::Unsupported { found: version });
        }
        let wire = WireEnvelope::decode(bytes).map_err(malformed)?;
        let body = match wire.body.ok_or(MessageError::Missing("body"))? {
            WireBody::Survey(survey) => Body::Survey(survey_in(survey)?),
            WireBody::Frame(frame) => Body::Frame(frame_in(frame)?),
            WireBody::Landslide(slide) => Body::Landslide(landslide_in(slide)?),
        };
        let envelope = Self::new(
            uuid_in("survey", &wire.survey)?,
            time_in("sent", wire.sent_unix_us)?,
            body,
        );
        let found = uuid_in("id", &wire.id)?;
        if found != envelope.id() {
            return Err(MessageError::Identity { found });
        }
        Ok(envelope)
    }
}

/// The identity of a message that may be of a later format, so that it can be refused by name.
#[must_use]
pub fn peek_id(bytes: &[u8]) -> Option<Uuid> {
    let head = WireHead::decode(bytes).ok()?;
    Uuid::from_slice(&head.id).ok()
}

fn survey_out(survey: &Survey) -> Result<WireSurvey, MessageError> {
    Ok(WireSurvey {
        start_unix_us: time_out("start", survey.start)?,
        software: text("software", survey.software.clone())?,
        model_name: text("model_name", survey.model_name.clone())?,
        model_version: text("model_version", survey.model_version.clone())?,
    })
}

fn survey_in(wire: WireSurvey) -> Result<Survey, MessageError> {
    Ok(Survey {
        start: time_in("start", wire.start_unix_us)?,
        software: text("software", wire.software)?,
        model_name: text("model_name", wire.model_name)?,
        model_version: text("model_version", wire.model_version)?,
    })
}

fn frame_out(frame: &FrameReport) -> Result<WireFrame, MessageError> {
    let mut wire = WireFrame {
        sequence: frame.sequence,
        name: text("name", frame.name.clone())?,
        time_unix_us: frame.time.map(|t| time_out("time", t)).transpose()?,
        ..WireFrame::default()
    };
    match &frame.placement {
        Ok(placement) => {
            wire.gsd_m = positive("gsd_m", placement.gsd_m)?;
            wire.footprint = rings_out("footprint", &placement.footprint)?;
        }
        Err(reason) => wire.untagged = Some(text("untagged", reason.clone())?),
    }
    Ok(wire)
}

fn frame_in(wire: WireFrame) -> Result<FrameReport, MessageError> {
    let placement = match wire.untagged {
        Some(reason) => Err(text("untagged", reason)?),
        None => Ok(FrameFootprint {
            footprint: rings_in("footprint", wire.footprint)?,
            gsd_m: positive("gsd_m", wire.gsd_m)?,
        }),
    };
    Ok(FrameReport {
        sequence: wire.sequence,
        name: text("name", wire.name)?,
        time: wire.time_unix_us.map(|t| time_in("time", t)).transpose()?,
        placement,
    })
}

fn landslide_out(slide: &Landslide) -> Result<WireLandslide, MessageError> {
    check_landslide(slide)?;
    Ok(WireLandslide {
        id: slide.id.as_bytes().to_vec(),
        version: slide.version,
        withdrawn: slide.status == LandslideStatus::Withdrawn,
        outline: rings_out("outline", &slide.outline)?,
        area_m2: slide.area_m2,
        confidence: slide.confidence,
        ce90_m: slide.ce90_m,
        observations: slide.observations,
        first_seen_unix_us: time_out("first_seen", slide.first_seen)?,
        last_seen_unix_us: time_out("last_seen", slide.last_seen)?,
    })
}

fn landslide_in(wire: WireLandslide) -> Result<Landslide, MessageError> {
    let slide = Landslide {
        id: uuid_in("landslide id", &wire.id)?,
        version: wire.version,
        status: if wire.withdrawn {
            LandslideStatus::Withdrawn
        } else {
            LandslideStatus::Active
        },
        outline: rings_in("outline", wire.outline)?,
        area_m2: wire.area_m2,
        confidence: wire.confidence,
        ce90_m: wire.ce90_m,
        observations: wire.observations,
        first_seen: time_in("first_seen", wire.first_seen_unix_us)?,
        last_seen: time_in("last_seen", wire.last_seen_unix_us)?,
    };
    check_landslide(&slide)?;
    Ok(slide)
}

fn check_landslide(slide: &Landslide) -> Result<(), MessageError> {
    let range = |ok: bool, field, value: String, range| {
        ok.then_some(()).ok_or(MessageError::Range {
            field,
            value,
            range,
        })
    };
    let zero_or_more = |v: f64| v.is_finite() && v >= 0.0;
    let area = slide.area_m2;
    range(zero_or_more(area), "area_m2", area.to_string(), "0 or more")?;
    let ce90 = slide.ce90_m;
    range(zero_or_more(ce90), "ce90_m", ce90.to_string(), "0 or more")?;
    let confidence = slide.confidence;
    range(
        (0.0..=1.0).contains(&confidence),
        "confidence",
        confidence.to_string(),
        "0 to 1",
    )?;
    range(
        slide.version > 0,
        "version",
        slide.version.to_string(),
        "1 or more",
    )?;
    range(
        slide.first_seen <= slide.last_seen,
        "last_seen",
        format!("{:?}", slide.last_seen),
        "no earlier than first_seen",
    )
}

fn rings_out(
    field: &'static str,
    polygon: &geo::Polygon<f64>,
) -> Result<Vec<WireRing>, MessageError> {
    let rings = outline::to_steps(field, polygon)?;
    Ok(rings.into_iter().map(|steps| WireRing { steps }).collect())
}

fn rings_in(field: &'static str, rings: Vec<WireRing>) -> Result<geo::Polygon<f64>, MessageError> {
    let steps: Vec<_> = rings.into_iter().map(|ring| ring.steps).collect();
    outline::from_steps(field, &steps)
}

fn positive(field: &'static str, value: f64) -> Result<f64, MessageError> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(MessageError::Range {
        field,
        value: value.to_string(),
        range: "a positive number",
    })
}

fn text(field: &'static str, text: String) -> Result<String, MessageError> {
    if text.len() <= MAX_TEXT_BYTES {
        return Ok(text);
    }
    Err(MessageError::Range {
        field,
        value: format!("a text of {} bytes", text.len()),
        range: "at most 1024 bytes",
    })
}

fn uuid_in(field: &'static str, bytes: &[u8]) -> Result<Uuid, MessageError> {
    Uuid::from_slice(bytes).map_err(|_| MessageError::Missing(field))
}

fn time_out(field: &'static str, time: SystemTime) -> Result<i64, MessageError> {
    let us = time
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(-1);
    time_in(field, us).map(|_| us)
}

fn time_in(field: &'static str, us: i64) -> Result<SystemTime, MessageError> {
    match u64::try_from(us) {
        Ok(since) if us < END_OF_TIME_US => Ok(UNIX_EPOCH + Duration::from_micros(since)),
        _ => Err(MessageError::Range {
            field,
            value: format!("{us} us after 1970"),
            range: "between the years 1970 and 9999",
        }),
    }
}
