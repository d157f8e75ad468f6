//! `scarp-forge quantize`.

use std::{
    num::NonZero,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::bail;
use clap::ValueEnum;
use scarp_forge::{
    network::{Assumed, Network},
    quantize::{self, Evaluator, Observer, Options, Report, Step},
    samples::{self, Sample},
};

use super::{
    Outcome,
    common::{self, threshold},
    print_json,
    progress::Progress,
    tiles,
};

const EXAMPLES: &str = "\
Examples:
  scarp-forge quantize models/segformer-lite1 int8.onnx --calibrate GDCLD --part train
  scarp-forge quantize folded.onnx int8.onnx --calibrate tiles --observer mse --sensitivity

Ranges come from the float network's values on the calibration tiles, run by the engine that flies. Other tiles of the same
dataset, labelled ones if there are any, judge the result: if it loses more landslide IoU than --budget, the fewest layers
that keep the budget stay float. `scarp-forge release` then proves it on data it has not seen.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Model folder or ONNX file
    input: PathBuf,
    /// ONNX file to write
    output: PathBuf,
    /// Dataset to take tiles from, best the one the network was trained on
    #[arg(long, value_name = "DIR")]
    calibrate: Vec<PathBuf>,
    #[command(flatten)]
    part: tiles::Part,
    /// Tiles of each dataset that give the ranges
    #[arg(long, default_value_t = 24)]
    count: usize,
    /// Tiles of each dataset that judge the loss; 0 for none
    #[arg(long, default_value_t = 8)]
    evaluate: usize,
    /// How the range of an activation is chosen
    #[arg(long, value_enum, default_value_t = ObserverName::MinMax)]
    observer: ObserverName,
    /// Landslide IoU that may be lost, in percentage points
    #[arg(long, value_name = "POINTS", default_value_t = 0.5)]
    budget: f64,
    /// Measure what each layer alone costs, even if the budget is kept
    #[arg(long)]
    sensitivity: bool,
    /// Width and height of the input where the graph leaves them open
    #[arg(long, value_name = "PX")]
    size: Option<usize>,
    /// Probability from which a pixel counts as landslide, for a bare ONNX file
    #[arg(long, default_value_t = 0.5, value_parser = threshold)]
    threshold: f32,
    /// Tiles run at a time [default: one per processor core]
    #[arg(long)]
    workers: Option<NonZero<usize>>,
    /// Write how it went to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print how it went as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ObserverName {
    /// Everything seen
    MinMax,
    /// All but the outermost 0.01 %
    Percentile,
    /// Least mean square error
    Mse,
    /// Least Kullback-Leibler divergence
    Entropy,
}

impl From<ObserverName> for Observer {
    fn from(name: ObserverName) -> Self {
        match name {
            ObserverName::MinMax => Self::MinMax,
            ObserverName::Percentile => Self::Percentile,
            ObserverName::Mse => Self::Mse,
            ObserverName::Entropy => Self::Entropy,
        }
    }
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.calibrate.is_empty() {
        bail!("no images to calibrate on; give --calibrate DIR, once or more often");
    }
    if let Some(workers) = args.workers {
        rayon::ThreadPoolBuilder::new()
            .num_threads(workers.get())
            .build_global()?;
    }
    let assumed = Assumed {
        size: args.size,
        threshold: args.threshold,
        ..Assumed::default()
    };
    let network = Network::read(&args.input, &assumed)?;
    let all = quantize::layers(&network.graph);
    if all.is_empty() {
        bail!(
            "{}: has no float layer to quantize; is it quantized already?",
            args.input.display()
        );
    }
    if network.graph.opset() < 13 {
        bail!(
            "{}: uses operator set {}, and weights per channel need 13; export it with opset 13 or higher",
            args.input.display(),
            network.graph.opset()
        );
    }
    let (calibration, judging) = tiles(args, &network)?;
    let images: Vec<Vec<f32>> = calibration
        .iter()
        .map(|t| samples::planes(&t.image, &network.manifest))
        .collect();
    let evaluator = Evaluator::new(&network, judging)?;
    let observer = Observer::from(args.observer);
    let ranges = images.len() * quantize::passes(observer);
    let steps = ranges + if args.sensitivity { all.len() } else { 0 };
    let progress = Progress::new("quantizing", steps);
    progress.working_on("ranges".to_owned());
    let done = AtomicUsize::new(0);
    let tick = |step: Step| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if step == Step::Layer {
            // Only now is it known that the layers are measured.
            progress.working_on("what each layer costs".to_owned());
            progress.done(done, ranges + all.len());
        } else {
            progress.step();
        }
    };
    let options = Options {
        observer,
        budget_points: args.budget,
        sensitivity: args.sensitivity,
        tick: &tick,
    };
    let (graph, report) = quantize::quantize(&network, &images, &evaluator, &options)?;
    drop(progress);
    graph.write(&args.output)?;
    if let Some(path) = &args.report {
        common::write(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    print_report(args, &report);
    if args.json {
        print_json(&report)?;
    }
    let kept = report
        .float_iou
        .zip(report.int8_iou)
        .is_none_or(|(float, int8)| (float - int8) * 100.0 <= args.budget);
    Ok(if kept {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// Tiles for the ranges and others to evaluate on, from every dataset.
fn tiles(args: &Args, network: &Network) -> anyhow::Result<(Vec<Sample>, Vec<Sample>)> {
    let (mut calibration, mut judging) = (Vec::new(), Vec::new());
    let each = args.count + args.evaluate;
    for data in &args.calibrate {
        let tiles = tiles::read(data, args.part, &network.manifest, each)?;
        let count = tiles.len();
        for (number, tile) in tiles.into_iter().enumerate() {
            // Spread over the dataset: number i is for evaluation when i * evaluate / each steps on.
            let share = |n: usize| n * args.evaluate * count / each.max(1) / count.max(1);
            if share(number + 1) > share(number) {
                judging.push(tile);
            } else {
                calibration.push(tile);
            }
        }
    }
    if calibration.is_empty() {
        bail!("no tile to calibrate on; give a larger --count");
    }
    Ok((calibration, judging))
}

fn print_report(args: &Args, report: &Report) {
    eprintln!(
        "{} layers in 8 bits, {} kept float; ranges by {} from {} tiles",
        report.quantized,
        report.kept_float.len(),
        report.observer,
        report.calibration_tiles
    );
    for layer in &report.kept_float {
        eprintln!("  float: {layer}");
    }
    if let (Some(float), Some(int8)) = (report.float_iou, report.int8_iou) {
        eprintln!(
            "landslide IoU on {} evaluation tiles: float {:.2} %, int8 {:.2} %, {:+.2} points",
            report.evaluation_tiles,
            float * 100.0,
            int8 * 100.0,
            (int8 - float) * 100.0
        );
    }
    if args.sensitivity {
        eprintln!("points lost when only this layer is in 8 bits, the dearest ten:");
        for entry in report.sensitivity.iter().take(10) {
            eprintln!("  {:>6.2}  {} {}", entry.loss_points, entry.op, entry.layer);
        }
    }
    eprintln!("{}", args.output.display());
}
