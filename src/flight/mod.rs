//! The sensors in flight: threads that read them, and the aircraft's way that they share.

mod clock;
mod gnss;
mod lock;
mod track;

pub use clock::now;
pub use gnss::{Gnss, GnssPort, GnssStatus};
pub use track::Track;
