//! Its focal length and principal point.

use super::*;

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
