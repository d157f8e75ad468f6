use super::*;
use crate::LeftOut;
use crate::exif::{Exif, ExifAltitude, ExifPosition, Gps};
use rstest::rstest;
use scarp_geo::{Brown, HeightAboveEllipsoid, Latitude, Lens, Longitude, VerticalDatum};

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
#[case(ExifPosition::Missing, Untagged::NoPosition)]
#[case(exif_at(0.0, 0.0), Untagged::NoFix)]
#[case(exif_at(91.0, 0.0), Untagged::BadPosition { place: at(91.0, 0.0) })]
fn a_frame_without_a_usable_position_is_untagged(
    #[case] position: ExifPosition,
    #[case] reason: Untagged,
) {
    let mut metadata = metadata(ANGLES);
    metadata.exif.gps.position = position;
    assert_eq!(tagged(&metadata).unwrap_err(), reason);
}

#[test]
fn a_zero_fix_in_xmp_is_not_replaced_by_exifs() {
    let zero = format!("{ANGLES} d:GpsLatitude='0' d:GpsLongitude='0'");
    assert_eq!(reason(&zero), Untagged::NoFix);
}

#[test]
fn a_frame_on_the_equator_or_the_prime_meridian_is_tagged() {
    let mut metadata = metadata(ANGLES);
    metadata.exif.gps.position = exif_at(0.0, -78.5);
    assert!(tagged(&metadata).is_ok());
}

#[test]
fn two_positions_have_to_agree_within_their_errors() {
    let xmp =
        |latitude: f64| format!("{ANGLES} d:GpsLatitude='{latitude}' d:GpsLongitude='-91.99'");
    // 3.3 m of 1 m rounding, 3 sigma of 1.5 m and a step of a hundredth of a second.
    let near = tagged(&metadata(&xmp(46.840_03))).unwrap();
    assert_eq!(near.pose.place, at(46.840_03, -91.99));
    match reason(&xmp(46.841)) {
        Untagged::PositionsDiffer {
            apart_m,
            tolerance_m,
            ..
        } => {
            assert!((apart_m - 111.2).abs() < 0.2, "{apart_m}");
            assert!((tolerance_m - 5.8).abs() < 0.1, "{tolerance_m}");
        }
        other => panic!("{other}"),
    }
    // By RTK, 3.3 m are no rounding.
    let rtk = format!(
        "{} d:RtkFlag='50' d:RtkStdLat='0.02' d:RtkStdLon='0.02'",
        xmp(46.840_03)
    );
    assert!(matches!(reason(&rtk), Untagged::PositionsDiffer { .. }));
}

#[test]
fn a_receiver_that_warns_of_its_fix_is_believed() {
    let with = |gps: Gps| {
        let mut metadata = metadata(ANGLES);
        metadata.exif.gps = Gps {
            position: exif_at(46.84, -91.99),
            ..gps
        };
        tagged(&metadata)
    };
    let text = |text: &str| Some(text.to_owned());
    let status = |status| {
        with(Gps {
            status: text(status),
            ..Gps::default()
        })
    };
    assert!(status("A").is_ok());
    assert!(matches!(status("V"), Err(Untagged::VoidFix { .. })));
    let mode = |mode| {
        with(Gps {
            measure_mode: text(mode),
            ..Gps::default()
        })
    };
    assert!(mode("3").is_ok());
    assert_eq!(mode("2"), Err(Untagged::FixWithoutHeight));
    let datum = |datum| {
        with(Gps {
            map_datum: text(datum),
            ..Gps::default()
        })
    };
    assert!(datum("WGS-84").is_ok() && datum("WGS 84").is_ok());
    assert!(matches!(datum("TOKYO"), Err(Untagged::OtherDatum { .. })));
    let invalid = reason(&format!("{ANGLES} d:GpsStatus='Invalid'"));
    assert!(matches!(invalid, Untagged::VoidFix { .. }));
}

#[test]
fn without_altitude_or_with_one_over_an_unknown_datum_a_frame_is_untagged() {
    let mut metadata = metadata(ANGLES);
    let packet = format!("<r:Description xmlns:d='http://www.dji.com/drone-dji/1.0/' {ANGLES}/>");
    metadata.xmp = Metadata::from_xmp(packet.as_bytes()).xmp;
    assert_eq!(tagged(&metadata).unwrap_err(), Untagged::NoAltitude);
    metadata.exif.gps.altitude = ExifAltitude::SeaLevel;
    assert_eq!(tagged(&metadata).unwrap_err(), Untagged::UnknownDatum);
    metadata.exif.gps.altitude = ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(120.0));
    assert!(tagged(&metadata).is_ok());
}

