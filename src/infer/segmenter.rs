//! Segmenting whole images with a model.

use std::sync::Arc;

use image::RgbImage;
use thiserror::Error;

use super::{
    Manifest, Model, ModelError, ModelSession, Normalisation, ProbabilityMap, Tile, Tiling, blend,
};

/// An image side below this shows the network no context to judge by.
const MIN_SIDE: u32 = 32;
/// Least overlap of two tiles that still blends, in pixels.
const MIN_OVERLAP: u32 = 16;

/// An image or a setting that cannot be segmented with.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// The image is too small to judge.
    #[error(
        "image has {width}x{height} pixels at the model's scale; at least {MIN_SIDE} by {MIN_SIDE} are needed"
    )]
    TooSmall {
        /// Width in model-GSD pixels.
        width: u32,
        /// Height in model-GSD pixels.
        height: u32,
    },
    /// The overlap leaves no tile, or nothing to blend.
    #[error(
        "tile overlap of {overlap} px is out of range; it must be from {MIN_OVERLAP} to half a tile, {most} px"
    )]
    Overlap {
        /// The overlap asked for.
        overlap: u32,
        /// The most that makes sense with this model.
        most: u32,
    },
    /// The network failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// One worker's means of segmenting images: a session of the shared model and its reused buffers.
pub struct Segmenter {
    session: ModelSession,
    model: Arc<Model>,
    tiling: Tiling,
    normal: Normalisation,
}

impl Segmenter {
    /// A segmenter for one thread; `overlap` is the least overlap of neighbouring tiles in model pixels.
    ///
    /// # Errors
    /// When the overlap is below 16 px or above half a tile, or no session can be made.
    pub fn new(model: &Arc<Model>, overlap: u32) -> Result<Self, SegmentError> {
        Self::with_threads(1, model, overlap)
    }

    /// A segmenter that runs each tile on `threads` threads, the caller's among them; see [`Model::session_on`].
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_threads(
        threads: usize,
        model: &Arc<Model>,
        overlap: u32,
    ) -> Result<Self, SegmentError> {
        let manifest = model.manifest();
        let (width, height) = (manifest.input.width, manifest.input.height);
        let most = width.min(height) / 2;
        if overlap < MIN_OVERLAP || overlap > most {
            return Err(SegmentError::Overlap { overlap, most });
        }
        Ok(Self {
            session: model.session_on(threads)?,
            model: Arc::clone(model),
            tiling: Tiling {
                width,
                height,
                overlap,
                stride: manifest.output.stride,
            },
            normal: Normalisation::of(manifest),
        })
    }

    /// The manifest of the model in use.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.model.manifest()
    }

    /// How this segmenter covers an image with tiles.
    #[must_use]
    pub fn tiling(&self) -> Tiling {
        self.tiling
    }

    /// Landslide probability of one tile, for images too large to be held: `image` is the part of the scene that the
    /// tile shows, continued by reflection where it ends before the tile does; `cells` receives the answer, row-major.
    ///
    /// # Errors
    /// When the network fails.
    pub fn tile(&mut self, image: &RgbImage, cells: &mut [f32]) -> Result<(), SegmentError> {
        let tile = Tile::Pixels {
            image,
            corner: (0, 0),
            normal: &self.normal,
        };
        Ok(self.session.run(tile, cells)?)
    }

    /// Landslide probability of every output cell of `image`, which must be at the model's ground sampling distance.
    /// Images smaller than a tile are continued by reflection.
    ///
    /// # Errors
    /// When a side is below 32 pixels or the network fails.
    pub fn probability(&mut self, image: &RgbImage) -> Result<ProbabilityMap, SegmentError> {
        let (width, height) = image.dimensions();
        if width < MIN_SIDE || height < MIN_SIDE {
            return Err(SegmentError::TooSmall { width, height });
        }
        let (session, normal) = (&mut self.session, &self.normal);
        let map = blend(self.tiling, width, height, |left, top, cells| {
            let tile = Tile::Pixels {
                image,
                corner: (left, top),
                normal,
            };
            session.run(tile, cells)
        })?;
        Ok(map)
    }
}

/// Whether a frame of `width` by `height` pixels, each `gsd_m` of ground, shows too little of it for a network at
/// `model_gsd_m`, as on the ground and just above.
#[must_use]
pub fn too_little_ground(width: u32, height: u32, gsd_m: f64, model_gsd_m: f64) -> bool {
    let side_px = f64::from(width.min(height)) * gsd_m / model_gsd_m;
    side_px < f64::from(MIN_SIDE) || gsd_m * super::resample::MAX_REDUCE < model_gsd_m
}
