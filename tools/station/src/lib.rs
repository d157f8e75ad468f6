//! The ground station: makes the keys, receives what drones report over QUIC, keeps it in a GeoPackage and shows it to other
//! programs.

pub mod feeds;
pub mod keys;
pub mod planned_area;
pub mod revocations;
pub mod serve;
pub mod store;
pub mod web;
