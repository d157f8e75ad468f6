//! `scarp-forge optimise`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use scarp_forge::{
    graph::Graph,
    network::{Assumed, Network},
    optimise::{self, Parity, Summary},
    samples,
};
use serde::Serialize;

use super::{Outcome, print_json, tiles};

/// Most that an output may differ, relative to the largest one.
const TOLERANCE: f32 = 1e-4;

const EXAMPLES: &str = "\
Examples:
  scarp-forge optimise segformer.onnx folded.onnx --tiles GDCLD --part val
  scarp-forge optimise hf.onnx folded.onnx --size 512          a graph that leaves its size open

IN is a model folder or an ONNX file exported by tools/train, Hugging Face, mmsegmentation or PaddleSeg. A graph that no rule
fits passes through unchanged, and this says so. OUT is written only if both graphs agree on the tiles to 1e-4.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Model folder or ONNX file
    input: PathBuf,
    /// ONNX file to write
    output: PathBuf,
    /// Dataset whose tiles both graphs are compared on [default: the model's golden input, or noise]
    #[arg(long, value_name = "DIR")]
    tiles: Option<PathBuf>,
    #[command(flatten)]
    part: tiles::Part,
    /// Tiles to compare on
    #[arg(long, default_value_t = 4)]
    count: usize,
    /// Width and height of the input where the graph leaves them open
    #[arg(long, value_name = "PX")]
    size: Option<usize>,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Done {
    changed: bool,
    constants: usize,
    batch_norms: usize,
    convolutions: usize,
    macs_before: Option<u64>,
    macs_after: Option<u64>,
    tiles: usize,
    largest_difference: f32,
    largest_output: f32,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let assumed = Assumed {
        size: args.size,
        ..Assumed::default()
    };
    let network = Network::read(&args.input, &assumed)?;
    let (graph, summary) = optimise::optimise(&network.graph, &network.shape())?;
    let images = images(args, &network)?;
    let parity = compare(&network, &graph, &images)?;
    if parity.relative() > TOLERANCE {
        bail!(
            "{}: outputs differ by {:.2e} of {:.3}, more than {TOLERANCE:.0e}; nothing written, please report this graph",
            args.input.display(),
            parity.difference,
            parity.magnitude
        );
    }
    graph.write(&args.output)?;
    print_report(&args.output, &summary, parity);
    if args.json {
        print_json(&Done {
            changed: !summary.is_unchanged(),
            constants: summary.constants,
            batch_norms: summary.batch_norms,
            convolutions: summary.convolutions,
            macs_before: summary.macs.map(|m| m.0),
            macs_after: summary.macs.map(|m| m.1),
            tiles: parity.images,
            largest_difference: parity.difference,
            largest_output: parity.magnitude,
        })?;
    }
    Ok(Outcome::Success)
}

fn images(args: &Args, network: &Network) -> anyhow::Result<Vec<Vec<f32>>> {
    if let Some(data) = &args.tiles {
        let tiles = tiles::read(data, args.part, &network.manifest, args.count)?;
        return Ok(tiles
            .iter()
            .map(|t| samples::planes(&t.image, &network.manifest))
            .collect());
    }
    if let Some(folder) = &network.folder {
        let path = folder.join(&network.manifest.golden.input);
        let image = image::open(&path).with_context(|| path.display().to_string())?;
        return Ok(vec![samples::planes(&image.into_rgb8(), &network.manifest)]);
    }
    eprintln!("no --tiles: comparing on noise; real tiles say more");
    let input = &network.manifest.input;
    let noise = |x: u32, y: u32| {
        // Coarse and fine structure in three different colours, the same each time.
        let wave = |a: u32, b: u32| ((x * a) ^ (y * b)).wrapping_mul(2_654_435_761) >> 24;
        image::Rgb([
            wave(3, 5) as u8,
            wave(1, 7) as u8,
            (x / 8 * 31 + y / 8 * 17) as u8,
        ])
    };
    let noise = image::RgbImage::from_fn(input.width, input.height, noise);
    Ok(vec![samples::planes(&noise, &network.manifest)])
}

fn compare(network: &Network, graph: &Graph, images: &[Vec<f32>]) -> anyhow::Result<Parity> {
    let images = images.iter().map(Vec::as_slice);
    Ok(optimise::parity(
        &network.graph,
        graph,
        &network.shape(),
        images,
    )?)
}

fn print_report(output: &Path, summary: &Summary, parity: Parity) {
    if summary.is_unchanged() {
        eprintln!("no rule fits this graph: it is passed on unchanged");
    } else {
        eprintln!(
            "{} values became constants, {} batch norms and {} convolutions were folded",
            summary.constants, summary.batch_norms, summary.convolutions
        );
    }
    if let Some((before, after)) = summary.macs {
        let mega = |macs: u64| macs as f64 / 1e6;
        eprintln!(
            "multiply-accumulates: {:.1} M before, {:.1} M after ({:.0} %)",
            mega(before),
            mega(after),
            100.0 * after as f64 / (before as f64).max(1.0)
        );
    }
    eprintln!(
        "largest difference on {} tiles: {:.1e} of {:.2}\n{}",
        parity.images,
        parity.difference,
        parity.magnitude,
        output.display()
    );
}
