//! Where frames come from, and what their metadata say of place, attitude and camera.

mod attitude;
mod calibration;
mod camera_model;
mod civil;
mod decode;
mod exif;
mod exposure;
mod focal_length;
mod folder;
mod heights;
mod jpeg;
mod jpeg_header;
mod kind;
mod left_out;
mod limits;
mod line_flown;
pub mod live;
mod metadata;
mod number;
mod photograph_files;
mod picture_scale;
mod poses;
mod position;
mod reading;
mod sourced;
mod survey;
mod surveyed;
mod tag_settings;
mod tiff_file;
mod untagged_reason;
mod xmp;

use image::RgbImage;

pub use decode::FrameError;
pub use folder::Folder;
pub use heights::Heights;
pub use left_out::LeftOut;
pub use metadata::Metadata;
pub use photograph_files::FolderError;
pub use poses::{PoseRemarks, Poses, PosesError};
pub use reading::{Reading, Tag};
pub use sourced::Sourced;
pub use surveyed::Surveyed;
pub use tag_settings::TagSettings;
pub use untagged_reason::Untagged;

/// One frame of a source.
#[derive(Debug)]
pub struct Frame {
    /// Its number in the survey, from 1, given once, by its source.
    pub sequence: u64,
    /// Its file's name, after those of the folders that it lies in below the one that is searched.
    pub name: String,
    /// What it shows, or why it cannot be read.
    pub photograph: Result<Photograph, FrameError>,
}

/// A picture with what is known of where it was taken.
#[derive(Debug)]
pub struct Photograph {
    /// The pixels as they are stored, none where a photograph is left out whose pixels are not read: where EXIF's orientation asks for a turn, the attitude of the tag has it.
    pub image: RgbImage,
    /// Pose and camera, or why the frame cannot be placed.
    pub tag: Result<Tag, Untagged>,
}
