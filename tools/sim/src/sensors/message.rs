//! The autopilot's messages about an instant of the flight.

use chrono::{DateTime, Utc};
use mavlink::{MessageData, dialects::common as dialect};

use super::sortie::Motion;

/// What the clocks of the autopilot show.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// Since boot.
    pub boot_s: f64,
    /// Date and time.
    pub utc: DateTime<Utc>,
}

/// The message of an id that it has.
#[must_use]
pub fn message(id: u32, clocks: Clocks, motion: &Motion) -> Option<dialect::MavMessage> {
    use dialect::MavMessage as M;
    let time_boot_ms = (clocks.boot_s * 1e3) as u32;
    let yaw_deg = (motion.heading_deg + 180.0).rem_euclid(360.0) - 180.0;
    let (roll, yaw) = (motion.roll_deg.to_radians(), yaw_deg.to_radians());
    Some(match id {
        dialect::HEARTBEAT_DATA::ID => M::HEARTBEAT(heartbeat(motion.armed)),
        dialect::SYSTEM_TIME_DATA::ID => M::SYSTEM_TIME(dialect::SYSTEM_TIME_DATA {
            time_unix_usec: clocks.utc.timestamp_micros() as u64,
            time_boot_ms,
        }),
        dialect::ATTITUDE_DATA::ID => M::ATTITUDE(dialect::ATTITUDE_DATA {
            time_boot_ms,
            roll: roll as f32,
            yaw: yaw as f32,
            ..Default::default()
        }),
        dialect::ATTITUDE_QUATERNION_DATA::ID => {
            let ((sin_roll, cos_roll), (sin_yaw, cos_yaw)) =
                ((roll / 2.0).sin_cos(), (yaw / 2.0).sin_cos());
            M::ATTITUDE_QUATERNION(dialect::ATTITUDE_QUATERNION_DATA {
                time_boot_ms,
                q1: (cos_yaw * cos_roll) as f32,
                q2: (cos_yaw * sin_roll) as f32,
                q3: (sin_yaw * sin_roll) as f32,
                q4: (sin_yaw * cos_roll) as f32,
                ..Default::default()
            })
        }
        dialect::GLOBAL_POSITION_INT_DATA::ID => {
            M::GLOBAL_POSITION_INT(position(time_boot_ms, motion))
        }
        dialect::GPS_RAW_INT_DATA::ID => M::GPS_RAW_INT(receiver(clocks, motion)),
        _ => return None,
    })
}

fn heartbeat(armed: bool) -> dialect::HEARTBEAT_DATA {
    use dialect::{MavModeFlag as F, MavState as S};
    dialect::HEARTBEAT_DATA {
        custom_mode: 0,
        mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
        autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
        base_mode: match armed {
            true => F::MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | F::MAV_MODE_FLAG_SAFETY_ARMED,
            false => F::MAV_MODE_FLAG_CUSTOM_MODE_ENABLED,
        },
        system_status: match armed {
            true => S::MAV_STATE_ACTIVE,
            false => S::MAV_STATE_STANDBY,
        },
        mavlink_version: dialect::MINOR_MAVLINK_VERSION,
    }
}

fn position(time_boot_ms: u32, motion: &Motion) -> dialect::GLOBAL_POSITION_INT_DATA {
    let (sin, cos) = motion.heading_deg.to_radians().sin_cos();
    dialect::GLOBAL_POSITION_INT_DATA {
        time_boot_ms,
        lat: (motion.latitude_deg * 1e7).round() as i32,
        lon: (motion.longitude_deg * 1e7).round() as i32,
        alt: (motion.height_m * 1e3).round() as i32,
        relative_alt: (motion.above_home_m * 1e3).round() as i32,
        vx: (motion.speed_m_s * cos * 1e2).round() as i16,
        vy: (motion.speed_m_s * sin * 1e2).round() as i16,
        vz: (-motion.climb_m_s * 1e2).round() as i16,
        hdg: (motion.heading_deg * 1e2).round() as u16,
    }
}

