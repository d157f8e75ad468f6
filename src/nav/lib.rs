//! Where the camera was and how it was turned at an instant: clocks, NMEA, MAVLink and the trajectory between their samples.

pub mod autopilot;
mod fix;
mod fix_segment;
mod gnss_clock;
mod history;
mod jump;
mod local;
mod monotonic;
mod mount;
mod nmea;
mod nmea_receiver;
mod no_pose;
mod pulse;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trajectory;

pub use fix::{Fix, FixQuality, PositionSigma, TimedFix};
pub use gnss_clock::{ClockDoubt, GnssClock, GnssDelay};
pub use monotonic::Monotonic;
pub use mount::Mount;
pub use nmea::{FixSettings, LineCounts, NoFix};
pub use nmea_receiver::{Doubtful, FixReader, GnssReceiver, ReceiverCounts};
pub use no_pose::{NoPose, NotUsed, Sensor};
pub use pulse::{Pulse, PulseDoubt};
pub use trajectory::{Trajectory, TrajectorySettings};
