//! A model against labelled images: every image whole, by the engine that flies.

mod predict;
mod resume;
mod sample;
mod scan;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use scarp::infer::{Model, SegmentError, Segmenter};
use thiserror::Error;

use crate::{
    dataset::{self, DatasetError, EntryError, Pair, Part},
    metrics::Curve,
    raster::RasterError,
    report::{ImageReport, Refused, Report},
};

/// What to validate and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Dataset folder.
    pub data: PathBuf,
    /// Its part.
    pub part: Part,
    /// Enlargement of the images before they are searched: their GSD over the model's.
    pub scale: f64,
    /// Threshold, or the model's own.
    pub threshold: Option<f32>,
    /// Tiles searched at a time.
    pub workers: usize,
    /// Least overlap of neighbouring tiles in model pixels.
    pub overlap: u32,
    /// Folder for what is made; results already there are taken over.
    pub out: PathBuf,
}

/// Why an image, or everything, cannot be validated.
#[derive(Debug, Error)]
pub enum ValidateError {
    /// The image or label cannot be read.
    #[error(transparent)]
    Raster(#[from] RasterError),
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The image or label cannot be taken out of its archive.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The network failed.
    #[error(transparent)]
    Segment(#[from] SegmentError),
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
    /// The label holds another value than 0 and 1.
    #[error(
        "{label}: holds the value {value}; labels are 0 and 1, convert it (gdal_calc.py --calc=\"A>0\")"
    )]
    LabelValue {
        /// The label.
        label: PathBuf,
        /// The first such value.
        value: u8,
    },
    /// A result cannot be written.
    #[error("{path}: {source}; free space or choose another --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is nobody to do the work.
    #[error("no workers; give at least one")]
    NoWorkers,
    /// Every image was refused.
    #[error("{0}: no image could be validated; the first reason: {1}")]
    Nothing(PathBuf, String),
}

/// How far a validation is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Images done.
    pub images_done: usize,
    /// Images in all.
    pub images: usize,
    /// The image in work.
    pub name: &'a str,
    /// Share of its tiles that is done.
    pub share: f64,
}

/// Validates the model on every pair of the dataset. An image that cannot be used is listed in the report, and the others go
/// on. Each image's result is written when it is done, so that an interrupted run resumes.
///
/// # Errors
/// When the dataset cannot be found, the network fails, results cannot be written, or no image can be used.
pub fn run(
    model: &Arc<Model>,
    options: &Options,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report, ValidateError> {
    let pairs = dataset::find(&options.data, options.part)?;
    let threshold = options.threshold.unwrap_or(model.manifest().threshold);
    let (thresholds, shown) = thresholds(threshold);
    let mut segmenters = (0..options.workers)
        .map(|_| Segmenter::new(model, options.overlap))
        .collect::<Result<Vec<_>, _>>()?;
    let overlays = options.out.join("overlays");
    fs::create_dir_all(&overlays).map_err(written(&overlays))?;
    let mut refused: Vec<Refused> = pairs
        .unlabelled
        .iter()
        .map(|path| Refused::new(path, &format!("{}: has no label", path.display())))
        .collect();
    let mut images = Vec::new();
    let count = pairs.complete.len();
    for (index, pair) in pairs.complete.iter().enumerate() {
        let tell = |share: f64, progress: &mut dyn FnMut(Progress<'_>)| {
            progress(Progress {
                images_done: index,
                images: count,
                name: &pair.name,
                share,
            });
        };
        tell(0.0, &mut progress);
        let key = resume::key(model, pair, options, threshold);
        let overlay = overlays.join(format!("{}.png", pair.name));
        if let Some(curve) = resume::read(&options.out, pair, &key).filter(|_| overlay.exists()) {
            images.push(ImageReport::new(pair, curve, shown, true));
            continue;
        }
        let done = one(
            pair,
            options,
            &thresholds,
            shown,
            &mut segmenters,
            |share| {
                tell(share, &mut progress);
            },
        );
        match done {
            Ok(scan) => {
                scan.overlay
                    .save(&overlay)
                    .map_err(|e| ValidateError::Write {
                        path: overlay.clone(),
                        source: io::Error::other(e),
                    })?;
                resume::write(&options.out, pair, &key, &scan.curve)?;
                images.push(ImageReport::new(pair, scan.curve, shown, false));
            }
            Err(error @ (ValidateError::Segment(_) | ValidateError::Write { .. })) => {
                return Err(error);
            }
            Err(error) => refused.push(Refused::new(&pair.image.shown(), &error.to_string())),
        }
    }
    if images.is_empty() {
        let reason = refused
            .first()
            .map_or_else(String::new, |r| r.reason.clone());
        return Err(ValidateError::Nothing(options.data.clone(), reason));
    }
    Ok(Report::new(
        model.manifest(),
        options,
        threshold,
        &thresholds,
        images,
        refused,
    ))
}

fn one(
    pair: &Pair,
    options: &Options,
    thresholds: &[f32],
    shown: usize,
    segmenters: &mut [Segmenter],
    mut tiles: impl FnMut(f64),
) -> Result<scan::Scan, ValidateError> {
    let (image, label) = (pair.image.local()?, pair.label.local()?);
    let map = predict::probability(&image, options.scale, segmenters, |done, all| {
        tiles(done as f64 / all as f64);
    })?;
    scan::scan(&image, &label, &map, options.scale, thresholds, shown)
}

/// 0.01 to 0.99, and `chosen` among them; with the number of `chosen`.
fn thresholds(chosen: f32) -> (Vec<f32>, usize) {
    let mut all: Vec<f32> = (1..100_u8)
        .map(|percent| f32::from(percent) / 100.0)
        .collect();
    let index = all.partition_point(|t| *t < chosen);
    if all.get(index) != Some(&chosen) {
        all.insert(index, chosen);
    }
    (all, index)
}

fn written(path: &Path) -> impl FnOnce(io::Error) -> ValidateError {
    let path = path.to_owned();
    |source| ValidateError::Write { path, source }
}

/// Adds up the curves of all images.
pub(crate) fn pool<'a>(curves: impl Iterator<Item = &'a Curve>, thresholds: usize) -> Curve {
    let mut total = Curve::new(thresholds);
    curves.for_each(|curve| total.add(curve));
    total
}
