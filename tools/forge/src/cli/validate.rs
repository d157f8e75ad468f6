//! `scarp-forge validate`.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::Context;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use scarp::infer::Model;
use scarp_forge::{
    dataset::Part,
    report::{self, Report},
    validate::{self, Options},
};

use super::{Outcome, threshold};

/// Steps of the progress bar per image.
const STEPS: f64 = 100.0;

const EXAMPLES: &str = "\
Examples:
  scarp-forge validate models/segformer-b0 --data GDCLD                 the seven test images of GDCLD
  scarp-forge validate models/segformer-b0 --data photos --part val     val_dataset, or images/ and labels/
  scarp-forge validate models/segformer-b0 --data satellite --scale 4   images of 0.8 m for a model of 0.2 m

DATA holds GDCLD's folders or images/ and labels/ (TIFF, PNG, JPEG; labels 0 and 1; the same names).
An interrupted run goes on where it stopped when started again with the same --out.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the model: manifest.toml, model.onnx and golden pair
    model: PathBuf,
    /// Dataset folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Part of a dataset in GDCLD's layout
    #[arg(long, value_enum, default_value_t = PartName::Test)]
    part: PartName,
    /// Enlarge images so many times first: their GSD over the model's
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// Probability from which a pixel counts as landslide [default: the model's]
    #[arg(long, value_parser = threshold)]
    threshold: Option<f32>,
    /// Tiles searched at a time [default: one per processor core]
    #[arg(long)]
    workers: Option<NonZero<usize>>,
    /// Least overlap of neighbouring tiles, in model pixels
    #[arg(long, value_name = "PX", default_value_t = 128)]
    overlap: u32,
    /// Folder for report.html, report.json and overlays
    #[arg(long, value_name = "DIR", default_value = "forge-out")]
    out: PathBuf,
    /// Write report.json to this file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PartName {
    Train,
    Val,
    Test,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let model = Arc::new(Model::load(&args.model)?);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let options = Options {
        data: args.data.clone(),
        part: match args.part {
            PartName::Train => Part::Train,
            PartName::Val => Part::Val,
            PartName::Test => Part::Test,
        },
        scale: args.scale,
        threshold: args.threshold,
        workers: args.workers.map_or(cores, NonZero::get),
        overlap: args.overlap,
        out: args.out.clone(),
    };
    let report = validate(&model, &options)?;
    let json = serde_json::to_vec_pretty(&report)?;
    let beside = args.out.join("report.json");
    for path in args.json.iter().chain([&beside]) {
        write(path, &json)?;
    }
    let page = args.out.join("report.html");
    report::write_html(&report, &args.out.join("overlays"), &page)
        .with_context(|| page.display().to_string())?;
    tell(&report, &page);
    Ok(if report.refused.is_empty() {
        Outcome::Well
    } else {
        Outcome::NotAllWell
    })
}

/// Validates with a progress bar.
pub fn validate(model: &Arc<Model>, options: &Options) -> anyhow::Result<Report> {
    let bar = ProgressBar::new(1).with_style(
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {eta} left  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let report = validate::run(model, options, |p| {
        bar.set_length((p.images as f64 * STEPS) as u64);
        bar.set_position(((p.images_done as f64 + p.share) * STEPS) as u64);
        bar.set_message(format!(
            "{} ({} of {})",
            p.name,
            p.images_done + 1,
            p.images
        ));
    });
    bar.finish_and_clear();
    Ok(report?)
}

fn write(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    fs::write(path, contents).with_context(|| path.display().to_string())
}

fn tell(report: &Report, page: &Path) {
    let percent =
        |score: Option<f64>| score.map_or("-".to_owned(), |s| format!("{:.2}", s * 100.0));
    for image in &report.refused {
        eprintln!("refused: {}", image.reason);
    }
    let s = &report.overall.scores;
    eprintln!(
        "{} at threshold {:.2} on {} images, percent of all pixels:\n  precision {}  recall {}  F1 {}  landslide IoU {}  two-class mIoU {}\n  mean of the images' landslide IoU {}",
        report.model,
        report.threshold,
        report.images.len(),
        percent(s.precision),
        percent(s.recall),
        percent(s.f1),
        percent(s.landslide_iou),
        percent(s.two_class_miou),
        percent(report.per_image_mean_iou),
    );
    eprintln!("{}", page.display());
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (1.0 / 64.0..=64.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 1/64 to 64".to_owned()),
    }
}
