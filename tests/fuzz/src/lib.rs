//! What the fuzz targets do with their bytes.
//!
//! The firmware's own modules are taken in by path, not by depending on `scarp`: its inference engine would have to be built
//! under the sanitizer too, which takes half an hour, for code that none of these bytes reach.

#[path = "../../../src/config/mod.rs"]
pub mod config;
#[path = "../../../src/nav/mod.rs"]
pub mod nav;

mod capture;
mod geo;

pub mod board;
pub mod mavlink_bytes;
pub mod nmea_bytes;

pub use capture::metadata_bytes;
