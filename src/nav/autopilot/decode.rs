//! From MAVLink messages to reports.

use mavlink::dialects::common as dialect;
use nalgebra::{Quaternion, UnitQuaternion};
use scarp_geo::{
    GroundVelocity, HeightAboveTakeoff, HeightEgm96, Latitude, Longitude, Rotation, Wgs84,
    reference_frame::{Body, Ned},
};

use super::{
    Autopilot, BootTime, Captured, Gimbal, GimbalAttitude, Gnss, Heartbeat, Position, Refused,
    Report, TriggerTime,
};
use crate::{FixQuality, PositionSigma};

/// A time in microseconds from here on is since 1970 (this is September 2001), before since boot.
const UNIX_FROM_US: u64 = 1_000_000_000_000_000;

/// Receivers without any idea of their error tell this or more: 1 km.
const LEAST_ACCURATE_MM: u32 = 1_000_000;
/// No geoid is farther from the ellipsoid (EGM96: -107 to 86 m).
const LARGEST_SEPARATION_M: f64 = 120.0;

impl Report {
    /// What a message says; `None` for messages that Scarp has no use for.
    ///
    /// # Errors
    /// When the message says that what it is about is unknown, or cannot be true.
    pub fn of(message: &dialect::MavMessage) -> Result<Option<Self>, Refused> {
        use dialect::MavMessage as M;
        Ok(Some(match message {
            M::ATTITUDE(m) => Self::Attitude {
                boot: BootTime::from_millis(m.time_boot_ms),
                body: euler(m.roll, m.pitch, m.yaw)?,
            },
            // Both autopilots fill it with the rotation from body to NED, as the angles of ATTITUDE are.
            M::ATTITUDE_QUATERNION(m) => Self::Attitude {
                boot: BootTime::from_millis(m.time_boot_ms),
                body: Rotation::from_quaternion(unit("attitude", [m.q1, m.q2, m.q3, m.q4])?),
            },
            M::GLOBAL_POSITION_INT(m) => Self::Position(position(m)?),
            M::GPS_RAW_INT(m) => Self::Gnss(gnss(m)),
            M::GIMBAL_DEVICE_ATTITUDE_STATUS(m) => Self::Gimbal(gimbal(m)?),
            M::CAMERA_IMAGE_CAPTURED(m) => Self::Captured(captured(m)?),
            M::CAMERA_TRIGGER(m) => Self::Trigger {
                time: trigger_time(m.time_usec)?,
                sequence: m.seq,
            },
            M::SYSTEM_TIME(m) => match m.time_unix_usec {
                UNIX_FROM_US.. => Self::SystemTime {
                    boot: BootTime::from_millis(m.time_boot_ms),
                    unix_us: m.time_unix_usec,
                },
                _ => return Err(Refused::Unknown("UTC")),
            },
            // A request has no tc1.
            M::TIMESYNC(m) if m.tc1 != 0 => Self::Timesync {
                tc1: m.tc1,
                ts1: m.ts1,
            },
            M::HEARTBEAT(m) => Self::Heartbeat(heartbeat(m)),
            _ => return Ok(None),
        }))
    }
}

/// Roll, pitch and yaw in radians, intrinsic Z-Y'-X''.
fn euler(roll: f32, pitch: f32, yaw: f32) -> Result<Rotation<Body, Ned>, Refused> {
    for angle in [roll, pitch, yaw] {
        if !angle.is_finite() {
            return Err(Refused::NotANumber("attitude"));
        }
        if angle.abs() > std::f32::consts::TAU {
            return Err(Refused::OutOfRange("attitude"));
        }
    }
    Ok(Rotation::from_euler_rad(
        f64::from(roll),
        f64::from(pitch),
        f64::from(yaw),
    ))
}

/// From w, x, y, z, between the frames of its message.
fn unit(what: &'static str, q: [f32; 4]) -> Result<UnitQuaternion<f64>, Refused> {
    let [w, x, y, z] = q.map(f64::from);
    let quaternion = Quaternion::new(w, x, y, z);
    let norm = quaternion.norm();
    if !norm.is_finite() {
        return Err(Refused::NotANumber(what));
    }
    if (norm - 1.0).abs() > 0.01 {
        return Err(Refused::NotARotation(what));
    }
    Ok(UnitQuaternion::new_normalize(quaternion))
}

fn position(m: &dialect::GLOBAL_POSITION_INT_DATA) -> Result<Position, Refused> {
    let place = place(m.lat, m.lon)?;
    if m.relative_alt == i32::MAX {
        return Err(Refused::Unknown("height above home"));
    }
    Ok(Position {
        boot: BootTime::from_millis(m.time_boot_ms),
        place,
        altitude: altitude(m.alt)?,
        above_home: HeightAboveTakeoff::new(f64::from(m.relative_alt) * 1e-3),
        velocity: GroundVelocity {
            north_m_s: f64::from(m.vx) * 1e-2,
            east_m_s: f64::from(m.vy) * 1e-2,
        },
        heading_deg: match m.hdg {
            u16::MAX => None,
            0..=36_000 => Some(f64::from(m.hdg) * 1e-2),
            _ => return Err(Refused::OutOfRange("heading")),
        },
    })
}

