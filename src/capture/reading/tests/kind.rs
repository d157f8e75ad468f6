//! What kind of picture it is.

use super::*;
use crate::LeftOut;

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
