use super::*;
use rstest::rstest;
use scarp_geo::{Brown, Fisheye, Lens};

fn load(text: &str) -> Result<CameraModel, String> {
    let camera = camera_from_text("c.toml", text).map_err(|error| error.to_string())?;
    assert_eq!(camera.rolling_shutter_s, 0.0);
    Ok(camera.model)
}

const SIZE: &str = "width_px = 5280\nheight_px = 3956\n";

#[test]
fn a_file_of_size_and_focal_length_is_a_pinhole_camera() {
    let camera = load(&format!("{SIZE}focal_px = 3700")).unwrap();
    let pinhole = CameraModel::centred(5280, 3956, 3700.0);
    assert_eq!(
        camera,
        CameraModel {
            focal_sigma_px: 7.4,
            ..pinhole
        }
    );
}

#[test]
fn every_key_counts() {
    let text = format!(
        "{SIZE}focal_px = 3700\nfocal_y_px = 3711.1\nfocal_sigma_px = 3\nprincipal_point_px = [2647.0, 1969.3]\n\
         [brown]\nk1 = -0.11\nk2 = 0.01\nk3 = -0.02\nk4 = 0.001\nk5 = 0.002\nk6 = 0.003\np1 = 1e-4\np2 = 2e-4"
    );
    let camera = load(&text).unwrap();
    assert_eq!(
        (camera.cx, camera.cy, camera.focal_sigma_px),
        (2647.0, 1969.3, 3.0)
    );
    assert!((camera.focal_ratio - 1.003).abs() < 1e-12);
    let lens = Brown::new([-0.11, 0.01, -0.02, 0.001, 0.002, 0.003], [1e-4, 2e-4]).unwrap();
    assert_eq!(camera.lens, Lens::Brown(lens));
    let fisheye = load(&format!(
        "{SIZE}focal_px = 3000\n[fisheye]\nk1 = 0.1\nk4 = 0.01"
    ))
    .unwrap();
    let lens = Fisheye::new([0.1, 0.0, 0.0, 0.01]).unwrap();
    assert_eq!(fisheye.lens, Lens::Fisheye(lens));
}

#[test]
fn a_file_that_is_none_of_a_camera_gives_one_line_that_names_it() {
    for (keys, says) in [
        ("", "focal_px"),
        ("focal_px = 0", "focal_px"),
        ("focal_px = nan", "focal_px"),
        ("focal_px = 3700\nfocal_y_px = -1", "focal_y_px"),
        (
            "focal_px = 3700\nprincipal_point_px = [6000, 10]",
            "principal_point_px",
        ),
        ("focal_px = 3700\nfocal_mm = 8", "focal_mm"),
        ("focal_px = 3700\n[brown]\nk1 = inf", "coefficient"),
        ("focal_px = 3700\n[brown]\nk1 = -2", "folds"),
        ("focal_px = 3700\n[brown]\n[fisheye]", "both"),
        ("focal_px = 3700\n[brown]\nk9 = 1", "k9"),
    ] {
        let line = load(&format!("{SIZE}{keys}")).unwrap_err();
        assert!(
            line.starts_with("camera file c.toml") && line.contains(says),
            "{keys}: {line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let missing = load_camera(Path::new("/nowhere/c.toml")).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/c.toml"));
}

#[test]
fn the_time_in_which_a_picture_is_read_out_is_kept() {
    let camera = camera_from_text(
        "c",
        &format!("{SIZE}focal_px = 3700\nrolling_shutter_s = 0.03"),
    );
    assert_eq!(camera.unwrap().rolling_shutter_s, 0.03);
    let line = load(&format!("{SIZE}focal_px = 3700\nrolling_shutter_s = 33")).unwrap_err();
    assert!(line.contains("rolling_shutter_s"), "{line}");
}

/// OpenCV's, of its sample `calibration.cpp`.
const OPENCV: &str = "%YAML:1.0\n---\ncalibration_time: \"Sat\"\nimage_width: 4000\nimage_height: 3000\nflags: 0\n\
                      camera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [ 3.0e+03, 0., 2.01e+03, 0.,\n       3.003e+03, 1.49e+03, 0., 0., 1. ]\n\
                      distortion_coefficients: !!opencv-matrix\n   rows: 5\n   cols: 1\n   dt: d\n   data: [ -0.1, 0.01, 1e-4, 2e-4, -0.02 ]\n";
