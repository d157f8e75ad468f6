//! Where a photograph was taken, from its metadata; or why that cannot be told.

use scarp_geo::{
    Altitudes, Attitude, CameraModel, GnssTime, GroundVelocity, HeightAboveEllipsoid,
    HeightAboveTakeoff, HeightEgm96, Latitude, Longitude, Pose, PoseCovariance, Timestamp, Wgs84,
};

use super::{
    camera_model,
    civil::civil_ms,
    exif::{ExifAltitude, civil_date},
    metadata::Metadata,
    untagged_reason::Untagged,
};

/// Pose and camera of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Position, heights, attitude, their errors, velocity and time.
    pub pose: Pose,
    /// The camera.
    pub camera: CameraModel,
}

/// What to assume where metadata say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TagSettings {
    /// Errors of a pose whose metadata give none.
    pub covariance: PoseCovariance,
    /// Take cameras without attitude for looking straight down, if their heading is known.
    pub assume_nadir: bool,
}

impl Tag {
    /// Places a photograph of `width` by `height` pixels.
    ///
    /// # Errors
    /// Why its metadata do not place it.
    pub fn from_metadata(
        metadata: &Metadata,
        width: u32,
        height: u32,
        settings: &TagSettings,
    ) -> Result<Self, Untagged> {
        Ok(Self {
            pose: Pose {
                place: place(metadata)?,
                altitude: altitude(metadata)?,
                attitude: attitude(metadata, settings.assume_nadir)?,
                covariance: covariance(metadata, settings.covariance),
                velocity: velocity(metadata),
                time: time(metadata),
            },
            camera: camera_model::model(metadata, width, height)?,
        })
    }
}

/// The makers' own properties come before EXIF's, which some write with less resolution.
fn place(metadata: &Metadata) -> Result<Wgs84, Untagged> {
    let xmp = &metadata.xmp;
    let degrees = |latitude: Option<f64>, longitude: Option<f64>| {
        let latitude = latitude.map(Latitude::from_degrees);
        let longitude = longitude.map(Longitude::from_degrees);
        Some(Wgs84::new(latitude?, longitude?))
    };
    // DJI misspelt the longitude for years.
    let dji_longitude = xmp.dji("GpsLongitude").or_else(|| xmp.dji("GpsLongtitude"));
    let place = degrees(xmp.dji("GpsLatitude"), dji_longitude)
        .or_else(|| degrees(xmp.sensefly("Latitude"), xmp.sensefly("Longitude")))
        .or(metadata.exif.place)
        .ok_or(Untagged::NoPosition)?;
    if place == Wgs84::ZERO {
        return Err(Untagged::NoFix);
    }
    if !place.is_on_earth() {
        return Err(Untagged::BadPosition { place });
    }
    Ok(place)
}

fn altitude(metadata: &Metadata) -> Result<Altitudes, Untagged> {
    let xmp = &metadata.xmp;
    let mut altitude = Altitudes {
        takeoff: xmp
            .dji("RelativeAltitude")
            .or_else(|| xmp.sensefly("Height"))
            .map(HeightAboveTakeoff::new),
        ellipsoid: xmp.sensefly("AltitudeWGS84").map(HeightAboveEllipsoid::new),
        egm96: xmp.sensefly("AltitudeAMSL").map(HeightEgm96::new),
        egm2008: None,
    };
    // DJI's absolute altitude is over EGM96, but with RTK it is the receiver's ellipsoidal height.
    if let Some(metres) = xmp.dji("AbsoluteAltitude") {
        if by_rtk(metadata) {
            altitude.ellipsoid = Some(HeightAboveEllipsoid::new(metres));
        } else {
            altitude.egm96 = Some(HeightEgm96::new(metres));
        }
    }
    if let ExifAltitude::Ellipsoid(height) = metadata.exif.altitude {
        altitude.ellipsoid.get_or_insert(height);
    }
    match metadata.exif.altitude {
        _ if !altitude.are_plausible() => Err(Untagged::BadAltitude),
        _ if !altitude.is_empty() => Ok(altitude),
        ExifAltitude::SeaLevel => Err(Untagged::UnknownDatum),
        _ => Err(Untagged::NoAltitude),
    }
}

fn by_rtk(metadata: &Metadata) -> bool {
    metadata.xmp.dji("RtkFlag").is_some_and(|flag| flag != 0.0)
        || metadata.xmp.dji_text("AltitudeType") == Some("RtkAlt")
}

fn attitude(metadata: &Metadata, assume_nadir: bool) -> Result<Attitude, Untagged> {
    let xmp = &metadata.xmp;
    let angles = |get: &dyn Fn(&str) -> Option<f64>, names: [&str; 3]| {
        let [yaw, pitch, roll] = names.map(get);
        yaw.zip(pitch)
            .zip(roll)
            .map(|((yaw, pitch), roll)| (yaw, pitch, roll))
    };
    let gimbal = ["GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"];
    if let Some((yaw_deg, pitch_deg, roll_deg)) = angles(&|name| xmp.dji(name), gimbal) {
        return Ok(Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        });
    }
    // senseFly's angles are the wing's; its camera is fixed in it, looking down, the top of the picture forward.
    let wing = ["Heading", "PitchAngle", "RollAngle"];
    if let Some((heading, pitch, roll)) = angles(&|name| xmp.sensefly(name), wing) {
        return Ok(Attitude::down_looking(heading, pitch, roll));
    }
    if !assume_nadir {
        return Err(Untagged::NoAttitude);
    }
    let heading = xmp.dji("FlightYawDegree").or(metadata.exif.heading_deg);
    Ok(Attitude::down_looking(
        heading.ok_or(Untagged::NoHeading)?,
        0.0,
        0.0,
    ))
}

