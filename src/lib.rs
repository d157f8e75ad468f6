//! Scarp finds fresh landslides from a drone, in flight: the firmware as a library.
//!
//! The modules stand in the order of the data's way; none calls one that stands before it.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`capture`] | photographs | frames with their metadata |
//! | [`nav`] | metadata | pose of the camera, with covariance and vertical datum |
//! | [`geo`] | pose, camera, ground | places of pixels, with CE90 |
//! | [`infer`] | pixels | landslide probability |
//! | [`inventory`] | probability, places | landslides that last, fused from overlapping frames |
//! | [`link`] | landslides | the ground station |
//!
//! [`pipeline`] joins them with threads and bounded queues; [`flight`] reads live sensors; [`config`] says what one computer is set up to do; [`memory`]
//! keeps what the process holds small.

pub mod capture;
pub mod config;
pub mod flight;
pub mod geo;
pub mod infer;
pub mod inventory;
pub mod link;
pub mod memory;
pub mod nav;
pub mod pipeline;
