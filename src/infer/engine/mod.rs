//! The engines that run a network: what every one of them offers ([`Engine`], [`Session`]), a file for each, and the table of
//! those there are.

mod int8;
mod interface;
mod probabilities;
mod selection;
mod tract;

pub use interface::{Engine, EngineError, OperatorInfo, Registration, Session, Tile};
pub use selection::{AUTO, UnknownEngine, engines};

/// Every engine, in order of preference: a model runs in the first that accepts its graph.
pub const ENGINES: &[Registration] = &[int8::INT8, tract::TRACT];
