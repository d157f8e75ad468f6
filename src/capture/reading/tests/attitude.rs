//! How the camera was turned.

use super::*;

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
