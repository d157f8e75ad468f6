//! Simulated landslide surveys: a seeded piece of mountain country, the drone that flies over it and the photographs,
//! logs and truth it brings home; and training data of the same country in the layout of GDCLD.
//!
//! The way of the data: [`dice`] and [`noise`] make a [`scene`] (terrain, covers, landslides, light); [`surface`] tells
//! its colour at a place, [`ortho`] and [`mosaic`] bake it; [`dataset`] writes it as tiles. A [`world`] puts the scene
//! somewhere on earth, a [`flight`] crosses it, [`render`] takes the photographs, [`sensors`] measure with errors, and
//! [`survey`] writes it all down.
//!
//! The geometry here is deliberately another implementation than the firmware's: where the two agree, neither is
//! likely to be wrong.

pub mod camera;
pub mod camera_response;
pub mod clock;
pub mod colour;
pub mod dataset;
pub mod demo;
pub mod dice;
pub mod drift;
pub mod exif;
pub mod flight;
pub mod geodesy;
pub mod height_field;
pub mod landslide;
pub mod landslide_map;
pub mod logs;
pub mod mosaic;
pub mod nmea;
pub mod noise;
pub mod ortho;
pub mod overview;
pub mod photograph;
pub mod render;
pub mod rotation;
pub mod scene;
pub mod sensors;
pub mod surface;
pub mod survey;
pub mod survey_file;
pub mod survey_plan;
pub mod tiff_file;
pub mod world;
