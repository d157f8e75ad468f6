//! Where the camera was and how it was turned: heights with their datum, attitude, covariance, clocks.

mod attitude;
pub mod autopilot;
mod clock;
mod fix;
#[cfg(test)]
mod flight_tests;
mod gnss_clock;
mod height;
mod history;
mod jump;
mod leg;
mod local;
mod monotonic;
mod mount;
mod nmea;
mod no_pose;
mod pose;
mod pulse;
#[cfg(test)]
mod pulse_tests;
mod receiver;
#[cfg(test)]
mod testing;
mod trajectory;

pub use attitude::Attitude;
pub(crate) use clock::civil_ms;
pub use clock::{CameraTime, GnssTime, Timestamp};
pub use fix::{Fix, FixQuality, PositionSigma, TimedFix};
pub use gnss_clock::{ClockDoubt, GnssClock, GnssDelay};
pub use height::{
    Height, HeightAboveEllipsoid, HeightAboveTakeoff, HeightEgm96, HeightEgm2008, UnknownDatum,
    VerticalDatum,
};
pub use monotonic::Monotonic;
pub use mount::Mount;
pub use nmea::{FixSettings, LineCounts, NoFix};
pub use no_pose::{NoPose, NotUsed, Sensor};
pub use pose::{Altitudes, GroundVelocity, Pose, PoseCovariance};
pub use pulse::{Pulse, PulseDoubt};
pub use receiver::{Doubtful, FixReader, GnssReceiver, ReceiverCounts};
pub use trajectory::{Trajectory, TrajectorySettings};
