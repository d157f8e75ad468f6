//! What the commands that judge models have in common.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::Context;
use clap::ValueEnum;
use scarp_forge::{
    dataset::Part,
    network::{Assumed, Network},
    report::{self, Report},
    validate::{self, Options},
};
use scarp_infer::{Manifest, Model};
use serde::Serialize;

use super::{Outcome, progress::Progress};

/// Steps of the progress bar per image.
const STEPS: f64 = 100.0;

/// The images, and how to search them.
#[derive(clap::Args)]
pub struct DataArgs {
    /// Dataset folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Part of a dataset in GDCLD's layout
    #[arg(long, value_enum, default_value_t = PartName::Test)]
    part: PartName,
    /// Enlarge images so many times: their GSD over that of the (first) model [default: from each image's GSD where it is known, else 1]
    #[arg(long, value_parser = scale)]
    scale: Option<f64>,
    /// Probability from which a pixel counts as landslide [default: the model's]
    #[arg(long, value_parser = threshold)]
    threshold: Option<f32>,
    /// Tiles searched at a time [default: one per processor core]
    #[arg(long)]
    workers: Option<NonZero<usize>>,
    /// Least overlap of neighbouring tiles, in model pixels
    #[arg(long, value_name = "PX", default_value_t = 128)]
    overlap: u32,
    /// Folder for the page, the JSON and overlays
    #[arg(long, value_name = "DIR", default_value = "forge-out")]
    pub out: PathBuf,
    /// Write the JSON to this file as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Parts of a dataset in GDCLD's layout.
#[derive(Clone, Copy, ValueEnum)]
pub enum PartName {
    Train,
    Val,
    Test,
}

impl From<PartName> for Part {
    fn from(name: PartName) -> Self {
        match name {
            PartName::Train => Self::Train,
            PartName::Val => Self::Val,
            PartName::Test => Self::Test,
        }
    }
}

/// The firmware's least overlap of neighbouring tiles in pixels, or half a tile where tiles are small.
pub fn overlap(manifest: &Manifest) -> u32 {
    (manifest.input.width / 2).min(128)
}

/// Loads a model to be judged: a folder, which is proven, or the bare ONNX file of another network.
pub fn load_model(path: &Path) -> anyhow::Result<Arc<Model>> {
    if path.is_dir() {
        return Ok(Arc::new(Model::load(path)?));
    }
    let network = Network::read(path, &Assumed::default())?;
    Ok(Arc::new(network.model(&network.graph)?))
}

impl DataArgs {
    /// The options for a model whose results go to `out`; images of unknown GSD are taken to have `base_gsd_m`.
    pub fn options(&self, base_gsd_m: f64, out: PathBuf) -> Options {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Options {
            data: self.data.clone(),
            part: self.part.into(),
            scale: self.scale,
            base_gsd_m,
            threshold: self.threshold,
            workers: self.workers.map_or(cores, NonZero::get),
            overlap: self.overlap,
            out,
        }
    }
}

/// Validates with a progress bar that is headed `label`.
pub fn validate(model: &Arc<Model>, options: &Options, label: &str) -> anyhow::Result<Report> {
    let progress = Progress::new(label, 1);
    let report = validate::run(model, options, |p| {
        let number = p.images_done + 1;
        progress.working_on(format!("{} ({number} of {})", p.name, p.images));
        let done = (p.images_done as f64 + p.share) * STEPS;
        progress.done(done as usize, (p.images as f64 * STEPS) as usize);
    });
    drop(progress);
    let mut report = report?;
    report.peak_rss_bytes = scarp_infer::process_memory::peak_rss_bytes();
    Ok(report)
}

/// Writes `report.json` and `report.html` into `out`; gives the page's path.
pub fn write_report(report: &Report, out: &Path, json: Option<&Path>) -> anyhow::Result<PathBuf> {
    write_json(report, &out.join("report.json"), json)?;
    let page = out.join("report.html");
    let html = report::page(report, &out.join("overlays"))?;
    write(&page, html.as_bytes())?;
    Ok(page)
}

/// Writes `value` to `path`, and to `also` if the user wants it there.
pub fn write_json(value: &impl Serialize, path: &Path, also: Option<&Path>) -> anyhow::Result<()> {
    let json = serde_json::to_vec_pretty(value)?;
    write(path, &json)?;
    also.map_or(Ok(()), |also| write(also, &json))
}

pub fn write(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    scarp_files::replace(path, contents)
        .map_err(|e| anyhow::anyhow!("{e}; free space or choose another place"))
        .with_context(|| path.display().to_string())
}

/// Tells of refused images; whether all went well.
pub fn print_refused(report: &Report) -> Outcome {
    for image in &report.refused {
        eprintln!("refused: {}", image.reason);
    }
    if report.refused.is_empty() {
        Outcome::Success
    } else {
        Outcome::Warnings
    }
}

/// A score in percent, for a line of text.
pub fn percent(score: Option<f64>) -> String {
    score.map_or("-".to_owned(), |s| format!("{:.2}", s * 100.0))
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (1.0 / 64.0..=64.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 1/64 to 64".to_owned()),
    }
}

pub fn threshold(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(threshold) if threshold > 0.0 && threshold < 1.0 => Ok(threshold),
        _ => Err("a number between 0 and 1".to_owned()),
    }
}
