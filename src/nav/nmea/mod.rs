//! NMEA 0183 from a GNSS receiver: bytes to lines, lines to sentences, sentences of one epoch to a fix.

mod assembler;
mod epoch;
mod lines;
mod sentence;
#[cfg(test)]
mod testing;

pub(super) use assembler::EpochAssembler;
pub use epoch::{FixSettings, NoFix};
pub(super) use lines::Framer;
pub use lines::LineCounts;
#[cfg(test)]
pub(super) use lines::checksum;
pub(super) use sentence::parse;
