mod attitude;
mod focal_length;
mod heights;
mod kind;
mod lens;
mod position;

use super::*;
use crate::exif::{Exif, ExifPosition, Gps};
use rstest::rstest;
use scarp_geo::{Latitude, Longitude};

const ANGLES: &str = "d:GimbalYawDegree='+45.0' d:GimbalPitchDegree='-90' d:GimbalRollDegree='0'";

fn at(latitude: f64, longitude: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude),
        Longitude::from_degrees(longitude),
    )
}

fn exif_at(latitude: f64, longitude: f64) -> ExifPosition {
    ExifPosition::At {
        place: at(latitude, longitude),
        step_deg: 1.0 / 360_000.0,
    }
}

/// DJI's properties and an EXIF block with a position and a focal length.
fn metadata(properties: &str) -> Metadata {
    let packet = format!(
        "<r:Description xmlns:d='http://www.dji.com/drone-dji/1.0/' d:RelativeAltitude='+39.80' {properties}/>"
    );
    Metadata {
        exif: Exif {
            gps: Gps {
                position: exif_at(46.84, -91.99),
                ..Gps::default()
            },
            focal_length_35mm: Some(24.0),
            ..Exif::default()
        },
        ..Metadata::from_xmp(packet.as_bytes())
    }
}

fn tagged(metadata: &Metadata) -> Result<Tag, Untagged> {
    Reading::of(metadata, (4000, 3000), &TagSettings::default()).tag()
}

/// The reason that a photograph with these properties is not placed.
fn reason(properties: &str) -> Untagged {
    tagged(&metadata(properties)).unwrap_err()
}

#[test]
fn a_complete_frame_is_tagged_and_each_value_names_its_tags() {
    let metadata = metadata(ANGLES);
    let tag = tagged(&metadata).unwrap();
    assert_eq!(tag.pose.altitude.takeoff.unwrap().metres(), 39.8);
    assert_eq!(tag.pose.attitude.yaw_deg, 45.0);
    assert_eq!(tag.pose.covariance, PoseCovariance::default());
    let reading = Reading::of(&metadata, (4000, 3000), &TagSettings::default());
    assert_eq!(reading.reasons().count(), 0);
    let position = reading.position.unwrap();
    assert_eq!(position.from, "EXIF GPSLatitude, GPSLongitude");
    let takeoff = reading.heights.unwrap().takeoff.unwrap();
    assert_eq!(takeoff.from, "XMP drone-dji:RelativeAltitude");
    let camera = reading.camera.unwrap();
    assert_eq!(camera.from, "EXIF FocalLengthIn35mmFilm");
}

#[test]
fn a_frame_that_lacks_several_things_tells_all_of_them() {
    let mut metadata = metadata("");
    metadata.exif.gps.position = ExifPosition::Missing;
    let reading = Reading::of(&metadata, (4000, 3000), &TagSettings::default());
    let reasons: Vec<_> = reading.reasons().cloned().collect();
    assert_eq!(reasons, [Untagged::NoPosition, Untagged::NoAttitude]);
}

#[rstest]
#[case("2024-05-01T10:00:00.250", 1_714_557_600_250)]
#[case("2024:05:01 10:00:00.250000", 1_714_557_600_250)]
fn the_time_is_that_of_the_shutter_where_the_camera_writes_it(#[case] told: &str, #[case] ms: i64) {
    let metadata = metadata(&format!("{ANGLES} d:UTCAtExposure='{told}'"));
    let time = tagged(&metadata).unwrap().pose.time.unwrap();
    assert_eq!(time.unix_ms(), Some(ms));
}

#[test]
fn a_torn_packet_is_named_and_not_taken_for_a_photograph_without_angles() {
    let torn = Metadata::from_xmp(b"<rdf:Description drone-dji:GimbalYawDegree='3'");
    let reading = Reading::of(&torn, (4000, 3000), &TagSettings::default());
    assert!(matches!(reading.tag(), Err(Untagged::BadXmp { .. })));
}

#[test]
fn the_reasons_are_one_line_each_and_say_what_to_do() {
    for reason in [
        Untagged::NoPosition,
        Untagged::NoFix,
        Untagged::NoAltitude,
        Untagged::NoFocalLength,
        Untagged::FixWithoutHeight,
    ] {
        let line = reason.to_string();
        assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
    }
}
