//! What `scarp-forge` promises. One program holds all of it, because each that is linked with the engine takes a minute.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod compare;
mod dataset;
mod full_disk;
mod help;
mod memory;
mod metrics;
mod networks;
mod objects;
mod release;
mod terrain;
mod validate;