#[rstest]
#[case::barometer("", Some(VerticalDatum::Egm96))]
#[case::barometer_by_name("d:AltitudeType='PressureAlt'", Some(VerticalDatum::Egm96))]
#[case::no_rtk("d:RtkFlag='0'", Some(VerticalDatum::Egm96))]
#[case::fixed("d:RtkFlag='50'", Some(VerticalDatum::Ellipsoid))]
#[case::float("d:RtkFlag='34'", Some(VerticalDatum::Ellipsoid))]
#[case::fixed_by_name(
    "d:RtkFlag='50' d:AltitudeType='RtkAlt'",
    Some(VerticalDatum::Ellipsoid)
)]
#[case::by_name_alone("d:AltitudeType='RtkAlt'", Some(VerticalDatum::Ellipsoid))]
#[case::single_point_by_name(
    "d:RtkFlag='16' d:AltitudeType='RtkAlt'",
    Some(VerticalDatum::Ellipsoid)
)]
#[case::single_point("d:RtkFlag='16'", None)]
#[case::fused("d:AltitudeType='GpsFusionAlt'", None)]
#[case::barometer_beside_rtk("d:RtkFlag='50' d:AltitudeType='PressureAlt'", None)]
fn an_absolute_altitude_counts_over_the_datum_that_the_camera_tells_or_not_at_all(
    #[case] told: &str,
    #[case] expected: Option<VerticalDatum>,
) {
    let metadata = metadata(&format!("{ANGLES} d:AbsoluteAltitude='+198.3' {told}"));
    let altitude = tagged(&metadata).unwrap().pose.altitude;
    for datum in [VerticalDatum::Ellipsoid, VerticalDatum::Egm96] {
        let height = altitude.over(datum).map(|height| height.metres());
        assert_eq!(
            height,
            (Some(datum) == expected).then_some(198.3),
            "{datum}"
        );
    }
    let reading = Reading::of(&metadata, (4000, 3000), &TagSettings::default());
    assert_eq!(
        reading.heights.unwrap().unused.is_some(),
        expected.is_none()
    );
}

#[test]
fn the_sigmas_are_the_receivers_with_rtk() {
    let rtk = format!("{ANGLES} d:RtkFlag='50' d:RtkStdLat='0.02' d:RtkStdHgt='0.04'");
    let sigma = tagged(&metadata(&rtk)).unwrap().pose.covariance;
    assert_eq!((sigma.sigma_north_m, sigma.sigma_up_m), (0.02, 0.04));
    assert_eq!(sigma.sigma_east_m, 1.5);
    let without = format!("{ANGLES} d:RtkFlag='0' d:RtkStdLat='0.02'");
    let sigma = tagged(&metadata(&without)).unwrap().pose.covariance;
    assert_eq!(sigma.sigma_north_m, 1.5);
}

