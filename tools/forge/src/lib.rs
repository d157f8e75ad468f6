//! The engineer's tool: inspects and makes datasets, proves models on labelled images with the engine that flies.

pub mod dataset;
pub mod metrics;
pub mod raster;
pub mod report;
pub mod validate;
