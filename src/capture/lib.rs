//! Where frames come from, and what their metadata say of place, attitude and camera.

mod camera_model;
mod civil;
mod decode;
mod exif;
mod folder;
mod jpeg;
pub mod live;
mod metadata;
mod tag;
mod untagged_reason;
mod xmp;

use image::RgbImage;

pub use decode::FrameError;
pub use folder::{Folder, FolderError};
pub use metadata::Metadata;
pub use tag::{Tag, TagSettings};
pub use untagged_reason::Untagged;

/// One frame of a source.
#[derive(Debug)]
pub struct Frame {
    /// Its number in the survey, from 1, given once, by its source.
    pub sequence: u64,
    /// File name without folder.
    pub name: String,
    /// What it shows, or why it cannot be read.
    pub photograph: Result<Photograph, FrameError>,
}

/// A picture with what is known of where it was taken.
#[derive(Debug)]
pub struct Photograph {
    /// The pixels as the sensor gave them: EXIF's orientation is for display and is not applied.
    pub image: RgbImage,
    /// Pose and camera, or why the frame cannot be placed.
    pub tag: Result<Tag, Untagged>,
}