#[test]
fn a_frame_without_angles_is_untagged_unless_it_is_stated_to_look_down() {
    let nadir = TagSettings {
        assume_nadir: true,
        ..TagSettings::default()
    };
    let looking_down = |metadata: &Metadata| Reading::of(metadata, (4000, 3000), &nadir).tag();
    let without = metadata("");
    assert_eq!(tagged(&without).unwrap_err(), Untagged::NoAttitude);
    assert_eq!(looking_down(&without).unwrap_err(), Untagged::NoHeading);
    let heading = metadata("d:FlightYawDegree='30'");
    let attitude = looking_down(&heading).unwrap().pose.attitude;
    assert!((attitude.pitch_deg + 90.0).abs() < 1e-9);
    match reason("d:GimbalYawDegree='+45.0' d:GimbalPitchDegree='-90'") {
        Untagged::MissingAngle { tag } => assert_eq!(tag, "XMP drone-dji:GimbalRollDegree"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_gimbal_that_flips_both_angles_is_followed_and_one_that_flips_one_is_refused() {
    let angles = |yaw: f64, roll: f64, flight: f64| {
        metadata(&format!(
            "d:GimbalYawDegree='{yaw}' d:GimbalPitchDegree='-90' d:GimbalRollDegree='{roll}' d:FlightYawDegree='{flight}'"
        ))
    };
    let plain = tagged(&angles(45.0, 0.0, 46.0)).unwrap();
    let both = tagged(&angles(-135.0, 180.0, 46.0)).unwrap();
    let apart = plain.pose.attitude.rotation().matrix() - both.pose.attitude.rotation().matrix();
    assert!(apart.norm() < 1e-9, "{apart}");
    for (yaw, roll) in [(-135.0, 0.0), (45.0, 180.0)] {
        let flipped = tagged(&angles(yaw, roll, 46.0)).unwrap_err();
        assert!(
            matches!(flipped, Untagged::GimbalFlipped { .. }),
            "{flipped}"
        );
    }
}

#[test]
fn a_picture_that_is_to_be_turned_upright_was_taken_by_a_camera_turned_the_other_way() {
    let turned = |orientation| {
        let mut metadata = metadata(ANGLES);
        metadata.exif.orientation = Some(orientation);
        tagged(&metadata)
    };
    // The camera looks down, the top of the upright picture north-east. By orientation 6 the stored picture's top is the upright one's
    // right side (EXIF 2.32, 4.6.4 A), which is south-east.
    for (orientation, top_deg) in [(1, 45.0), (3, 225.0), (6, 135.0), (8, 315.0)] {
        let rotation = turned(orientation).unwrap().pose.attitude.rotation();
        let up = -rotation.matrix().column(2);
        let found = up[1].atan2(up[0]).to_degrees().rem_euclid(360.0);
        assert!((found - top_deg).abs() < 1e-9, "{orientation}: {found}");
    }
    assert!(matches!(
        turned(2),
        Err(Untagged::Mirrored { orientation: 2 })
    ));
    let mut rolled =
        metadata("d:GimbalYawDegree='45' d:GimbalPitchDegree='-60' d:GimbalRollDegree='90'");
    assert!(tagged(&rolled).is_ok());
    rolled.exif.orientation = Some(6);
    assert!(matches!(tagged(&rolled), Err(Untagged::TurnedTwice { .. })));
}

#[rstest]
#[case::panorama(
    "xmlns:g='http://ns.google.com/photos/1.0/panorama/' g:ProjectionType='equirectangular'",
    "GPano:ProjectionType"
)]
#[case::infrared("d:ImageSource='InfraredCamera'", "InfraredCamera")]
#[case::zoom("d:ImageSource='ZoomCamera'", "ZoomCamera")]
#[case::band("Camera:BandName='NIR'", "NIR")]
fn a_picture_that_is_no_view_in_visible_light_is_left_out(#[case] told: &str, #[case] names: &str) {
    let metadata = metadata(&format!("{ANGLES} {told}"));
    let reading = Reading::of(&metadata, (4000, 3000), &TagSettings::default());
    let left_out = reading.tag().unwrap_err();
    assert!(matches!(left_out, Untagged::LeftOut(_)), "{left_out}");
    assert!(left_out.to_string().contains(names), "{left_out}");
    assert_eq!(reading.reasons().count(), 1);
}

#[test]
fn a_picture_of_the_size_of_a_thermal_sensor_is_one_unless_its_camera_is_named() {
    let small = |properties: &str| {
        let mut metadata = metadata(&format!("{ANGLES} {properties}"));
        metadata.exif.make = Some("DJI".to_owned());
        Reading::of(&metadata, (640, 512), &TagSettings::default()).tag()
    };
    let thermal = small("").unwrap_err();
    assert!(matches!(
        thermal,
        Untagged::LeftOut(LeftOut::Thermal { .. })
    ));
    assert!(small("d:ImageSource='WideCamera'").is_ok());
}

/// The focal length of a picture of 4000 by 3000 pixels.
fn focal(metadata: &Metadata) -> Result<f64, Untagged> {
    tagged(metadata).map(|tag| tag.camera.focal_px)
}

#[test]
fn the_focal_length_comes_from_the_best_source_there_is() {
    let mut m = metadata(ANGLES);
    assert!((focal(&m).unwrap() - 24.0 / 43.2666 * 5000.0).abs() < 0.1);
    (m.exif.focal_length_mm, m.exif.pixels_per_mm) = (Some(8.8), Some(310.0));
    assert!((focal(&m).unwrap() - 2728.0).abs() < 1e-9);
    m.xmp = metadata(&format!("{ANGLES} d:CalibratedFocalLength='2790.5'")).xmp;
    assert!((focal(&m).unwrap() - 2790.5).abs() < 1e-9);
    m = metadata(ANGLES);
    m.exif.focal_length_35mm = None;
    assert_eq!(focal(&m), Err(Untagged::NoFocalLength));
    m.exif.focal_length_35mm = Some(1.0);
    assert!(matches!(focal(&m), Err(Untagged::BadFocalLength { .. })));
}

#[test]
fn a_picture_made_smaller_is_followed_where_exif_has_its_first_size() {
    let mut m = metadata(&format!(
        "{ANGLES} d:CalibratedFocalLength='5600' d:CalibratedOpticalCenterX='4020' d:CalibratedOpticalCenterY='3000'"
    ));
    m.exif.recorded_size = Some((8000.0, 6000.0));
    let camera = tagged(&m).unwrap().camera;
    assert_eq!(
        (camera.focal_px, camera.cx, camera.cy),
        (2800.0, 2010.0, 1500.0)
    );
    // One pixel of rounding, but not of cropping.
    m.exif.recorded_size = Some((8001.0, 6000.0));
    assert!(tagged(&m).is_ok());
    m.exif.recorded_size = Some((8000.0, 6100.0));
    assert!(matches!(focal(&m), Err(Untagged::Cropped { .. })));
    m.exif.recorded_size = Some((6000.0, 8000.0));
    assert!(matches!(focal(&m), Err(Untagged::TurnedSince { .. })));
}

#[test]
fn a_picture_made_smaller_or_cropped_without_a_trace_in_its_size_shows_in_its_focal_lengths() {
    let mut m = metadata(&format!("{ANGLES} d:CalibratedFocalLength='5600'"));
    match focal(&m).unwrap_err() {
        Untagged::FocalLengthsDiffer {
            first_px,
            second_px,
            ..
        } => {
            assert_eq!((first_px, second_px.round()), (5600.0, 2774.0));
        }
        other => panic!("{other}"),
    }
    m = metadata(ANGLES);
    (m.exif.focal_length_mm, m.exif.pixels_per_mm) = (Some(8.8), Some(630.0));
    assert!(matches!(
        focal(&m),
        Err(Untagged::FocalLengthsDiffer { .. })
    ));
    // The 35 mm equivalent tells which of two others is the camera's.
    m.xmp = metadata(&format!("{ANGLES} d:CalibratedFocalLength='2790.5'")).xmp;
    assert_eq!(focal(&m), Ok(2790.5));
    m.exif.focal_length_35mm = None;
    assert!(matches!(
        focal(&m),
        Err(Untagged::FocalLengthsDiffer { .. })
    ));
}

/// 24 mm of a one-inch sensor, 5472 by 3648 pixels: 3651 pixels, whatever is cut from it.
#[rstest]
#[case::whole((5472, 3648), 8.8, 3648.2)]
#[case::narrower((4864, 3648), 8.8, 3648.2)]
#[case::flatter((5472, 3078), 8.8, 3648.2)]
// A sensor of 4:3, 4000 by 3000 pixels.
#[case::four_thirds((4000, 3000), 4.5, 2773.5)]
#[case::four_thirds_flatter((4000, 2250), 4.5, 2773.5)]
#[case::four_thirds_cut_to_3_2((4000, 2667), 4.5, 2773.5)]
fn the_shape_of_the_sensor_is_told_by_its_diagonal(
    #[case] size: (u32, u32),
    #[case] focal_mm: f64,
    #[case] expected_px: f64,
) {
    let mut m = metadata(ANGLES);
    m.exif.focal_length_mm = Some(focal_mm);
    let camera = Reading::of(&m, size, &TagSettings::default())
        .tag()
        .unwrap()
        .camera;
    assert!(
        (camera.focal_px - expected_px).abs() < 0.5,
        "{}",
        camera.focal_px
    );
    // The picture held upright.
    let camera = Reading::of(&m, (size.1, size.0), &TagSettings::default())
        .tag()
        .unwrap()
        .camera;
    assert!(
        (camera.focal_px - expected_px).abs() < 0.5,
        "{}",
        camera.focal_px
    );
}

#[test]
fn a_digital_zoom_enlarges_what_is_calibrated_and_leaves_an_equivalent_unclear() {
    let mut m = metadata(&format!(
        "{ANGLES} d:CalibratedFocalLength='2800' d:CalibratedOpticalCenterX='2010'"
    ));
    m.exif.digital_zoom = Some(4.0);
    // Whether the 35 mm equivalent counts the zoom or not.
    for equivalent in [24.0, 96.0] {
        m.exif.focal_length_35mm = Some(equivalent);
        let camera = tagged(&m).unwrap().camera;
        assert_eq!((camera.focal_px, camera.cx), (11_200.0, 2040.0));
    }
    let mut m = metadata(ANGLES);
    m.exif.digital_zoom = Some(4.0);
    assert_eq!(focal(&m), Err(Untagged::ZoomUnclear { zoom: 4.0 }));
    m.exif.digital_zoom = Some(0.5);
    assert_eq!(focal(&m), Err(Untagged::BadZoom { zoom: 0.5 }));
}

#[test]
fn the_principal_point_is_the_calibrated_one_unless_it_cannot_be_true() {
    let near = metadata(&format!(
        "{ANGLES} d:CalibratedOpticalCenterX='2010' d:CalibratedOpticalCenterY='1490'"
    ));
    let camera = tagged(&near).unwrap().camera;
    assert_eq!((camera.cx, camera.cy), (2010.0, 1490.0));
    let far = reason(&format!("{ANGLES} d:CalibratedOpticalCenterX='900'"));
    assert_eq!(far, Untagged::BadPrincipalPoint { at: 900.0 });
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
    assert_eq!(mavic_3e(DEWARP), Err(Untagged::DewarpUnclear));
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
