//! `scarp-forge release`.

use std::{num::NonZero, path::PathBuf, sync::Arc, thread};

use anyhow::Context;
use scarp_forge::{
    graph::Graph,
    quantize::SCHEME,
    release::{Candidate, Naming, Proof},
    validate,
};
use scarp_infer::Model;

use super::{Outcome, common, tiles};

const EXAMPLES: &str = "\
Example:
  scarp-forge release int8.onnx --parent models/segformer-lite1 --data GDCLD --part val --out models/segformer-lite1-int8

Refuses a network that loses more than 1 percentage point of landslide IoU to its parent on any of the data sets, or whose
golden output is too far from the parent's. Writes model.onnx, golden pair, manifest.toml and MODEL_CARD.md of one that passes.
An interrupted run goes on where it stopped when started again with the same --work.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// ONNX file made from the parent by optimise or quantize
    network: PathBuf,
    /// Folder of the model it was made from
    #[arg(long, value_name = "DIR")]
    parent: PathBuf,
    /// Dataset to prove it on; may be given more than once
    #[arg(long, value_name = "DIR", required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    part: tiles::Part,
    /// Folder of the new model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Version of the new model [default: the parent's]
    #[arg(long)]
    version: Option<String>,
    /// Folder for the validations' reports
    #[arg(long, value_name = "DIR", default_value = "forge-out/release")]
    work: PathBuf,
    /// Tiles searched at a time [default: one per processor core]
    #[arg(long)]
    workers: Option<NonZero<usize>>,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let parent = Arc::new(Model::load(&args.parent)?);
    let graph = Graph::read(&args.network)?;
    let name = args
        .out
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let quantized = graph
        .nodes()
        .iter()
        .any(|node| node.op_type == "QuantizeLinear");
    let naming = Naming {
        name: name.with_context(|| format!("{}: no folder name", args.out.display()))?,
        version: args.version.clone(),
        scheme: if quantized { SCHEME } else { "none" }.to_owned(),
    };
    let candidate = Candidate::new(&args.parent, graph, naming)?;
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut proofs = Vec::new();
    for (number, data) in args.data.iter().enumerate() {
        let validate = |model: &Arc<Model>, role: &str| {
            let options = validate::Options {
                data: data.clone(),
                part: args.part.into(),
                scale: None,
                base_gsd_m: candidate.manifest().input.gsd_m,
                threshold: None,
                workers: args.workers.map_or(cores, NonZero::get),
                overlap: common::overlap(candidate.manifest()),
                out: args.work.join(format!("{number}-{role}")),
            };
            common::validate(model, &options, role)
        };
        let data = data.file_name().map_or_else(
            || data.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        );
        proofs.push(Proof {
            parent: validate(&parent, "parent")?,
            candidate: validate(candidate.model(), "candidate")?,
            data,
        });
    }
    candidate.release(&args.parent, &proofs, &args.out)?;
    for proof in &proofs {
        eprintln!(
            "{}: landslide IoU {:+.2} points against {}",
            proof.data,
            -proof.loss_points().unwrap_or_default(),
            args.parent.display()
        );
    }
    eprintln!(
        "golden output {:.4} from the parent's on average\nreleased: {}",
        candidate.golden_difference,
        args.out.display()
    );
    Ok(Outcome::Success)
}