/// Autopilots pass on the accuracies that their receivers tell (u-blox: one sigma, both axes together, which is taken for
/// each); those that tell none have a dilution of precision.
fn gnss(m: &dialect::GPS_RAW_INT_DATA) -> Gnss {
    use dialect::GpsFixType as T;
    let quality = match m.fix_type {
        T::GPS_FIX_TYPE_NO_GPS | T::GPS_FIX_TYPE_NO_FIX | T::GPS_FIX_TYPE_2D_FIX => None,
        T::GPS_FIX_TYPE_3D_FIX | T::GPS_FIX_TYPE_STATIC => Some(FixQuality::Autonomous),
        T::GPS_FIX_TYPE_DGPS => Some(FixQuality::Differential),
        T::GPS_FIX_TYPE_RTK_FLOAT => Some(FixQuality::RtkFloat),
        T::GPS_FIX_TYPE_RTK_FIXED => Some(FixQuality::RtkFixed),
        T::GPS_FIX_TYPE_PPP => Some(FixQuality::Precise),
    };
    let dilution = |centi| (centi != u16::MAX && centi > 0).then(|| f64::from(centi) * 1e-2);
    let metres = |mm: u32| {
        (1..LEAST_ACCURATE_MM)
            .contains(&mm)
            .then(|| f64::from(mm) * 1e-3)
    };
    let (hdop, vdop) = (dilution(m.eph), dilution(m.epv));
    let told = metres(m.h_acc).zip(metres(m.v_acc));
    let diluted = || PositionSigma::from_dilution(quality?, hdop, vdop);
    // Of a receiver without it, and of a message without its newer fields, it is zero.
    let separation_m = f64::from(m.alt_ellipsoid.saturating_sub(m.alt)) * 1e-3;
    let separates = m.alt_ellipsoid != 0 && separation_m.abs() < LARGEST_SEPARATION_M;
    Gnss {
        quality,
        satellites: (m.satellites_visible != u8::MAX).then(|| u32::from(m.satellites_visible)),
        hdop,
        sigma: told.map_or_else(diluted, |(across_m, up_m)| {
            Some(PositionSigma {
                north_m: across_m,
                east_m: across_m,
                up_m,
            })
        }),
        geoid_separation_m: separates.then_some(separation_m),
    }
}

/// From 1e-7 degrees. Autopilots send 0, 0 before they know, and nobody surveys that spot of the Atlantic.
fn place(lat: i32, lon: i32) -> Result<Wgs84, Refused> {
    if (lat, lon) == (0, 0) || lat == i32::MAX || lon == i32::MAX {
        return Err(Refused::Unknown("position"));
    }
    let place = Wgs84::new(
        Latitude::from_degrees(f64::from(lat) * 1e-7),
        Longitude::from_degrees(f64::from(lon) * 1e-7),
    );
    if !place.is_on_earth() {
        return Err(Refused::OutOfRange("position"));
    }
    Ok(place)
}

fn altitude(mm: i32) -> Result<HeightEgm96, Refused> {
    match mm {
        i32::MAX => Err(Refused::Unknown("altitude")),
        -1_000_000..=100_000_000 => Ok(HeightEgm96::new(f64::from(mm) * 1e-3)),
        _ => Err(Refused::OutOfRange("altitude")),
    }
}

fn gimbal(m: &dialect::GIMBAL_DEVICE_ATTITUDE_STATUS_DATA) -> Result<Gimbal, Refused> {
    let turned = unit("gimbal attitude", m.q)?;
    Ok(Gimbal {
        boot: BootTime::from_millis(m.time_boot_ms),
        attitude: if counts_from_north(m.flags)? {
            GimbalAttitude::Earth(Rotation::from_quaternion(turned))
        } else {
            GimbalAttitude::Vehicle(Rotation::from_quaternion(turned))
        },
    })
}

/// Whether the yaw is in the Earth frame, by the rules in the description of GIMBAL_DEVICE_ATTITUDE_STATUS; the last two are
/// those of older gimbals.
fn counts_from_north(flags: dialect::GimbalDeviceFlags) -> Result<bool, Refused> {
    use dialect::GimbalDeviceFlags as F;
    let earth = flags.contains(F::GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME);
    let vehicle = flags.contains(F::GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME);
    match (earth, vehicle) {
        (true, true) => Err(Refused::FrameUnclear),
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        (false, false) => Ok(flags.contains(F::GIMBAL_DEVICE_FLAGS_YAW_LOCK)),
    }
}

fn captured(m: &dialect::CAMERA_IMAGE_CAPTURED_DATA) -> Result<Captured, Refused> {
    // PX4 sends -1 (all bits) for a camera that gives no feedback.
    let (failed, confirmed) = match m.capture_result.bits() {
        0 => (true, false),
        bits => (false, bits == 1),
    };
    if failed {
        return Err(Refused::NotCaptured);
    }
    Ok(Captured {
        boot: BootTime::from_millis(m.time_boot_ms),
        unix_us: Some(m.time_utc).filter(|us| *us >= UNIX_FROM_US),
        index: u32::try_from(m.image_index).map_err(|_| Refused::OutOfRange("image index"))?,
        place: match place(m.lat, m.lon) {
            Ok(place) => Some((place, altitude(m.alt)?)),
            Err(Refused::Unknown(_)) => None,
            Err(refused) => return Err(refused),
        },
        confirmed,
    })
}

fn trigger_time(us: u64) -> Result<TriggerTime, Refused> {
    match us {
        0 => Err(Refused::Unknown("trigger time")),
        UNIX_FROM_US.. => Ok(TriggerTime::UnixUs(us)),
        _ => Ok(TriggerTime::Boot(BootTime::from_nanos(us as i64 * 1000))),
    }
}

fn heartbeat(m: &dialect::HEARTBEAT_DATA) -> Heartbeat {
    use dialect::{MavAutopilot as A, MavModeFlag};
    Heartbeat {
        autopilot: match m.autopilot {
            A::MAV_AUTOPILOT_ARDUPILOTMEGA => Autopilot::ArduPilot,
            A::MAV_AUTOPILOT_PX4 => Autopilot::Px4,
            _ => Autopilot::Other,
        },
        armed: m
            .base_mode
            .contains(MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED),
    }
}

#[cfg(test)]
mod tests;
