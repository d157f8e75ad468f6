//! The checked way between the messages of the wire, generated from `proto/scarp.proto`, and the plain types.

use prost::Message;
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use uuid::Uuid;

use super::{
    message::{Body, Envelope, Survey},
    message_error::{
        FORMAT_VERSION, MAX_AREA_M2, MAX_DISTANCE_M, MAX_MESSAGE_BYTES, MAX_TEXT_BYTES,
        MessageError,
    },
    outline,
    proto::{self, envelope},
    unix_time,
};

/// The version of the format in which a survey had one run, which it did not name.
const VERSION_WITHOUT_RUNS: u32 = 1;

impl Envelope {
    /// The message as bytes, at most [`MAX_MESSAGE_BYTES`], in the protobuf encoding.
    ///
    /// # Errors
    /// When a field is out of range, an outline is not a polygon or has too many vertices, or a text is too long.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let body = match self.body() {
            Body::Survey(survey) => envelope::Body::Survey(survey_out(survey)?),
            Body::Frame(frame) => envelope::Body::Frame(frame_out(frame)?),
            Body::Landslide(slide) => envelope::Body::Landslide(landslide_out(slide)?),
        };
        let run = self.run();
        // As it was before there were runs: what a journal or a store of that time holds of it is the same.
        let (version, run_id) = if run.is_unnamed() {
            (VERSION_WITHOUT_RUNS, Vec::new())
        } else {
            (FORMAT_VERSION, run.id.as_bytes().to_vec())
        };
        let bytes = proto::Envelope {
            version,
            survey_id: run.survey.as_bytes().to_vec(),
            id: self.id().as_bytes().to_vec(),
            run_id,
            body: Some(body),
            ..proto::Envelope::default()
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
        let version = proto::EnvelopeHead::decode(bytes)
            .map_err(malformed)?
            .version;
        if version == 0 || version > FORMAT_VERSION {
            return Err(MessageError::Unsupported { found: version });
        }
        let wire = proto::Envelope::decode(bytes).map_err(malformed)?;
        let body = match wire.body.ok_or(MessageError::Missing("body"))? {
            envelope::Body::Survey(survey) => Body::Survey(survey_in(survey)?),
            envelope::Body::Frame(frame) => Body::Frame(frame_in(frame)?),
            envelope::Body::Landslide(slide) => Body::Landslide(landslide_in(slide)?),
        };
        let survey = uuid_in("survey", &wire.survey_id)?;
        let run = match version {
            VERSION_WITHOUT_RUNS => Run::unnamed(survey),
            _ => Run {
                survey,
                id: uuid_in("run", &wire.run_id)?,
            },
        };
        let envelope = Self::of(run, body);
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
    let head = proto::EnvelopeHead::decode(bytes).ok()?;
    Uuid::from_slice(&head.id).ok()
}

fn survey_out(survey: &Survey) -> Result<proto::Survey, MessageError> {
    Ok(proto::Survey {
        software: text("software", survey.software.clone())?,
        model_name: text("model_name", survey.model_name.clone())?,
        model_version: text("model_version", survey.model_version.clone())?,
        ..proto::Survey::default()
    })
}

fn survey_in(wire: proto::Survey) -> Result<Survey, MessageError> {
    Ok(Survey {
        software: text("software", wire.software)?,
        model_name: text("model_name", wire.model_name)?,
        model_version: text("model_version", wire.model_version)?,
    })
}

fn frame_out(frame: &FrameReport) -> Result<proto::Frame, MessageError> {
    let mut wire = proto::Frame {
        sequence: frame.sequence,
        name: text("name", frame.name.clone())?,
        time_unix_us: unix_time::out("time", frame.time)?,
        ..proto::Frame::default()
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

fn frame_in(wire: proto::Frame) -> Result<FrameReport, MessageError> {
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
        time: unix_time::read("time", wire.time_unix_us)?,
        placement,
    })
}

fn landslide_out(slide: &Landslide) -> Result<proto::Landslide, MessageError> {
    check_landslide(slide)?;
    Ok(proto::Landslide {
        id: slide.id.as_bytes().to_vec(),
        version: slide.version,
        withdrawn: slide.status == LandslideStatus::Withdrawn,
        outline: rings_out("outline", &slide.outline)?,
        area_m2: slide.area_m2,
        cut_off: slide.cut_off,
        confidence: slide.confidence,
        ce90_m: slide.ce90_m,
        observations: slide.observations,
        first_seen_unix_us: unix_time::out("first_seen", slide.first_seen)?,
        last_seen_unix_us: unix_time::out("last_seen", slide.last_seen)?,
    })
}

fn landslide_in(wire: proto::Landslide) -> Result<Landslide, MessageError> {
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
        cut_off: wire.cut_off,
        confidence: wire.confidence,
        ce90_m: wire.ce90_m,
        observations: wire.observations,
        first_seen: unix_time::read("first_seen", wire.first_seen_unix_us)?,
        last_seen: unix_time::read("last_seen", wire.last_seen_unix_us)?,
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
    let area = slide.area_m2;
    range(
        (0.0..=MAX_AREA_M2).contains(&area),
        "area_m2",
        area.to_string(),
        "0 to the surface of the Earth",
    )?;
    let ce90 = slide.ce90_m;
    range(
        (0.0..=MAX_DISTANCE_M).contains(&ce90),
        "ce90_m",
        ce90.to_string(),
        "0 to half of the equator, 20037509",
    )?;
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
    let both_or_none = slide.first_seen.is_some() == slide.last_seen.is_some();
    range(
        both_or_none && slide.first_seen <= slide.last_seen,
        "last_seen",
        format!("{:?}", slide.last_seen),
        "no earlier than first_seen, and known where that is",
    )
}

fn rings_out(
    field: &'static str,
    polygon: &geo::Polygon<f64>,
) -> Result<Vec<proto::Ring>, MessageError> {
    let rings = outline::to_steps(field, polygon)?;
    Ok(rings
        .into_iter()
        .map(|steps| proto::Ring { steps })
        .collect())
}

fn rings_in(
    field: &'static str,
    rings: Vec<proto::Ring>,
) -> Result<geo::Polygon<f64>, MessageError> {
    let steps: Vec<_> = rings.into_iter().map(|ring| ring.steps).collect();
    outline::from_steps(field, &steps)
}

fn positive(field: &'static str, value: f64) -> Result<f64, MessageError> {
    if value > 0.0 && value <= MAX_DISTANCE_M {
        return Ok(value);
    }
    Err(MessageError::Range {
        field,
        value: value.to_string(),
        range: "more than 0 and at most half of the equator, 20037509",
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
