//! What one pair holds, and whether it fits.

use std::path::PathBuf;

use thiserror::Error;

use crate::{
    dataset::{EntryError, IGNORED, Pair},
    raster::{Crs, Georeference, Kind, Raster, RasterError, Window},
};

/// Rows decoded at a time.
const ROWS: u32 = 256;

/// Why a pair, or a file without its counterpart, does not fit. Each message is one line.
#[derive(Debug, Error)]
pub enum Misfit {
    /// The image or label cannot be read.
    #[error(transparent)]
    Raster(#[from] RasterError),
    /// The image or label cannot be taken out of its archive.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The label is not of the image's size.
    #[error("{label}: is {}x{} but its image is {}x{}; they must agree pixel by pixel",
        label_size.0, label_size.1, image_size.0, image_size.1)]
    Sizes {
        /// The label.
        label: PathBuf,
        /// The image's width and height.
        image_size: (u32, u32),
        /// The label's width and height.
        label_size: (u32, u32),
    },
    /// The label is 0 and 255.
    #[error("{0}: holds 0 and 255; labels are 0 and 1, convert it (gdal_calc.py --calc=\"A>0\")")]
    Label255(PathBuf),
    /// The label holds other values.
    #[error(
        "{label}: holds the values {}; labels are 0 and 1, find out which of them mean landslide",
        list(values)
    )]
    LabelValues {
        /// The label.
        label: PathBuf,
        /// All its values.
        values: Vec<u8>,
    },
    /// An image has no label.
    #[error("{0}: has no label of the same name; add it or take the image out")]
    NoLabel(PathBuf),
    /// A label has no image.
    #[error("{0}: is a label without an image of the same name; add it or take the label out")]
    NoImage(PathBuf),
    /// Two files have one name.
    #[error("{0}: another file has the same name and another extension; keep one")]
    Doubled(PathBuf),
}

fn list(values: &[u8]) -> String {
    let mut shown: Vec<_> = values.iter().take(6).map(u8::to_string).collect();
    if values.len() > shown.len() {
        shown.push(format!("and {} more", values.len() - shown.len()));
    }
    shown.join(", ")
}

/// How an image is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    pub(super) width: u32,
    pub(super) height: u32,
    /// `None` without a georeference.
    pub(super) crs: Option<Crs>,
}

/// What one pair holds.
pub(super) struct Facts {
    pub(super) form: Form,
    pub(super) landslide: u64,
    pub(super) pixels: u64,
}

/// Reads both files of a pair to their ends.
pub(super) fn read(pair: &Pair) -> Result<Facts, Misfit> {
    let (image_file, label_file) = (pair.image.local()?, pair.label.local()?);
    let mut image = image_file.open(Kind::Rgb)?;
    let mut label = label_file.open(Kind::Label)?;
    if image.size() != label.size() {
        return Err(Misfit::Sizes {
            label: pair.label.shown(),
            image_size: image.size(),
            label_size: label.size(),
        });
    }
    let counts = histogram(&mut label)?;
    let judged = counts[0] + counts[1];
    let ignored = if pair.ignored {
        counts[usize::from(IGNORED)]
    } else {
        0
    };
    if judged + ignored < counts.iter().sum() {
        let values: Vec<_> = (0..=u8::MAX)
            .filter(|v| counts[usize::from(*v)] > 0)
            .collect();
        let label = pair.label.shown();
        return Err(match values[..] {
            [255] | [0, 255] => Misfit::Label255(label),
            _ => Misfit::LabelValues { label, values },
        });
    }
    // The image's samples tell nothing here, but only reading them shows whether they are all there.
    windows(&mut image, |_| {})?;
    let (width, height) = image.size();
    Ok(Facts {
        form: Form {
            width,
            height,
            crs: Georeference::read(image_file.path()).map(|place| place.crs),
        },
        landslide: counts[1],
        pixels: judged,
    })
}

fn histogram(label: &mut Raster) -> Result<[u64; 256], RasterError> {
    let mut counts = [0_u64; 256];
    windows(label, |samples| {
        for value in samples {
            counts[usize::from(*value)] += 1;
        }
    })?;
    Ok(counts)
}

fn windows(raster: &mut Raster, mut each: impl FnMut(&[u8])) -> Result<(), RasterError> {
    let (width, height) = raster.size();
    let mut samples = Vec::new();
    for y in (0..height).step_by(ROWS as usize) {
        let window = Window {
            x: 0,
            y,
            width,
            height: ROWS.min(height - y),
        };
        raster.read(window, &mut samples)?;
        each(&samples);
    }
    Ok(())
}
