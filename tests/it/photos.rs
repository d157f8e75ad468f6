//! `scarp photos`: what a pilot and a program are told of photographs.

use std::process::{Command, Output};

use serde_json::Value;

use super::replay::{Flight, photograph, tagged, with_xmp};

/// A folder with a photograph of every outcome.
fn flight() -> Flight {
    let complete = "drone-dji:UTCAtExposure='2024-05-01T10:00:21.250' drone-dji:RelativeAltitude='+100.00' \
         drone-dji:AbsoluteAltitude='+700.5' drone-dji:AltitudeType='GpsFusionAlt' drone-dji:GpsLatitude='31.0' \
         drone-dji:GpsLongitude='103.5' drone-dji:GimbalYawDegree='+31.00' drone-dji:GimbalPitchDegree='-60.00' \
         drone-dji:GimbalRollDegree='+0.00' drone-dji:CalibratedFocalLength='500.0'";
    Flight::with(&[
        ("a.jpg", with_xmp(complete)),
        ("b.jpg", with_xmp(complete)),
        ("c.jpg", tagged((31.001, 103.5))),
        ("d.jpg", photograph()),
        ("e.jpg", b"not a picture".to_vec()),
        ("f.jpg", with_xmp("drone-dji:ImageSource='InfraredCamera'")),
    ])
}

fn photos(flight: &Flight, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp"));
    let folder = flight.path("photos");
    command
        .arg("photos")
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

/// Standard output with the folder's name in place of its path.
fn said(flight: &Flight, output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.replace(flight.path("photos").to_str().unwrap(), "photos")
}

#[test]
fn the_table_has_a_line_for_each_photograph_the_reasons_and_where_the_values_come_from() {
    let flight = flight();
    let output = photos(&flight, &[]);
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!("photos", said(&flight, &output));
}

#[test]
fn the_json_has_every_value_with_its_tags_and_what_is_missing() {
    let flight = flight();
    let output = photos(&flight, &["--json"]);
    assert_eq!(output.status.code(), Some(3));
    let listing: Value = serde_json::from_str(&said(&flight, &output)).unwrap();
    let outcomes: Vec<&str> = listing["photographs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|photograph| photograph["outcome"].as_str().unwrap())
        .collect();
    let expected = [
        "searched",
        "left_out",
        "searched",
        "untagged",
        "unreadable",
        "left_out",
    ];
    assert_eq!(outcomes, expected);
    insta::assert_json_snapshot!("json-photos", listing);
}

#[test]
fn good_photographs_are_status_0_and_a_camera_file_is_used() {
    let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    let file = flight.path("camera.toml");
    std::fs::write(
        &file,
        "width_px = 480\nheight_px = 320\nfocal_px = 990\n[brown]\nk1 = -0.1\n",
    )
    .unwrap();
    let output = photos(&flight, &["--json", "--camera", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let camera = &listing["photographs"][0]["camera"];
    assert_eq!(
        (&camera["focal_px"], &camera["lens"]),
        (&495.0.into(), &"brown".into())
    );
    assert_eq!(camera["from"], "the camera file");
}