const OPENCV_JSON: &str = r#"{"image_width": 4000, "image_height": 3000,
    "camera_matrix": {"type_id": "opencv-matrix", "rows": 3, "cols": 3, "dt": "d", "data": [3000.0, 0.0, 2010.0, 0.0, 3003.0, 1490.0, 0.0, 0.0, 1.0]},
    "distortion_coefficients": {"type_id": "opencv-matrix", "rows": 5, "cols": 1, "dt": "d", "data": [-0.1, 0.01, 0.0001, 0.0002, -0.02]}}"#;
/// By numpy's lists, as the tutorials have it.
const LISTS: &str = "---\nimage_width: 4000\nimage_height: 3000\ncamera_matrix: [[3000.0, 0.0, 2010.0], [0.0, 3003.0, 1490.0], [0.0, 0.0, 1.0]]\n\
                     dist_coeff: [[-0.1, 0.01, 0.0001, 0.0002, -0.02]]\n";

#[rstest]
#[case(OPENCV)]
#[case(OPENCV_JSON)]
#[case(LISTS)]
fn opencvs_storage_is_read_as_yaml_and_as_json(#[case] text: &str) {
    let camera = load(text).unwrap();
    assert_eq!(
        (camera.width, camera.height, camera.focal_px),
        (4000, 3000, 3000.0)
    );
    // Its pixels have their centres where ours have their corners.
    assert_eq!((camera.cx, camera.cy), (2010.5, 1490.5));
    assert!((camera.focal_ratio - 1.001).abs() < 1e-12);
    let lens = Brown::new([-0.1, 0.01, -0.02, 0.0, 0.0, 0.0], [1e-4, 2e-4]).unwrap();
    assert_eq!(camera.lens, Lens::Brown(lens));
}

#[test]
fn a_fisheye_of_opencv_says_that_it_is_one() {
    let four = OPENCV.replace(
        "data: [ -0.1, 0.01, 1e-4, 2e-4, -0.02 ]",
        "data: [ 0.1, 0.01, 1e-4, 2e-4 ]",
    );
    let lens = Fisheye::new([0.1, 0.01, 1e-4, 2e-4]).unwrap();
    for flag in ["fisheye_model: 1\n", "distortion_model: equidistant\n"] {
        assert_eq!(
            load(&format!("{four}{flag}")).unwrap().lens,
            Lens::Fisheye(lens)
        );
    }
    assert!(matches!(load(&four).unwrap().lens, Lens::Brown(_)));
}

#[rstest]
#[case("image_width: 4000\n", "", "image_width")]
#[case("3.0e+03, 0.,", "3.0e+03, 2.,", "skewed")]
#[case("0., 0., 1. ]", "0., 0. ]", "camera_matrix")]
#[case("1e-4, 2e-4, -0.02", "1e-4", "3 distortion_coefficients")]
#[case("-0.02 ]", "-0.02, 0, 0, 0, 0.1, 0, 0, 0 ]", "thin prism")]
#[case("-0.02 ]", "x ]", "no numbers")]
#[case("flags: 0", "distortion_model: thin", "thin")]
#[case("flags: 0", "fisheye_model: 1", "a fisheye has 4")]
#[case("flags: 0", "a: &b 1", "anchor")]
#[case("camera_matrix: !!", "camera_matrix: [", "")]
#[case("-0.1, 0.01", "-2, 0.01", "folds")]
fn a_file_of_opencv_that_is_not_computed_says_why(
    #[case] of: &str,
    #[case] to: &str,
    #[case] says: &str,
) {
    let line = load(&OPENCV.replacen(of, to, 1)).unwrap_err();
    assert!(line.contains(says) && line.lines().count() == 1, "{line}");
}

/// One camera of OpenDroneMap's with these keys.
fn odm(keys: &str) -> Result<CameraModel, String> {
    load(&format!(
        "{{\"v2 dji fc300s 4000 3000 brown 0.75\": {{\"width\": 4000, \"height\": 3000, {keys}}}}}"
    ))
}

