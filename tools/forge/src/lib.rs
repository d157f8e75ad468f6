//! The engineer's tool: proves models on labelled images, with the engine that flies.

pub mod compare;
pub mod dataset;
pub mod files;
pub mod metrics;
pub mod raster;
pub mod report;
pub mod validate;
