//! What the autopilot's messages say, in types.

use scarp_geo::{
    GroundVelocity, HeightAboveTakeoff, HeightEgm96, Rotation, Wgs84,
    reference_frame::{self, Body, Heading, Ned},
};
use thiserror::Error;

use super::BootTime;
use crate::{FixQuality, PositionSigma};

/// One message of the autopilot that Scarp uses.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// ATTITUDE or ATTITUDE_QUATERNION.
    Attitude {
        /// When it was so.
        boot: BootTime,
        /// The aircraft's attitude.
        body: Rotation<Body, Ned>,
    },
    /// GLOBAL_POSITION_INT.
    Position(Position),
    /// GPS_RAW_INT.
    Gnss(Gnss),
    /// GIMBAL_DEVICE_ATTITUDE_STATUS.
    Gimbal(Gimbal),
    /// CAMERA_IMAGE_CAPTURED.
    Captured(Captured),
    /// CAMERA_TRIGGER: the autopilot tells the camera to expose.
    Trigger {
        /// When.
        time: TriggerTime,
        /// Number of the frame.
        sequence: u32,
    },
    /// SYSTEM_TIME of an autopilot that knows the date.
    SystemTime {
        /// When.
        boot: BootTime,
        /// The same instant in microseconds since 1970, UTC.
        unix_us: u64,
    },
    /// The reply to one of our TIMESYNC requests.
    Timesync {
        /// The autopilot's clock, nanoseconds.
        tc1: i64,
        /// Ours, as it was in the request, nanoseconds.
        ts1: i64,
    },
    /// HEARTBEAT.
    Heartbeat(Heartbeat),
}

/// Where the aircraft is, as its autopilot estimates: GLOBAL_POSITION_INT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// When it was there.
    pub boot: BootTime,
    /// Where, longitude -180 to 180 degrees.
    pub place: Wgs84,
    /// What MAVLink calls MSL: the GNSS receiver's own geoid, which is EGM96 or a coarse grid of it.
    pub altitude: HeightEgm96,
    /// Above home, which both autopilots set where the motors are armed.
    pub above_home: HeightAboveTakeoff,
    /// Over ground.
    pub velocity: GroundVelocity,
    /// True heading of the nose in degrees clockwise from north, 0 to 360, where known.
    pub heading_deg: Option<f64>,
}

/// How the autopilot's own receiver is: GPS_RAW_INT. Its place is left aside: GLOBAL_POSITION_INT has the same without the
/// receiver's delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gnss {
    /// How its fix was made; nothing while there is none in three dimensions.
    pub quality: Option<FixQuality>,
    /// Satellites seen.
    pub satellites: Option<u32>,
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// One-sigma errors of its position, by its own account or from the dilution.
    pub sigma: Option<PositionSigma>,
    /// Height of its geoid above the ellipsoid, metres.
    pub geoid_separation_m: Option<f64>,
}

/// How the gimbal is turned: GIMBAL_DEVICE_ATTITUDE_STATUS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gimbal {
    /// When it was so.
    pub boot: BootTime,
    /// Its attitude.
    pub attitude: GimbalAttitude,
}

/// What the camera is mounted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttitudeOf {
    /// The aircraft: ATTITUDE or ATTITUDE_QUATERNION.
    Body,
    /// A gimbal: GIMBAL_DEVICE_ATTITUDE_STATUS. Mount and lever arm are then in the gimbal's axes.
    Gimbal,
}

/// A gimbal's attitude, relative to either of two level frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GimbalAttitude {
    /// The yaw counts from north.
    Earth(Rotation<reference_frame::Gimbal, Ned>),
    /// The yaw counts from the vehicle's nose, whose heading the gimbal does not know: [`GimbalHeading`] completes it.
    ///
    /// [`GimbalHeading`]: super::GimbalHeading
    Vehicle(Rotation<reference_frame::Gimbal, Heading>),
}

/// The record of an image that was taken: CAMERA_IMAGE_CAPTURED.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Captured {
    /// When. The record may be sent again long after.
    pub boot: BootTime,
    /// The same instant in microseconds since 1970, UTC, where known.
    pub unix_us: Option<u64>,
    /// Index of the image, from 0.
    pub index: u32,
    /// Where, longitude -180 to 180 degrees, and how high, where known.
    pub place: Option<(Wgs84, HeightEgm96)>,
    /// Whether the camera itself confirmed the exposure; otherwise it was only told to expose.
    pub confirmed: bool,
}

/// CAMERA_TRIGGER leaves its clock to be told by the size of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerTime {
    /// Since boot.
    Boot(BootTime),
    /// Microseconds since 1970, UTC.
    UnixUs(u64),
}

/// That the autopilot is there, and what it is: HEARTBEAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Which firmware.
    pub autopilot: Autopilot,
    /// Whether the motors may turn.
    pub armed: bool,
}

/// The firmware of an autopilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Autopilot {
    /// ArduPilot.
    ArduPilot,
    /// PX4.
    Px4,
    /// Another.
    Other,
}

/// Why a message of the autopilot is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// A field that is not finite.
    #[error("{0} is not a number; check the autopilot's estimator")]
    NotANumber(&'static str),
    /// A field beyond what it can be.
    #[error("{0} is out of its range; check the autopilot's firmware")]
    OutOfRange(&'static str),
    /// A field whose value says that it is unknown.
    #[error("{0} is unknown to the autopilot; wait for its GNSS fix and estimator")]
    Unknown(&'static str),
    /// A quaternion that is no rotation.
    #[error("{0} is not of unit length; check the autopilot's firmware")]
    NotARotation(&'static str),
    /// Flags that exclude each other.
    #[error("gimbal attitude is said to be in both frames; check the gimbal's firmware")]
    FrameUnclear,
    /// The camera failed to take the image.
    #[error("the camera did not take the image; check its trigger cable and storage")]
    NotCaptured,
}

/// How a message's time since boot relates to when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is sent as it is made.
    AsMade,
    /// It may be sent long after, and again.
    AnyTimeAfter,
}

impl Report {
    /// The time since boot that the report is about.
    pub(super) const fn boot(&self) -> Option<(BootTime, Sent)> {
        match self {
            Self::Attitude { boot, .. }
            | Self::SystemTime { boot, .. }
            | Self::Position(Position { boot, .. })
            | Self::Gimbal(Gimbal { boot, .. }) => Some((*boot, Sent::AsMade)),
            Self::Captured(Captured { boot, .. })
            | Self::Trigger {
                time: TriggerTime::Boot(boot),
                ..
            } => Some((*boot, Sent::AnyTimeAfter)),
            Self::Trigger { .. } | Self::Timesync { .. } | Self::Heartbeat(_) | Self::Gnss(_) => {
                None
            }
        }
    }
}
