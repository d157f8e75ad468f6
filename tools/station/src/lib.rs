//! The ground station: makes the keys, receives what drones report over QUIC and keeps it in a GeoPackage.

pub mod export;
pub mod keys;
pub mod serve;
pub mod store;