/// RTK receivers write their own standard deviations; everything else is assumed.
fn covariance(metadata: &Metadata, assumed: PoseCovariance) -> PoseCovariance {
    if !by_rtk(metadata) {
        return assumed;
    }
    let sigma = |name, assumed| {
        metadata
            .xmp
            .dji(name)
            .filter(|s| *s > 0.0)
            .unwrap_or(assumed)
    };
    PoseCovariance {
        sigma_north_m: sigma("RtkStdLat", assumed.sigma_north_m),
        sigma_east_m: sigma("RtkStdLon", assumed.sigma_east_m),
        sigma_up_m: sigma("RtkStdHgt", assumed.sigma_up_m),
        ..assumed
    }
}

/// DJI's flight speeds are to the north (x) and east (y).
fn velocity(metadata: &Metadata) -> Option<GroundVelocity> {
    let (north_m_s, east_m_s) = metadata
        .xmp
        .dji("FlightXSpeed")
        .zip(metadata.xmp.dji("FlightYSpeed"))?;
    Some(GroundVelocity {
        north_m_s,
        east_m_s,
    })
}

fn time(metadata: &Metadata) -> Option<Timestamp> {
    let sensefly = metadata.xmp.sensefly_text("UTCTime").and_then(utc);
    let exif = &metadata.exif;
    sensefly
        .or(exif.gnss_time)
        .map(Timestamp::Gnss)
        .or_else(|| exif.camera_time.map(Timestamp::Camera))
}

/// `2013-06-04T17:42:06`, as senseFly writes the autopilot's GNSS time.
fn utc(text: &str) -> Option<GnssTime> {
    let (date, time) = text.trim_end_matches('Z').split_once('T')?;
    let mut parts = time.split(':');
    let time = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    civil_ms(civil_date(date)?, time).map(GnssTime::from_unix_ms)
}

#[cfg(test)]
mod tests {
    use super::super::{exif::Exif, xmp::Xmp};
    use super::*;
    use rstest::rstest;
    use scarp_geo::VerticalDatum;

    fn xmp(properties: &str) -> Xmp {
        let packet = format!(
            "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description \
             xmlns:d='http://www.dji.com/drone-dji/1.0/' {properties}/></r:RDF>"
        );
        Xmp::read(packet.as_bytes()).unwrap()
    }

    const ANGLES: &str =
        "d:GimbalYawDegree='+45.0' d:GimbalPitchDegree='-90' d:GimbalRollDegree='0'";

    fn at(latitude: f64, longitude: f64) -> Wgs84 {
        Wgs84::new(
            Latitude::from_degrees(latitude),
            Longitude::from_degrees(longitude),
        )
    }

    fn metadata(properties: &str) -> Metadata {
        Metadata {
            exif: Exif {
                place: Some(at(46.84, -91.99)),
                focal_length_35mm: Some(24.0),
                ..Exif::default()
            },
            xmp: xmp(&format!("d:RelativeAltitude='+39.80' {properties}")),
        }
    }

    fn tagged(metadata: &Metadata) -> Result<Tag, Untagged> {
        Tag::from_metadata(metadata, 4000, 3000, &TagSettings::default())
    }

    #[test]
    fn a_complete_frame_is_tagged() {
        let tag = tagged(&metadata(ANGLES)).unwrap();
        assert_eq!(tag.pose.altitude.takeoff.unwrap().metres(), 39.8);
        assert_eq!(tag.pose.attitude.yaw_deg, 45.0);
        assert_eq!(tag.pose.covariance, PoseCovariance::default());
    }

    #[rstest]
    #[case(None, Untagged::NoPosition)]
    #[case(Some(at(0.0, 0.0)), Untagged::NoFix)]
    #[case(Some(at(91.0, 0.0)), Untagged::BadPosition { place: at(91.0, 0.0) })]
    fn a_frame_without_a_usable_position_is_untagged(
        #[case] place: Option<Wgs84>,
        #[case] reason: Untagged,
    ) {
        let mut metadata = metadata(ANGLES);
        metadata.exif.place = place;
        assert_eq!(tagged(&metadata).unwrap_err(), reason);
    }

    #[test]
    fn a_zero_fix_in_xmp_is_not_replaced_by_exifs() {
        let metadata = metadata(&format!("{ANGLES} d:GpsLatitude='0' d:GpsLongitude='0'"));
        assert_eq!(tagged(&metadata).unwrap_err(), Untagged::NoFix);
    }

