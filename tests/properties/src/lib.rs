//! What must hold of anything that is read from outside, whatever its bytes: run by the fuzz targets on changed bytes, and by the
//! tests on the corpus.

pub mod board;
pub mod camera;
mod file;
pub mod geoid;
pub mod link;
pub mod mavlink;
pub mod metadata;
pub mod nmea;
pub mod terrain;
