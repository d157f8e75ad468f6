//! The link's messages as bytes: tests/fixtures/link holds golden ones, and what they say in `expected.json`.
//!
//! Needs the Python environment target/pymavlink with protobuf, which tools/test makes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use geo::Polygon;
use scarp_inventory::{FrameReport, Landslide, LandslideStatus};
use scarp_link::{
    Body, Envelope, FILE_DESCRIPTOR_SET, FORMAT_VERSION, MessageError,
    codec::{self, Receipt},
    peek_id,
};
use serde_json::{Map, Value, json};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pymavlink/bin/python");
const READER: &str = include_str!("../support/protobuf_reader.py");
const HOW: &str = "target/pymavlink must be a Python environment with protobuf 7.36.2; `tools/test rust` makes it";

/// The golden files, by name.
fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/link");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "bin"))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../fixtures/link/expected.json")).unwrap()
}

fn unix_us(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap();
    since.as_micros().try_into().unwrap()
}

/// The rings as in GeoJSON.
fn coordinates(polygon: &Polygon<f64>) -> Value {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let positions = rings.map(|ring| ring.0.iter().map(|at| [at.x, at.y]).collect::<Vec<_>>());
    positions.collect::<Vec<_>>().into()
}

fn frame(frame: &FrameReport) -> Value {
    let mut fields = json!({ "sequence": frame.sequence, "name": frame.name });
    if let Some(time) = frame.time {
        fields["time_unix_us"] = unix_us(time).into();
    }
    match &frame.placement {
        Ok(placement) => {
            fields["footprint"] = coordinates(&placement.footprint);
            fields["gsd_m"] = placement.gsd_m.into();
        }
        Err(reason) => {
            fields["footprint"] = json!([]);
            fields["gsd_m"] = 0.0.into();
            fields["untagged"] = reason.as_str().into();
        }
    }
    fields
}

fn landslide(slide: &Landslide) -> Value {
    let mut fields = json!({
        "id": slide.id,
        "version": slide.version,
        "withdrawn": slide.status == LandslideStatus::Withdrawn,
        "outline": coordinates(&slide.outline),
        "area_m2": slide.area_m2,
        "confidence": slide.confidence,
        "ce90_m": slide.ce90_m,
        "observations": slide.observations,
        "cut_off": slide.cut_off,
    });
    for (name, time) in [
        ("first_seen_unix_us", slide.first_seen),
        ("last_seen_unix_us", slide.last_seen),
    ] {
        if let Some(time) = time {
            fields[name] = unix_us(time).into();
        }
    }
    fields
}

/// What a message says; one of this version is written again as the same bytes.
fn envelope(bytes: &[u8]) -> Value {
    let envelope = match Envelope::decode(bytes) {
        Ok(envelope) => envelope,
        Err(MessageError::Unsupported { found }) => {
            return json!({ "version": found, "id": peek_id(bytes).unwrap() });
        }
        Err(e) => panic!("{e}"),
    };
    let version = if envelope.run().is_unnamed() {
        // But for what the aircraft's wall clock told.
        let again = Envelope::decode(&envelope.encode().unwrap()).unwrap();
        assert_eq!(again, envelope);
        1
    } else {
        assert_eq!(envelope.encode().unwrap(), bytes);
        FORMAT_VERSION
    };
    let (kind, body) = match envelope.body() {
        Body::Survey(survey) => (
            "survey",
            json!({
                "software": survey.software,
                "model_name": survey.model_name,
                "model_version": survey.model_version,
            }),
        ),
        Body::Frame(report) => ("frame", frame(report)),
        Body::Landslide(slide) => ("landslide", landslide(slide)),
    };
    json!({
        "version": version,
        "survey_id": envelope.run().survey,
        "run_id": envelope.run().id,
        "id": envelope.id(),
        kind: body,
    })
}

/// What a file says; it is written again as the same bytes.
fn read(path: &Path) -> Value {
    eprintln!("{}", path.display());
    let bytes = fs::read(path).unwrap();
    if name(path).starts_with("batch") {
        let messages = codec::decode_batch(&bytes).unwrap();
        assert_eq!(codec::encode_batch(messages.clone()), bytes);
        return messages.iter().map(|message| envelope(message)).collect();
    }
    if name(path).starts_with("receipt") {
        let receipt = Receipt::decode(&bytes).unwrap();
        assert_eq!(receipt.encode(), bytes);
        let refused = receipt.refused.iter();
        let refused = refused.map(|(id, reason)| json!({ "id": id, "reason": reason }));
        return json!({ "stored": receipt.stored, "refused": refused.collect::<Value>() });
    }
    envelope(&bytes)
}

#[test]
fn golden_messages_say_what_they_always_said_and_those_of_this_version_are_written_byte_for_byte() {
    let said: Map<_, _> = golden()
        .iter()
        .map(|path| (name(path), read(path)))
        .collect();
    assert_eq!(Value::from(said), expected());
}

#[test]
fn another_implementation_reads_the_same_by_the_published_schema() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("descriptors.bin");
    fs::write(&schema, FILE_DESCRIPTOR_SET).unwrap();
    let output = Command::new(PYTHON)
        .args(["-c", READER])
        .arg(schema)
        .args(golden())
        .output()
        .expect(HOW);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{HOW}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said, expected());
}
