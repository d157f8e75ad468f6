//! What dataset to make.

use std::path::PathBuf;

/// What one side of a split holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Images, and those that overlap on the ground: nothing that taught is judged again.
    Image,
    /// Tiles, as the paper has it: neighbours of one slope are on both sides, which flatters.
    Tile,
}

/// What to make and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// GeoTIFFs.
    pub images: Vec<PathBuf>,
    /// Files of outlines; all count for all images.
    pub outlines: Vec<PathBuf>,
    /// Layer of those that have several.
    pub layer: Option<String>,
    /// Folder of the dataset.
    pub out: PathBuf,
    /// Side of a tile.
    pub tile_px: u32,
    /// Parts of the tiles to train with and to validate with.
    pub split: (u32, u32),
    /// What stays together.
    pub by: By,
    /// Events of which the images are kept whole, for testing.
    pub leave_out: Vec<String>,
    /// List of images and tiles that are kept without landslides.
    pub negatives: Option<PathBuf>,
    /// Share of all other tiles without landslides that is kept.
    pub keep_empty: f64,
    /// Value of pixels outside of the picture, or what each file says.
    pub nodata: Option<u8>,
    /// Makes another choice.
    pub seed: u64,
}
