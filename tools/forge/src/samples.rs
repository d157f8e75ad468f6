//! Tiles cut from a dataset to calibrate and judge a network by.

use std::collections::BTreeMap;

use image::RgbImage;
use scarp_infer::{Manifest, Normalisation};
use thiserror::Error;

use crate::{
    dataset::{Entry, EntryError, Pairs},
    raster::{Kind, RasterError, Window},
};

/// A tile of at most the network's size, with its label if there is one.
pub struct Sample {
    /// The picture.
    pub image: RgbImage,
    /// 0 and 1, row-major, as large as the picture.
    pub label: Option<Vec<u8>>,
}

/// An image that gives no tile.
#[derive(Debug, Error)]
pub enum SampleError {
    /// It cannot be unpacked.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It cannot be read.
    #[error(transparent)]
    Raster(#[from] RasterError),
}

/// `count` tiles, spread evenly over the images and over places inside them; always the same ones. An image is used again
/// only when there are fewer images than tiles. `tell` is called for every image that cannot be used.
///
/// # Errors
/// The last image's error, when none can be used.
pub fn samples(
    pairs: &Pairs,
    manifest: &Manifest,
    count: usize,
    mut tell: impl FnMut(&SampleError),
) -> Result<Vec<Sample>, SampleError> {
    let labelled = pairs
        .complete
        .iter()
        .map(|pair| (pair.image.clone(), Some(&pair.label)));
    let others = pairs.unlabelled.iter().filter(|path| path.is_file());
    let others = others.map(|path| (Entry::File(path.clone()), None));
    let images: Vec<_> = labelled.chain(others).collect();
    let (mut found, mut refused) = (Vec::new(), BTreeMap::new());
    for number in 0..count {
        let index = if count < images.len() {
            number * images.len() / count
        } else {
            number % images.len().max(1)
        };
        let Some((image, label)) = images.get(index).filter(|_| !refused.contains_key(&index))
        else {
            continue;
        };
        match cut(image, *label, manifest, number) {
            Ok(sample) => found.push(sample),
            Err(error) => {
                tell(&error);
                refused.insert(index, error);
            }
        }
    }
    match refused.into_values().next_back() {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// Normalised input planes of a tile, continued by reflection to the network's size.
#[must_use]
pub fn planes(image: &RgbImage, manifest: &Manifest) -> Vec<f32> {
    let size = (manifest.input.width, manifest.input.height);
    let mut planes = Vec::new();
    Normalisation::of(manifest).fill(image, (0, 0), size, &mut planes);
    planes
}

fn cut(
    image: &Entry,
    label: Option<&Entry>,
    manifest: &Manifest,
    number: usize,
) -> Result<Sample, SampleError> {
    let image = image.local()?;
    let mut raster = image.open(Kind::Rgb)?;
    let (width, height) = raster.size();
    let (w, h) = (
        width.min(manifest.input.width),
        height.min(manifest.input.height),
    );
    // Multiples of these two fractions fill a square evenly, however many are taken (the R2 sequence of M. Roberts, 2018).
    let spread =
        |room: u32, step: f64| ((number as f64 * step).fract() * f64::from(room + 1)) as u32;
    let window = Window {
        x: spread(width - w, 0.754_877_666_246_693),
        y: spread(height - h, 0.569_840_290_998_053),
        width: w,
        height: h,
    };
    let mut pixels = Vec::new();
    raster.read(window, &mut pixels)?;
    Ok(Sample {
        image: RgbImage::from_raw(w, h, pixels).unwrap_or_default(),
        label: match label {
            Some(label) => read_label(label, (width, height), window)?,
            None => None,
        },
    })
}

/// The label in a window; none if it does not fit its image or holds other values than 0 and 1.
fn read_label(
    label: &Entry,
    size: (u32, u32),
    window: Window,
) -> Result<Option<Vec<u8>>, SampleError> {
    let label = label.local()?;
    let mut raster = label.open(Kind::Label)?;
    if raster.size() != size {
        return Ok(None);
    }
    let mut label = Vec::new();
    raster.read(window, &mut label)?;
    Ok(label.iter().all(|value| *value <= 1).then_some(label))
}
