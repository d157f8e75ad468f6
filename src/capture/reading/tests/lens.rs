//! Its lens, and the camera file.

use super::*;
use scarp_geo::{Brown, Lens};

/// A Mavic 3E's calibration.
const DEWARP: &str = "d:DewarpData='2022-06-08;3713.29,3713.94,7.02,-8.72,-0.11257524,0.01487443,-0.00008572,0.0000001,-0.02706411'";

/// The camera of a picture of a Mavic 3E.
fn mavic_3e(properties: &str) -> Result<CameraModel, Untagged> {
    let metadata = metadata(&format!(
        "{ANGLES} d:CalibratedFocalLength='3725.15' d:CalibratedOpticalCenterX='2640' d:CalibratedOpticalCenterY='1978' {properties}"
    ));
    let reading = Reading::of(&metadata, (5280, 3956), &TagSettings::default());
    reading.camera.map(|camera| camera.value)
}

#[test]
fn a_picture_that_the_camera_has_not_straightened_is_read_by_its_lens() {
    let camera = mavic_3e(&format!("{DEWARP} d:DewarpFlag='0'")).unwrap();
    assert_eq!((camera.focal_px, camera.cx), (3713.29, 2647.02));
    assert!((camera.cy - 1969.28).abs() < 1e-9);
    assert!((camera.focal_ratio - 3713.94 / 3713.29).abs() < 1e-12);
    let k = [-0.112_575_24, 0.014_874_43, -0.027_064_11, 0.0, 0.0, 0.0];
    let lens = Brown::new(k, [-0.000_085_72, 0.000_000_1]).unwrap();
    assert_eq!(camera.lens, Lens::Brown(lens));
}

#[test]
fn a_picture_that_the_camera_has_straightened_is_not_straightened_again() {
    let camera = mavic_3e(&format!("{DEWARP} d:DewarpFlag='1'")).unwrap();
    assert_eq!((camera.focal_px, camera.cx), (3725.15, 2640.0));
    assert_eq!(camera.lens, Lens::Pinhole);
}

#[test]
fn a_calibration_that_is_none_or_used_nobody_knows_where_is_refused() {
    assert!(matches!(
        mavic_3e(DEWARP),
        Err(Untagged::DewarpUnclear { .. })
    ));
    let zeros = "d:DewarpData='2022-06-08;0,0,0,0,0,0,0,0,0' d:DewarpFlag='0'";
    assert_eq!(mavic_3e(zeros).unwrap().lens, Lens::Pinhole);
    for numbers in [
        "3713,3713,7,-8",
        "3713,x,7,-8,0,0,0,0,0",
        "3713,1856,7,-8,0,0,0,0,0",
        "3713,3713,7,-8,-2,0,0,0,0",
    ] {
        let bad = mavic_3e(&format!(
            "d:DewarpData='2022-06-08;{numbers}' d:DewarpFlag='0'"
        ));
        assert!(
            matches!(bad, Err(Untagged::BadLens { .. })),
            "{numbers}: {bad:?}"
        );
    }
}

/// The camera of a picture of this size, read by a camera file of 4000 by 3000 pixels.
fn by_camera_file(
    size: (u32, u32),
    properties: &str,
    zoom: Option<f64>,
) -> Result<CameraModel, Untagged> {
    let lens = Brown::new([-0.1, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0; 2]).unwrap();
    let settings = TagSettings {
        camera: Some(CameraModel {
            cx: 2010.0,
            cy: 1490.0,
            focal_sigma_px: 2.8,
            lens: Lens::Brown(lens),
            ..CameraModel::centred(4000, 3000, 2800.0)
        }),
        ..TagSettings::default()
    };
    let mut metadata = metadata(&format!("{ANGLES} {properties}"));
    metadata.exif.digital_zoom = zoom;
    Reading::of(&metadata, size, &settings)
        .camera
        .map(|camera| camera.value)
}

#[test]
fn a_camera_file_comes_before_what_the_photograph_tells_and_follows_its_size_and_zoom() {
    let whole = by_camera_file((4000, 3000), "d:CalibratedFocalLength='2700'", None).unwrap();
    assert_eq!(
        (whole.focal_px, whole.cx, whole.cy),
        (2800.0, 2010.0, 1490.0)
    );
    assert!((whole.focal_sigma_px - 2.8).abs() < 1e-9);
    let half = by_camera_file((2000, 1500), "", None).unwrap();
    assert_eq!((half.focal_px, half.cx, half.cy), (1400.0, 1005.0, 745.0));
    // The camera cuts 16:9 from the middle, 375 rows above and below.
    let flat = by_camera_file((4000, 2250), "", None).unwrap();
    assert_eq!((flat.focal_px, flat.cx, flat.cy), (2800.0, 2010.0, 1115.0));
    let zoomed = by_camera_file((4000, 3000), "", Some(2.0)).unwrap();
    assert_eq!(
        (zoomed.focal_px, zoomed.cx, zoomed.cy),
        (5600.0, 2020.0, 1480.0)
    );
}

#[test]
fn the_time_in_which_a_picture_is_read_out_is_an_error_of_the_exposures_time() {
    let settings = TagSettings {
        rolling_shutter_s: 0.03,
        ..TagSettings::default()
    };
    let metadata = metadata(&format!("{ANGLES} d:FlightXSpeed='10' d:FlightYSpeed='0'"));
    let tag = Reading::of(&metadata, (4000, 3000), &settings)
        .tag()
        .unwrap();
    // Spread evenly over 30 ms.
    assert!((tag.pose.covariance.sigma_time_s - 0.008_660_254).abs() < 1e-9);
    assert!(tag.pose.velocity.is_some());
}

#[test]
fn a_camera_file_that_is_not_that_of_the_photograph_is_refused() {
    let upright = by_camera_file((3000, 4000), "", None);
    assert!(matches!(upright, Err(Untagged::OtherCamera { .. })));
    let other = by_camera_file((4000, 3000), "d:CalibratedFocalLength='2000'", None);
    assert!(
        other.is_ok(),
        "the equivalent of 24 mm agrees with the file"
    );
    let straight = by_camera_file((4000, 3000), "d:DewarpFlag='1'", None);
    assert_eq!(straight, Err(Untagged::StraightenedTwice));
}