#[test]
fn opendronemaps_lengths_are_parts_of_the_longer_side_from_the_middle() {
    let camera = odm(
        r#""projection_type": "brown", "focal_x": 0.75, "focal_y": 0.7515, "c_x": 0.0025, "c_y": -0.001, "k1": -0.1, "k2": 0.01, "k3": -0.02, "p1": 0.0001, "p2": 0.0002"#,
    )
    .unwrap();
    assert_eq!(
        (camera.focal_px, camera.cx, camera.cy),
        (3000.0, 2010.0, 1496.0)
    );
    assert!((camera.focal_ratio - 1.002).abs() < 1e-12);
    let lens = Brown::new([-0.1, 0.01, -0.02, 0.0, 0.0, 0.0], [1e-4, 2e-4]).unwrap();
    assert_eq!(camera.lens, Lens::Brown(lens));
    let camera =
        odm(r#""projection_type": "perspective", "focal": 0.75, "k1": -0.1, "k2": 0.01"#).unwrap();
    assert_eq!(
        (camera.focal_px, camera.cx, camera.cy),
        (3000.0, 2000.0, 1500.0)
    );
    let camera =
        odm(r#""projection_type": "fisheye", "focal": 0.5, "k1": 0.1, "k2": 0.01"#).unwrap();
    let lens = Fisheye::new([0.1, 0.01, 0.0, 0.0]).unwrap();
    assert_eq!(camera.lens, Lens::Fisheye(lens));
}

#[rstest]
#[case(r#""projection_type": "spherical""#, "spherical")]
#[case(r#""projection_type": "fisheye624", "focal_x": 1"#, "fisheye624")]
#[case(r#""projection_type": "brown", "focal": 1"#, "focal_x")]
#[case(r#""projection_type": "perspective", "focal": "x""#, "focal")]
#[case(
    r#""projection_type": "perspective", "focal": 0.7}, "b": {"projection_type": "perspective""#,
    "2 cameras"
)]
fn a_camera_of_opendronemap_that_is_not_computed_says_why(#[case] keys: &str, #[case] says: &str) {
    let line = odm(keys).unwrap_err();
    assert!(line.contains(says) && line.lines().count() == 1, "{line}");
}

/// As Pix4Dmapper wrote it for a camera of 4608 by 3456 pixels.
const PIX4D: &str = "Pix4D camera calibration file 0\n#Focal Length mm assuming a sensor width of 17.49998592x13.12498944mm\nF 15.01175405\n\
                     #Principal Point mm\nPx 8.48210512\nPy 6.33434630\n#Symmetrical Lens Distortion Coeffs\nK1 0.03833474\nK2 -0.01750918\nK3 0.02049799\n\
                     #Tangential Lens Distortion Coeffs\nT1 0.00240852\nT2 0.00292562\n";

#[test]
fn pix4ds_millimetres_are_those_of_the_sensor() {
    let camera = load(PIX4D).unwrap();
    assert_eq!((camera.width, camera.height), (20_000, 15_000));
    let per_mm = 20_000.0 / 17.499_985_92;
    assert!((camera.focal_px - 15.011_754_05 * per_mm).abs() < 1e-6);
    assert!((camera.cx - 8.482_105_12 * per_mm).abs() < 1e-6);
    assert!((camera.cy - 6.334_346_30 * per_mm).abs() < 1e-3);
    let k = [0.038_334_74, -0.017_509_18, 0.020_497_99, 0.0, 0.0, 0.0];
    let lens = Brown::new(k, [0.002_408_52, 0.002_925_62]).unwrap();
    assert_eq!(camera.lens, Lens::Brown(lens));
}

#[rstest]
#[case("T2 0.00292562\n", "", "no T2")]
#[case("F 15.01175405", "F x", "F is no number")]
#[case("13.12498944mm", "13.12498944", "sensor width")]
#[case("T2", "Pix4D camera calibration file 1\nT2", "2 cameras")]
fn a_file_of_pix4d_that_is_none_says_why(#[case] of: &str, #[case] to: &str, #[case] says: &str) {
    let line = load(&PIX4D.replacen(of, to, 1)).unwrap_err();
    assert!(line.contains(says) && line.lines().count() == 1, "{line}");
}

#[test]
fn xml_is_refused_as_such() {
    let line = load("<?xml version=\"1.0\"?>\n<opencv_storage>").unwrap_err();
    assert!(line.contains("XML"), "{line}");
}
