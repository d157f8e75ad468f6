//! What a raster is read as, and the parts it is read in.

use std::path::Path;

use super::RasterError;

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

/// Copies what `source`, which covers `from`, holds of `window` into `target`, which covers `window`.
pub(super) fn copy_overlap(
    source: &[u8],
    from: Window,
    target: &mut [u8],
    window: Window,
    samples: usize,
) {
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
pub(super) fn check_size(path: &Path, width: u32, height: u32) -> Result<(), RasterError> {
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

/// What a file of `kind` has to hold.
pub(super) fn needed(kind: Kind) -> &'static str {
    match kind {
        Kind::Rgb => "3 interleaved bands of 8 bits (RGB)",
        Kind::Label => "1 band of 8 bits, 1 where there is landslide and 0 elsewhere",
    }
}
