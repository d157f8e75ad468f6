//! How the camera was turned.

use scarp_geo::{Attitude, RotationMatrix};

use super::{
    Untagged,
    metadata::Metadata,
    sourced::Sourced,
    xmp::{Property, Xmp},
};

const GIMBAL: [Property; 3] = [
    Property::dji("GimbalYawDegree"),
    Property::dji("GimbalPitchDegree"),
    Property::dji("GimbalRollDegree"),
];
const WING: [Property; 3] = [
    Property::sensefly("Heading"),
    Property::sensefly("PitchAngle"),
    Property::sensefly("RollAngle"),
];
const FLIGHT_YAW: Property = Property::dji("FlightYawDegree");

/// Angles beyond are no angles of anything, in degrees.
const MOST_DEG: f64 = 360.0;
/// How close to straight down a gimbal flips, in degrees: there yaw and roll turn about the same axis.
const FLIPS_WITHIN_DEG: f64 = 20.0;
/// A heading of the camera so far from the aircraft's is the opposite one, in degrees.
const OPPOSITE_DEG: f64 = 150.0;
/// From this roll on a gimbal has turned the picture, in degrees.
const TURNED_DEG: f64 = 45.0;

/// The attitude of the camera whose picture is upright.
///
/// # Errors
/// When the photograph does not tell it, or contradicts itself.
pub(super) fn attitude(
    metadata: &Metadata,
    assume_nadir: bool,
) -> Result<Sourced<Attitude>, Untagged> {
    let xmp = &metadata.xmp;
    if let Some([yaw_deg, pitch_deg, roll_deg]) = angles(xmp, GIMBAL)? {
        let attitude = Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        };
        check_flip(&attitude, xmp)?;
        let from = format!("{}, GimbalPitchDegree, GimbalRollDegree", GIMBAL[0]);
        return Ok(Sourced::new(attitude, from));
    }
    // senseFly's angles are the wing's; its camera is fixed in it, looking down, the top of the picture forward.
    if let Some([heading, pitch, roll]) = angles(xmp, WING)? {
        let from = format!("{}, PitchAngle, RollAngle", WING[0]);
        let attitude = Attitude::down_looking(heading, pitch, roll);
        return Ok(Sourced::new(attitude, from));
    }
    if !assume_nadir {
        return Err(Untagged::NoAttitude);
    }
    let flight = xmp.number(FLIGHT_YAW)?;
    let flight = flight.map(|heading| Sourced::new(heading, FLIGHT_YAW));
    let exif = metadata.exif.gps.heading_deg;
    let exif = exif.map(|heading| Sourced::new(heading, "EXIF GPSImgDirection"));
    let heading = flight.or(exif).ok_or(Untagged::NoHeading)?;
    if heading.value.abs() > MOST_DEG {
        return Err(Untagged::BadAngle {
            tag: heading.from,
            degrees: heading.value,
        });
    }
    Ok(heading.map(|heading| Attitude::down_looking(heading, 0.0, 0.0)))
}

/// Three angles, or `None` where none of them is told.
fn angles(xmp: &Xmp, properties: [Property; 3]) -> Result<Option<[f64; 3]>, Untagged> {
    let mut angles = [0.0; 3];
    let mut missing = Vec::new();
    for (angle, property) in angles.iter_mut().zip(properties) {
        match xmp.number(property)? {
            Some(degrees) if degrees.abs() > MOST_DEG => {
                return Err(Untagged::BadAngle {
                    tag: property.to_string(),
                    degrees,
                });
            }
            Some(degrees) => *angle = degrees,
            None => missing.push(property),
        }
    }
    match missing.first() {
        None => Ok(Some(angles)),
        Some(_) if missing.len() == properties.len() => Ok(None),
        Some(first) => Err(Untagged::MissingAngle {
            tag: first.to_string(),
        }),
    }
}

/// At nadir a gimbal's yaw and roll turn about the same axis, and some jump by 180 degrees there. Both may jump together, which is
/// the same attitude; where one jumps alone, the top of the picture is the aircraft's tail by the angles.
fn check_flip(gimbal: &Attitude, xmp: &Xmp) -> Result<(), Untagged> {
    let Some(flight_yaw_deg) = xmp.number(FLIGHT_YAW)? else {
        return Ok(());
    };
    // Where the top of the picture points on the ground: up in the picture is -z of the camera.
    let up = -gimbal.rotation().matrix().column(2);
    let looks_down = gimbal.rotation().matrix()[(2, 0)];
    if looks_down < FLIPS_WITHIN_DEG.to_radians().cos() {
        return Ok(());
    }
    let heading_deg = up[1].atan2(up[0]).to_degrees();
    let apart = (heading_deg - flight_yaw_deg + 180.0).rem_euclid(360.0) - 180.0;
    if apart.abs() < OPPOSITE_DEG {
        return Ok(());
    }
    Err(Untagged::GimbalFlipped {
        heading_deg: heading_deg.rem_euclid(360.0),
        flight_yaw_deg: flight_yaw_deg.rem_euclid(360.0),
    })
}

/// The attitude of the camera whose picture is the stored one: EXIF's orientation tells by which turn about the optical axis the
/// upright picture is made of it. Lens and principal point are those of the stored picture, which no pixel has to be moved for.
///
/// # Errors
/// When the orientation is that of a mirror, or the gimbal's roll tells a turn as well.
pub(super) fn as_stored(
    upright: &Attitude,
    orientation: Option<u32>,
) -> Result<Attitude, Untagged> {
    // EXIF 2.32, 4.6.4 A: 3 is upright when turned by 180, 6 by 90 degrees clockwise, 8 by 90 the other way.
    let roll_deg = match orientation {
        // 0 is not defined, and written where nobody cared.
        None | Some(0 | 1) => return Ok(*upright),
        Some(3) => 180.0,
        Some(6) => 90.0,
        Some(8) => -90.0,
        Some(orientation) => return Err(Untagged::Mirrored { orientation }),
    };
    let gimbal_roll_deg = (upright.roll_deg + 180.0).rem_euclid(360.0) - 180.0;
    if gimbal_roll_deg.abs() > TURNED_DEG {
        return Err(Untagged::TurnedTwice {
            orientation: orientation.unwrap_or_default(),
            roll_deg: gimbal_roll_deg,
        });
    }
    let turn = RotationMatrix::from_euler_deg(roll_deg, 0.0, 0.0);
    Ok(Attitude::from_rotation(&(upright.rotation() * turn)))
}
