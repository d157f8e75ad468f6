//! Scarp.

pub mod infer;
pub mod inventory;
pub mod link;
