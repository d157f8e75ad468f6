//! Where it was taken.

use super::*;

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
