//! A flight with live sensors: threads that read them, the aircraft's way that they share, the state of the flight and its
//! health.

mod autopilot;
mod camera;
mod clock;
mod economy;
mod equipment;
mod gnss;
mod health;
mod heat;
mod lock;
mod log;
mod monitor;
mod overlap;
mod placement;
mod pps;
mod run;
mod state;
mod thumbnails;
mod track;
mod workload;

pub use autopilot::{Autopilot, AutopilotPort, AutopilotStatus};
pub use camera::Exposure;
pub use clock::now;
pub use economy::Effort;
pub use equipment::{Equipment, Positions, autopilot_port, camera_settings, gnss_port, positions};
pub use gnss::{Gnss, GnssPort, GnssStatus};
pub use health::{Captured, Health, HealthFile, LinkHealth, SensorHealth};
pub use placement::Placement;
pub use run::{Destination, FlightError, Flown, fly};
pub use state::{Fault, Sense, Situation, State};
pub use thumbnails::{DiskLimits, make_room};
pub use track::Track;
pub use workload::Totals;
