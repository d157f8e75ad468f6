//! A flight with live sensors: threads that read them, the aircraft's way that they share, the state of the flight and its
//! health.

mod autopilot;
mod camera;
mod clock;
mod equipment;
mod gnss;
mod health;
mod heat;
mod load_shedder;
mod lock;
mod monitor;
mod overlap;
mod placement_health;
mod pps;
mod run;
mod state;
mod thumbnails;
mod track;
mod workload;

pub use autopilot::{Autopilot, AutopilotPort, AutopilotStatus};
pub use camera::FrameSelection;
pub use clock::now;
pub use equipment::{Equipment, Positions, autopilot_port, camera_settings, gnss_port, positions};
pub use gnss::{Gnss, GnssPort, GnssStatus};
pub use health::{Captured, Health, HealthFile, LinkHealth, SensorHealth};
pub use load_shedder::Level;
pub use placement_health::PlacementHealth;
pub use run::{Destination, FlightError, FlightResult, fly};
pub use state::{Fault, FlightStatus, SensorStatus, State};
pub use thumbnails::{DiskLimits, make_room};
pub use track::Track;
pub use workload::Totals;
