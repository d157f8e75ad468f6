//! How the camera was turned.

use scarp_geo::{Attitude, RotationMatrix};

use super::{
    TagSettings, Untagged,
    metadata::Metadata,
    sourced::Sourced,
    xmp::{Property, Xmp},
};

/// Yaw, pitch and roll of the camera over north, east, down: at pitch -90 it looks down.
const GIMBALS: [[Property; 3]; 4] = [
    [
        Property::dji("GimbalYawDegree"),
        Property::dji("GimbalPitchDegree"),
        Property::dji("GimbalRollDegree"),
    ],
    [
        Property::autel("GimbalYawDegree"),
        Property::autel("GimbalPitchDegree"),
        Property::autel("GimbalRollDegree"),
    ],
    [
        Property::parrot("CameraYawDegree"),
        Property::parrot("CameraPitchDegree"),
        Property::parrot("CameraRollDegree"),
    ],
    [
        Property::skydio("CameraOrientationNED/Yaw"),
        Property::skydio("CameraOrientationNED/Pitch"),
        Property::skydio("CameraOrientationNED/Roll"),
    ],
];
/// Yaw, pitch and roll of what a camera is fixed in that looks down, the top of the picture forward: senseFly's wing, and Pix4D's
/// convention, in which pitch 0 looks down and 90 ahead.
const VEHICLES: [[Property; 3]; 2] = [
    [
        Property::sensefly("Heading"),
        Property::sensefly("PitchAngle"),
        Property::sensefly("RollAngle"),
    ],
    [
        Property::camera("Yaw"),
        Property::camera("Pitch"),
        Property::camera("Roll"),
    ],
];
const FLIGHT_YAWS: [Property; 2] = [
    Property::dji("FlightYawDegree"),
    Property::autel("FlightYawDegree"),
];

/// The direction flown, in place of a heading.
pub(super) const TRACK: &str = "EXIF GPSTrack";

/// Two tellings of one attitude further apart than this contradict each other, in degrees.
const AGREE_DEG: f64 = 3.0;

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
    settings: &TagSettings,
) -> Result<Sourced<Attitude>, Untagged> {
    let xmp = &metadata.xmp;
    let gimbal = first(xmp, &GIMBALS, |[yaw_deg, pitch_deg, roll_deg]| Attitude {
        yaw_deg,
        pitch_deg,
        roll_deg,
    })?;
    let vehicle = first(xmp, &VEHICLES, |[heading, pitch, roll]| {
        Attitude::down_looking(heading, pitch, roll)
    })?;
    if let (Some(gimbal), Some(vehicle)) = (&gimbal, &vehicle) {
        check_agreement(gimbal, vehicle)?;
    }
    if let Some(gimbal) = gimbal {
        check_flip(&gimbal.value, xmp)?;
        return Ok(gimbal);
    }
    if let Some(vehicle) = vehicle {
        return Ok(vehicle);
    }
    if !settings.assume_nadir {
        return Err(Untagged::NoAttitude);
    }
    let flight = flight_yaw(xmp)?;
    let exif = metadata.exif.gps.heading_deg;
    let exif = exif.map(|heading| Sourced::new(heading, "EXIF GPSImgDirection"));
    let track = metadata.exif.gps.track_deg;
    let track = track.filter(|_| settings.track_sigma_deg.is_some());
    let track = track.map(|heading| Sourced::new(heading, TRACK));
    let heading = flight.or(exif).or(track).ok_or(Untagged::NoHeading)?;
    if heading.value.abs() > MOST_DEG {
        return Err(Untagged::BadAngle {
            tag: heading.from,
            degrees: heading.value,
        });
    }
    Ok(heading.map(|heading| Attitude::down_looking(heading, 0.0, 0.0)))
}

/// The first attitude that is told in one of these ways.
fn first(
    xmp: &Xmp,
    ways: &[[Property; 3]],
    attitude: impl Fn([f64; 3]) -> Attitude,
) -> Result<Option<Sourced<Attitude>>, Untagged> {
    for way in ways {
        if let Some(angles) = angles(xmp, *way)? {
            let [yaw, pitch, roll] = way;
            let from = format!("{yaw}, {}, {}", pitch.name(), roll.name());
            return Ok(Some(Sourced::new(attitude(angles), from)));
        }
    }
    Ok(None)
}

fn flight_yaw(xmp: &Xmp) -> Result<Option<Sourced<f64>>, Untagged> {
    for property in FLIGHT_YAWS {
        if let Some(heading) = xmp.number(property)? {
            return Ok(Some(Sourced::new(heading, property)));
        }
    }
    Ok(None)
}

fn check_agreement(a: &Sourced<Attitude>, b: &Sourced<Attitude>) -> Result<(), Untagged> {
    let apart_deg = apart_deg(&a.value, &b.value);
    if apart_deg <= AGREE_DEG {
        return Ok(());
    }
    Err(Untagged::AttitudesDiffer {
        first: a.from.clone(),
        second: b.from.clone(),
        apart_deg,
    })
}

/// The angle of the turn from one attitude to the other, in degrees.
pub(super) fn apart_deg(a: &Attitude, b: &Attitude) -> f64 {
    let (a_turn, b_turn) = (a.rotation(), b.rotation());
    let between = a_turn.matrix().tr_mul(b_turn.matrix());
    // The trace of a turn by t is 1 + 2 cos t.
    let cos = ((between.trace() - 1.0) / 2.0).clamp(-1.0, 1.0);
    cos.acos().to_degrees()
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
    let flight = flight_yaw(xmp)?;
    let Some(flight_yaw_deg) = flight.map(|flight| flight.value) else {
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
