//! Images and labels read in windows, so that a scene larger than memory can be searched.

mod error;
mod georeference;
mod picture;
mod resampled;
mod tiff;
mod window;

use std::path::Path;

pub use self::{
    error::RasterError,
    georeference::{Crs, GeoTags, Georeference},
    resampled::Resampled,
    window::{Kind, Window},
};
use self::{picture::Picture, tiff::TiffRaster};

/// An open image or label.
pub struct Raster {
    source: Source,
    kind: Kind,
    size: (u32, u32),
}

enum Source {
    Tiff(Box<TiffRaster>),
    Picture(Picture),
}

impl Raster {
    /// Opens a TIFF (striped or tiled, also BigTIFF), PNG or JPEG file and checks that it is of `kind`.
    ///
    /// # Errors
    /// When the file cannot be read, is of another kind, or declares more than 1.6 gigapixels.
    pub fn open(path: &Path, kind: Kind) -> Result<Self, RasterError> {
        Self::open_as(path, path, kind)
    }

    /// Opens `path` as [`Raster::open`] does; errors name `shown`, where a temporary copy comes from.
    ///
    /// # Errors
    /// As [`Raster::open`].
    pub fn open_as(path: &Path, shown: &Path, kind: Kind) -> Result<Self, RasterError> {
        let is_tiff = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("tif") || e.eq_ignore_ascii_case("tiff"));
        let (source, size) = if is_tiff {
            let tiff = TiffRaster::open(path, shown, kind)?;
            let size = tiff.size();
            (Source::Tiff(Box::new(tiff)), size)
        } else {
            let picture = Picture::open(path, shown, kind)?;
            let size = picture.size();
            (Source::Picture(picture), size)
        };
        Ok(Self { source, kind, size })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// What the raster is read as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The samples of a window that lies inside the raster, interleaved and row-major, into `samples`.
    ///
    /// # Errors
    /// When the file turns out to be damaged there.
    pub fn read(&mut self, window: Window, samples: &mut Vec<u8>) -> Result<(), RasterError> {
        samples.clear();
        samples.resize(
            window.width as usize * window.height as usize * self.kind.samples(),
            0,
        );
        match &mut self.source {
            Source::Tiff(tiff) => tiff.read(window, samples),
            Source::Picture(picture) => {
                picture.read(window, samples);
                Ok(())
            }
        }
    }
}
