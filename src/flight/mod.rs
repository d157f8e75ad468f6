//! A flight with live sensors: threads that read them, the aircraft's way that they share, the state of the flight and its
//! health.

mod autopilot;
mod board_fault;
mod flight_state_machine;
mod frame_accounting;
mod gnss;
mod health_file;
mod heat;
mod live_source;
mod load_shedder;
mod monitor;
mod monotonic_clock;
mod network_address;
mod overlap;
mod placement_health;
mod pps;
mod run;
mod sensor_settings;
mod shared_trajectory;
mod thumbnail_store;

pub use autopilot::{Autopilot, AutopilotPort, AutopilotStatus};
pub use board_fault::{KeyFault, UnfitBoard};
pub use flight_state_machine::{Fault, FlightStatus, SensorStatus, State};
pub use frame_accounting::Totals;
pub use gnss::{Gnss, GnssPort, GnssStatus, NoGpsdAddress};
pub use health_file::{Captured, Health, HealthFile, LinkHealth, SensorHealth};
pub use live_source::FrameSelection;
pub use load_shedder::Level;
pub use monotonic_clock::now;
pub use network_address::is_host_and_port;
pub use placement_health::PlacementHealth;
pub use run::{Destination, FlightError, FlightResult, fly};
pub use sensor_settings::{
    Equipment, Positions, autopilot_port, camera_settings, gnss_port, positions,
};
pub use shared_trajectory::Track;
pub use thumbnail_store::{DiskLimits, make_room};
