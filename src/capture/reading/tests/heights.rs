//! How high it was taken.

use super::*;
use crate::exif::ExifAltitude;
use scarp_geo::{HeightAboveEllipsoid, VerticalDatum};

#[test]
fn without_altitude_or_with_one_over_an_unknown_datum_a_frame_is_untagged() {
    let mut metadata = metadata(ANGLES);
    let packet = format!("<r:Description xmlns:d='http://www.dji.com/drone-dji/1.0/' {ANGLES}/>");
    metadata.xmp = Metadata::from_xmp(packet.as_bytes()).xmp;
    assert_eq!(tagged(&metadata).unwrap_err(), Untagged::NoAltitude);
    metadata.exif.gps.altitude = ExifAltitude::SeaLevel(120.0);
    let unclear = tagged(&metadata).unwrap_err();
    assert!(
        matches!(unclear, Untagged::DatumUnclear { .. }),
        "{unclear}"
    );
    assert!(unclear.to_string().contains("--photo-datum"), "{unclear}");
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

/// A photograph with angles and these properties, and no height above take-off.
fn without_takeoff(properties: &str, altitude: ExifAltitude) -> Metadata {
    let mut metadata = metadata("");
    let packet = format!(
        "<r:Description xmlns:d='http://www.dji.com/drone-dji/1.0/' {ANGLES} {properties}/>"
    );
    metadata.xmp = Metadata::from_xmp(packet.as_bytes()).xmp;
    metadata.exif.gps.altitude = altitude;
    metadata
}

#[rstest]
#[case::exif("", ExifAltitude::SeaLevel(209.3))]
#[case::a_mavic_3e_without_rtk(
    "d:AbsoluteAltitude='209.3' d:AltitudeType='GpsFusionAlt'",
    ExifAltitude::SeaLevel(150.0)
)]
#[case::skydio("drone-skydio:AbsoluteAltitude='209.3'", ExifAltitude::Missing)]
fn a_height_whose_datum_is_not_told_counts_over_the_one_that_is_stated(
    #[case] properties: &str,
    #[case] altitude: ExifAltitude,
) {
    let metadata = without_takeoff(properties, altitude);
    let unstated = tagged(&metadata).unwrap_err().to_string();
    assert!(
        unstated.contains("209.3") && unstated.contains("--photo-datum"),
        "{unstated}"
    );
    let stated = TagSettings {
        photo_datum: Some(VerticalDatum::Ellipsoid),
        ..TagSettings::default()
    };
    let tag = Reading::of(&metadata, (4000, 3000), &stated).tag().unwrap();
    assert_eq!(tag.pose.altitude.ellipsoid.unwrap().metres(), 209.3);
}

#[test]
fn a_datum_that_is_told_is_not_replaced_by_the_stated_one() {
    let stated = TagSettings {
        photo_datum: Some(VerticalDatum::Egm2008),
        ..TagSettings::default()
    };
    let metadata = without_takeoff("d:AbsoluteAltitude='209.3'", ExifAltitude::SeaLevel(209.3));
    let tag = Reading::of(&metadata, (4000, 3000), &stated).tag().unwrap();
    assert_eq!(tag.pose.altitude.egm96.unwrap().metres(), 209.3);
    assert_eq!(tag.pose.altitude.egm2008, None);
}

#[test]
fn a_height_above_take_off_is_stated_of_photographs_that_tell_none() {
    let stated = TagSettings {
        height_above_takeoff_m: Some(80.0),
        ..TagSettings::default()
    };
    let takeoff = |metadata: &Metadata| {
        let tag = Reading::of(metadata, (4000, 3000), &stated).tag().unwrap();
        tag.pose.altitude.takeoff.map(|height| height.metres())
    };
    let gps_alone = without_takeoff("", ExifAltitude::SeaLevel(209.3));
    assert_eq!(takeoff(&gps_alone), Some(80.0));
    assert_eq!(takeoff(&metadata(ANGLES)), Some(39.8));
    let above_ground = without_takeoff("Camera:AboveGroundAltitude='70'", ExifAltitude::Missing);
    assert_eq!(takeoff(&above_ground), None);
}

#[test]
fn pix4ds_height_above_the_ground_is_none_above_take_off() {
    let metadata = without_takeoff("Camera:AboveGroundAltitude='70'", ExifAltitude::Missing);
    let altitude = tagged(&metadata).unwrap().pose.altitude;
    assert_eq!(
        (altitude.takeoff, altitude.above_flat_ground_m()),
        (None, Some(70.0))
    );
}
