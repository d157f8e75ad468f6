//! From probabilities to landslides on the ground: outlines, the vote of overlapping frames, lasting identities.
//!
//! [`trace`] turns one frame's probabilities into outlines. The pipeline places them on the survey's plane and hands them to
//! the [`Inventory`], in which the frames vote cell by cell; what the majority holds to be landslide is outlined anew
//! and reported in degrees. Nothing here reads a clock, a file or a random number.

mod association;
mod component;
mod contour;
pub mod coordinate_grid;
mod frame_coverage;
mod frame_observation;
mod geojson_feature;
mod inventory;
mod landslide;
mod landslide_report;
mod polygonize;
mod run;
mod settings;
mod simplify;
mod vote_grid;

pub use frame_coverage::{FrameFootprint, FrameReport};
pub use frame_observation::{Detection, Observation, ObserveError};
pub use geojson_feature::{
    footprint_feature, landslide_feature, outline_geometry, within_longitudes,
};
pub use inventory::Inventory;
pub use landslide::{Landslide, LandslideStatus};
pub use polygonize::{Outline, ProbabilityGrid, trace};
pub use run::Run;
pub use settings::Settings;
pub use simplify::simplify;
