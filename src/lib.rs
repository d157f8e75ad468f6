//! The program `scarp`, in parts that its own tests can take hold of; no other crate may depend on it.
//!
//! [`pipeline`] is the way of the frames, from capture to what is reported; [`flight`] reads live sensors. What they are made
//! of are the crates beside them, each a room of its own: `geo`, `nav`, `capture`, `infer`, `inventory`, `link`, `config`.

pub mod flight;
pub mod pipeline;
