//! `scarp-sim demo`, which `tools/demo` builds and runs.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use scarp_sim::{
    demo::{self, Options, Report, Summary},
    flight::Plan,
    survey::Stage,
    survey_plan::Request,
};
use serde::Serialize;

const ABOUT: &str = "\
Flies scarp and scarp-station as they lie beside this program; tools/demo builds all three first.
Leaves in the folder: landslides.gpkg (for QGIS), landslides.geojson, overview.png, and the survey itself.

Examples:
  tools/demo
  tools/demo --seed 900002 --model models/segformer-lite1
  tools/demo --json | jq .iou
  tools/demo --seed 900101 --surveys 10";

/// Arguments of `scarp-sim demo`.
#[derive(clap::Args)]
#[command(after_help = ABOUT)]
pub struct Args {
    /// Seed of the survey; 900000 and up were never trained on
    #[arg(long, default_value_t = 900_001)]
    seed: u64,
    /// Surveys to fly, of this seed and the next ones; several end with a table of all and what they come to together
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    surveys: u64,
    /// Ground to cover
    #[arg(long, value_name = "KM2", default_value_t = 1.0, value_parser = super::survey::between(0.02, 1.3))]
    area_km2: f64,
    /// Folder of the model [default: the one that scarp replay takes, see its --help]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder for everything the demo makes, where several have one each [default: target/demo/SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// End with one JSON object on standard output
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let reports = (0..args.surveys)
        .map(|n| survey(args, args.seed.wrapping_add(n)))
        .collect::<anyhow::Result<Vec<Report>>>()?;
    if let [report] = &reports[..] {
        return print_json(args, report);
    }
    let summary = Summary::of(reports);
    eprintln!("\n{summary}");
    print_json(args, &summary)
}

fn print_json(args: &Args, value: &impl Serialize) -> anyhow::Result<()> {
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(value)?).context("standard output")?;
    }
    Ok(())
}

fn survey(args: &Args, seed: u64) -> anyhow::Result<Report> {
    let own = |folder: &Path| folder.join(seed.to_string());
    let out = match &args.out {
        Some(out) if args.surveys == 1 => out.clone(),
        Some(out) => own(out),
        None => own(Path::new("target/demo")),
    };
    let options = Options {
        request: Request {
            seed,
            plan: Plan {
                area_km2: args.area_km2,
                ..Plan::default()
            },
            ..Request::default()
        },
        model: args.model.clone(),
        out,
    };
    let bar = super::bar(1, "");
    let report = demo::run(&options, |progress| {
        bar.set_message(match progress.stage {
            Stage::World => "terrain",
            Stage::Mosaic => "mosaic",
            Stage::Frames => "frames",
        });
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        if progress.stage == Stage::Frames && progress.done == progress.total {
            bar.finish_and_clear();
        }
    })?;
    eprintln!(
        "\n{report}\n  {}",
        options.out.join("overview.png").display()
    );
    eprintln!("  {}", options.out.join("landslides.gpkg").display());
    eprintln!("  {}", options.out.join("landslides.geojson").display());
    Ok(report)
}
