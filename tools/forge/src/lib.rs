//! The engineer's tool: makes datasets, builds quantized models and proves them on labelled images, with the engine that flies;
//! prepares elevation models.

pub mod compare;
pub mod dataset;
pub mod engine;
pub mod graph;
pub mod metrics;
pub mod network;
pub mod optimise;
pub mod quantize;
pub mod raster;
pub mod release;
pub mod report;
pub mod samples;
pub mod terrain;
pub mod validate;