/// A receiver with a fix, as good as small ones under an open sky are.
fn receiver(clocks: Clocks, motion: &Motion) -> dialect::GPS_RAW_INT_DATA {
    let position = position(0, motion);
    dialect::GPS_RAW_INT_DATA {
        time_usec: (clocks.boot_s * 1e6) as u64,
        fix_type: dialect::GpsFixType::GPS_FIX_TYPE_3D_FIX,
        lat: position.lat,
        lon: position.lon,
        alt: position.alt,
        eph: 80,
        epv: 120,
        vel: (motion.speed_m_s * 1e2).round() as u16,
        cog: position.hdg,
        satellites_visible: 14,
        h_acc: 1500,
        v_acc: 2500,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCKS: Clocks = Clocks {
        boot_s: 101.5,
        utc: DateTime::from_timestamp_millis(1_790_000_001_500).unwrap(),
    };
    const MOTION: Motion = Motion {
        latitude_deg: -31.200_000_04,
        longitude_deg: 103.600_000_06,
        height_m: 1060.1234,
        above_home_m: 60.0,
        speed_m_s: 15.0,
        climb_m_s: 2.0,
        heading_deg: 270.0,
        roll_deg: -30.0,
        armed: true,
    };

    #[test]
    fn a_position_has_degrees_in_ten_millionths_millimetres_and_centimetres_a_second() {
        let told = message(33, CLOCKS, &MOTION).unwrap();
        let dialect::MavMessage::GLOBAL_POSITION_INT(p) = told else {
            panic!("{told:?}");
        };
        assert_eq!(
            (p.time_boot_ms, p.lat, p.lon),
            (101_500, -312_000_000, 1_036_000_001)
        );
        assert_eq!((p.alt, p.relative_alt), (1_060_123, 60_000));
        assert_eq!((p.vx, p.vy, p.vz, p.hdg), (0, -1500, -200, 27_000));
    }

    #[test]
    fn both_forms_of_the_attitude_are_the_same_rotation() {
        let angles = message(30, CLOCKS, &MOTION).unwrap();
        let quaternion = message(31, CLOCKS, &MOTION).unwrap();
        let (dialect::MavMessage::ATTITUDE(a), dialect::MavMessage::ATTITUDE_QUATERNION(q)) =
            (&angles, &quaternion)
        else {
            panic!("{angles:?} {quaternion:?}");
        };
        assert!((a.yaw + std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        let (w, x, y, z) = (q.q1, q.q2, q.q3, q.q4);
        let roll = (2.0 * (w * x + y * z)).atan2(1.0 - 2.0 * (x * x + y * y));
        let pitch = (2.0 * (w * y - z * x)).asin();
        let yaw = (2.0 * (w * z + x * y)).atan2(1.0 - 2.0 * (y * y + z * z));
        for (angle, same) in [(a.roll, roll), (a.pitch, pitch), (a.yaw, yaw)] {
            assert!((angle - same).abs() < 1e-6, "{angle} {same}");
        }
    }

    #[test]
    fn heartbeats_tell_whether_the_motors_may_turn_and_the_time_is_told_in_microseconds() {
        let armed = |motion: &Motion| match message(0, CLOCKS, motion) {
            Some(dialect::MavMessage::HEARTBEAT(beat)) => {
                (beat.base_mode).contains(dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED)
            }
            other => panic!("{other:?}"),
        };
        assert!(armed(&MOTION));
        assert!(!armed(&Motion {
            armed: false,
            ..MOTION
        }));
        let time = message(2, CLOCKS, &MOTION).unwrap();
        assert!(
            matches!(time, dialect::MavMessage::SYSTEM_TIME(t) if t.time_unix_usec == 1_790_000_001_500_000)
        );
        assert_eq!(message(285, CLOCKS, &MOTION), None);
    }
}
