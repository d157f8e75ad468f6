//! Images and labels read in windows, so that a scene larger than memory can be searched.

mod error;
mod georeference;
mod picture;
mod resampled;
mod tiff;

use std::path::Path;

pub use self::{
    error::RasterError,
    georeference::{Crs, GeoTags, Georeference},
    resampled::Resampled,
};
use self::{picture::Picture, tiff::TiffRaster};

/// Most pixels a raster may declare: 40,000 x 40,000. The probability map of such a scene takes 400 MB at stride 4.
const MAX_PIXELS: u64 = 1_600_000_000;

/// What a raster is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Red, green and blue, 8 bits each.
    Rgb,
    /// One band of 8 bits.
    Label,
}

impl Kind {
    /// Samples per pixel.
    #[must_use]
    pub fn samples(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Label => 1,
        }
    }
}

/// Part of a raster, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

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

/// Copies what `source`, which covers `from`, holds of `window` into `target`, which covers `window`.
fn copy_overlap(source: &[u8], from: Window, target: &mut [u8], window: Window, samples: usize) {
    let left = window.x.max(from.x);
    let right = (window.x + window.width).min(from.x + from.width);
    let top = window.y.max(from.y);
    let bottom = (window.y + window.height).min(from.y + from.height);
    if left >= right {
        return;
    }
    let length = (right - left) as usize * samples;
    let at = |w: Window, y: u32| {
        ((y - w.y) as usize * w.width as usize + (left - w.x) as usize) * samples
    };
    for y in top..bottom {
        let (s, t) = (at(from, y), at(window, y));
        target[t..t + length].copy_from_slice(&source[s..s + length]);
    }
}

/// Refuses a declared size that is empty or too large to be searched.
fn check_size(path: &Path, width: u32, height: u32) -> Result<(), RasterError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(RasterError::Size {
            path: path.to_owned(),
            width,
            height,
        });
    }
    Ok(())
}
