//! What an autopilot says, by MAVLink 2.

use mavlink::{MavHeader, dialects::common as dialect, write_v2_msg};

/// The autopilot of vehicle 1.
pub const AUTOPILOT: MavHeader = MavHeader {
    system_id: 1,
    component_id: 1,
    sequence: 0,
};

/// A heartbeat of a vehicle whose motors may turn, or with autopilot INVALID of something else.
#[must_use]
pub fn heartbeat(autopilot: dialect::MavAutopilot) -> dialect::MavMessage {
    armed_heartbeat(autopilot, true)
}

/// A heartbeat that says whether the motors may turn.
#[must_use]
pub fn armed_heartbeat(autopilot: dialect::MavAutopilot, armed: bool) -> dialect::MavMessage {
    dialect::MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA {
        mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
        autopilot,
        base_mode: match armed {
            true => dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED,
            false => dialect::MavModeFlag::empty(),
        },
        system_status: dialect::MavState::MAV_STATE_ACTIVE,
        mavlink_version: 3,
        ..Default::default()
    })
}

/// ATTITUDE with yaw alone, radians.
#[must_use]
pub fn attitude(time_boot_ms: u32, yaw: f32) -> dialect::MavMessage {
    dialect::MavMessage::ATTITUDE(dialect::ATTITUDE_DATA {
        time_boot_ms,
        yaw,
        ..Default::default()
    })
}

/// Its gimbal.
pub const GIMBAL: MavHeader = MavHeader {
    component_id: 154,
    ..AUTOPILOT
};

/// GIMBAL_DEVICE_ATTITUDE_STATUS of a gimbal that points where the nose does.
#[must_use]
pub fn gimbal_attitude(time_boot_ms: u32) -> dialect::MavMessage {
    dialect::MavMessage::GIMBAL_DEVICE_ATTITUDE_STATUS(
        dialect::GIMBAL_DEVICE_ATTITUDE_STATUS_DATA {
            time_boot_ms,
            q: [1.0, 0.0, 0.0, 0.0],
            flags: dialect::GimbalDeviceFlags::GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME,
            ..Default::default()
        },
    )
}

/// GLOBAL_POSITION_INT in Nepal.
#[must_use]
pub fn position() -> dialect::GLOBAL_POSITION_INT_DATA {
    dialect::GLOBAL_POSITION_INT_DATA {
        time_boot_ms: 1000,
        lat: 278_000_000,
        lon: 859_000_000,
        alt: 2_400_500,
        relative_alt: 120_250,
        vx: 1200,
        vy: -350,
        vz: 0,
        hdg: 34_370,
    }
}

/// A frame's bytes.
#[must_use]
pub fn frame(header: MavHeader, message: &dialect::MavMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_v2_msg(&mut bytes, header, message).unwrap();
    bytes
}
