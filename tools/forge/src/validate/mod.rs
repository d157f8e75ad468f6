//! A model against labelled images: every image whole, by the engine that flies.

mod outcome;
mod predict;
mod resume;
mod sample;
mod scan;

use std::{
    fs,
    io::{self, Cursor},
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{ImageFormat, RgbImage};
use scarp_infer::{Model, SegmentError, Segmenter};
use thiserror::Error;

pub use self::outcome::GroundResolution;
pub(crate) use self::outcome::{Effort, Found};
use crate::{
    dataset::{self, DatasetError, EntryError, Pair, Part},
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
    /// The GSD of all images over `base_gsd_m`; without it, each image's own GSD is used where it is known.
    pub scale: Option<f64>,
    /// GSD of images of which it is unknown: that of the model, or of the first of several.
    pub base_gsd_m: f64,
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
        "{label}: holds the value {value}; labels are 0 and 1, convert it (gdal_calc.py --calc=\"A>0\"); where 255 is what nobody judged, say ignored = 255 in dataset.toml"
    )]
    LabelValue {
        /// The label.
        label: PathBuf,
        /// The first such value.
        value: u8,
    },
    /// The image would have to be enlarged beyond what can be held.
    #[error(
        "{image}: of {gsd_m} m GSD, is {}x{} pixels at the model's {model_gsd_m} m; a model of a larger GSD can search it, or cut it into scenes", size.0, size.1
    )]
    TooLarge {
        /// The image.
        image: PathBuf,
        /// Its ground sampling distance.
        gsd_m: f64,
        /// The model's.
        model_gsd_m: f64,
        /// Width and height at the model's GSD.
        size: (u32, u32),
    },
    /// A result cannot be written.
    #[error("{path}: {reason}; free space or choose another --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not; said once, in the message.
        reason: io::Error,
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
        let resolution = GroundResolution::of(
            pair,
            options.scale,
            options.base_gsd_m,
            model.manifest().input.gsd_m,
        );
        let key = resume::key(model, pair, options, resolution, threshold);
        let overlay = overlays.join(format!("{}.png", pair.name));
        if let Some(found) = resume::read(&options.out, pair, &key).filter(|_| overlay.exists()) {
            images.push(ImageReport::new(pair, resolution, found, shown, true));
            continue;
        }
        let done = one(
            pair,
            resolution,
            &thresholds,
            shown,
            &mut segmenters,
            |share| {
                tell(share, &mut progress);
            },
        );
        match done {
            Ok((found, picture)) => {
                write_png(&overlay, &picture)?;
                resume::write(&options.out, pair, &key, &found)?;
                images.push(ImageReport::new(pair, resolution, found, shown, false));
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
        threshold,
        &thresholds,
        shown,
        images,
        refused,
    ))
}

fn one(
    pair: &Pair,
    resolution: GroundResolution,
    thresholds: &[f32],
    shown: usize,
    segmenters: &mut [Segmenter],
    mut tiles: impl FnMut(f64),
) -> Result<(Found, RgbImage), ValidateError> {
    let (image, label) = (pair.image.local()?, pair.label.local()?);
    let (map, effort) = predict::probability(&image, resolution, segmenters, |done, all| {
        tiles(done as f64 / all as f64);
    })?;
    let (counts, overlay) = scan::scan(
        &image,
        (&label, pair.ignored),
        &map,
        resolution,
        thresholds,
        shown,
    )?;
    Ok((Found { counts, effort }, overlay))
}

fn write_png(path: &Path, picture: &RgbImage) -> Result<(), ValidateError> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(io::Error::other)
        .and_then(|()| scarp_files::replace(path, bytes.get_ref()))
        .map_err(written(path))
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
    |reason| ValidateError::Write { path, reason }
}
