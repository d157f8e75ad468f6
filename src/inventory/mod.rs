//! From probabilities to landslides on the ground: outlines, the vote of overlapping frames, lasting identities.
//!
//! [`trace`] turns one frame's probabilities into outlines. The pipeline places them on the ground and hands them to
//! the [`Inventory`], in which the frames vote cell by cell; what the majority holds to be landslide is outlined anew
//! and reported. Nothing here reads a clock, a file or a random number.

mod component;
mod contour;
mod evidence;
mod fill;
mod fuse;
mod heirs;
mod landslide;
mod observation;
mod report;
mod simplify;
mod trace;

pub use fuse::{Inventory, Settings};
pub use landslide::{Landslide, LandslideStatus};
pub use observation::{Detection, Observation, ObserveError, Plane};
pub use simplify::simplify;
pub use trace::{Outline, trace};
