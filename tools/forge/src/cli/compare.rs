//! `scarp-forge compare`.

use std::path::PathBuf;

use scarp_forge::{
    compare::{self, compare, facts},
    report,
};

use super::{
    Outcome,
    common::{self, DataArgs},
    table,
};

const EXAMPLES: &str = "\
Examples:
  scarp-forge compare models/segformer-lite1 models/segformer-lite1-int8 --data GDCLD
  scarp-forge compare all-sources uav-only planetscope-only --data GDCLD --out per-source

Writes compare.html and compare.json, and each model's own report into a folder of its name. Differences are to the
first model. Images whose GSD is unknown are taken to be at the first model's, or --scale times it.
An interrupted run goes on where it stopped when started again with the same --out.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The models; differences are to the first
    #[arg(required = true, num_args = 2.., value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    // All are tried before the first is judged for hours, and only one is held at a time.
    let mut base_gsd_m = None;
    for path in &args.models {
        let model = common::load_model(path)?;
        base_gsd_m.get_or_insert(model.manifest().input.gsd_m);
    }
    let base_gsd_m = base_gsd_m.unwrap_or(1.0);
    let mut judged = Vec::new();
    let mut outcome = Outcome::Success;
    for (path, label) in args.models.iter().zip(compare::labels(&args.models)) {
        let model = common::load_model(path)?;
        let out = args.data.out.join(&label);
        let options = args.data.options(base_gsd_m, out.clone());
        let report = common::validate(&model, &options, &label)?;
        common::write_report(&report, &out, None)?;
        if judged.is_empty() {
            outcome = common::print_refused(&report);
        }
        judged.push((facts(label, path, &model), report));
    }
    let judged: Vec<_> = judged
        .iter()
        .map(|(facts, report)| (facts.clone(), report))
        .collect();
    let comparison = compare(&judged);
    let out = &args.data.out;
    let json = args.data.json.as_deref();
    common::write_json(&comparison, &out.join("compare.json"), json)?;
    let page = out.join("compare.html");
    common::write(&page, report::comparison_page(&comparison).as_bytes())?;
    table::comparison(&comparison);
    eprintln!("{}", page.display());
    Ok(outcome)
}