    #[test]
    fn a_frame_on_the_equator_or_the_prime_meridian_is_tagged() {
        let mut metadata = metadata(ANGLES);
        metadata.exif.place = Some(at(0.0, -78.5));
        assert!(tagged(&metadata).is_ok());
    }

    #[test]
    fn without_altitude_or_with_one_over_an_unknown_datum_a_frame_is_untagged() {
        let mut metadata = metadata(ANGLES);
        metadata.xmp = xmp(ANGLES);
        assert_eq!(tagged(&metadata).unwrap_err(), Untagged::NoAltitude);
        metadata.exif.altitude = ExifAltitude::SeaLevel;
        assert_eq!(tagged(&metadata).unwrap_err(), Untagged::UnknownDatum);
        metadata.exif.altitude = ExifAltitude::Ellipsoid(HeightAboveEllipsoid::new(120.0));
        assert!(tagged(&metadata).is_ok());
    }

    #[test]
    fn an_absolute_altitude_is_over_egm96_unless_rtk_measured_it() {
        let plain = tagged(&metadata(&format!("{ANGLES} d:AbsoluteAltitude='+198.3'"))).unwrap();
        assert!(plain.pose.altitude.over(VerticalDatum::Egm96).is_some());
        assert!(plain.pose.altitude.over(VerticalDatum::Ellipsoid).is_none());
        let rtk = format!("{ANGLES} d:AbsoluteAltitude='+198.3' d:RtkFlag='50' d:RtkStdLat='0.02'");
        let rtk = tagged(&metadata(&rtk)).unwrap();
        assert!(rtk.pose.altitude.over(VerticalDatum::Egm96).is_none());
        assert!(rtk.pose.altitude.over(VerticalDatum::Ellipsoid).is_some());
        assert_eq!(rtk.pose.covariance.sigma_north_m, 0.02);
        assert_eq!(rtk.pose.covariance.sigma_east_m, 1.5);
    }

    #[test]
    fn a_frame_without_angles_is_untagged_unless_it_is_stated_to_look_down() {
        let nadir = TagSettings {
            assume_nadir: true,
            ..TagSettings::default()
        };
        let without = metadata("");
        assert_eq!(tagged(&without).unwrap_err(), Untagged::NoAttitude);
        assert_eq!(
            Tag::from_metadata(&without, 4000, 3000, &nadir).unwrap_err(),
            Untagged::NoHeading
        );
        let heading = metadata("d:FlightYawDegree='30'");
        let attitude = Tag::from_metadata(&heading, 4000, 3000, &nadir)
            .unwrap()
            .pose
            .attitude;
        assert!((attitude.pitch_deg + 90.0).abs() < 1e-9);
        let incomplete = metadata("d:GimbalYawDegree='+45.0' d:GimbalPitchDegree='-90'");
        assert_eq!(tagged(&incomplete).unwrap_err(), Untagged::NoAttitude);
    }

    #[test]
    fn the_focal_length_comes_from_the_best_source_there_is() {
        let focal = |m: &Metadata| tagged(m).map(|t| t.camera.focal_px);
        let mut m = metadata(ANGLES);
        assert!((focal(&m).unwrap() - 24.0 / 43.2666 * 5000.0).abs() < 0.1);
        (m.exif.focal_length_mm, m.exif.pixels_per_mm) = (Some(8.8), Some(300.0));
        assert!((focal(&m).unwrap() - 2640.0).abs() < 1e-9);
        m.xmp = metadata(&format!("{ANGLES} d:CalibratedFocalLength='3666.67'")).xmp;
        assert!((focal(&m).unwrap() - 3666.67).abs() < 1e-9);
        m.exif.recorded_size = Some((8000.0, 6000.0));
        assert!((focal(&m).unwrap() - 3666.67 / 2.0).abs() < 1e-9);
        m.exif.recorded_size = Some((4000.0, 6000.0));
        assert!(matches!(focal(&m), Err(Untagged::Cropped { .. })));
        m = metadata(ANGLES);
        m.exif.focal_length_35mm = None;
        assert_eq!(focal(&m), Err(Untagged::NoFocalLength));
        m.exif.focal_length_35mm = Some(1.0);
        assert!(matches!(focal(&m), Err(Untagged::BadFocalLength { .. })));
    }

    #[test]
    fn the_principal_point_is_the_calibrated_one_unless_it_cannot_be_true() {
        let near = metadata(&format!(
            "{ANGLES} d:CalibratedOpticalCenterX='2010' d:CalibratedOpticalCenterY='1490'"
        ));
        let camera = tagged(&near).unwrap().camera;
        assert_eq!((camera.cx, camera.cy), (2010.0, 1490.0));
        let far = metadata(&format!("{ANGLES} d:CalibratedOpticalCenterX='900'"));
        assert_eq!(
            tagged(&far).unwrap_err(),
            Untagged::BadPrincipalPoint { at: 900.0 }
        );
    }

    #[test]
    fn the_reasons_are_one_line_each_and_say_what_to_do() {
        for reason in [
            Untagged::NoPosition,
            Untagged::NoFix,
            Untagged::NoAltitude,
            Untagged::NoFocalLength,
        ] {
            let line = reason.to_string();
            assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
        }
    }
}
