//! Where frames come from, and what their metadata say of place, attitude and camera.

mod camera;
mod civil;
mod decode;
mod exif;
mod folder;
pub mod live;
mod metadata;
mod tag;
mod untagged;
mod xmp;

use image::RgbImage;

pub use decode::FrameError;
pub use folder::{Folder, FolderError};
pub use metadata::Metadata;
pub use tag::{Tag, TagSettings};
pub use untagged::Untagged;

/// One picture with what is known of where it was taken.
#[derive(Debug)]
pub struct Frame {
    /// File name without folder.
    pub name: String,
    /// Position in its source, from 1; frames that could not be read have one too.
    pub sequence: u64,
    /// The pixels as the sensor gave them: EXIF's orientation is for display and is not applied.
    pub image: RgbImage,
    /// Pose and camera, or why the frame cannot be placed.
    pub tag: Result<Tag, Untagged>,
}

/// Something that yields frames one at a time.
pub trait FrameSource {
    /// The next frame, or why it cannot be read; `None` after the last. A frame that cannot be read does not end the
    /// source.
    fn next_frame(&mut self) -> Option<Result<Frame, FrameError>>;
}
