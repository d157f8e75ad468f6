//! `scarp-forge validate`.

use std::path::{Path, PathBuf};

use scarp_forge::{
    compare::{self, compare, facts},
    report::{Facts, Report},
};

use super::{
    Outcome,
    common::{self, DataArgs, percent},
    table,
};

const EXAMPLES: &str = "\
Examples:
  scarp-forge validate models/segformer-lite1 --data GDCLD                 the seven test images of GDCLD
  scarp-forge validate models/segformer-lite1 --data photos --part val     val_dataset, or images/ and labels/
  scarp-forge validate models/segformer-lite1 --data satellite --scale 4   images of 0.8 m for a model of 0.2 m
  scarp-forge validate int8 --against float --data GDCLD                what quantizing loses

DATA holds GDCLD's folders or images/ and labels/ (TIFF, PNG, JPEG; labels 0 and 1; the same names).
An image is enlarged to the model's GSD: by --scale if given, else from its own GSD if that is known, else not at all.
An interrupted run goes on where it stopped when started again with the same --out.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the model: manifest.toml, model.onnx and golden pair
    model: PathBuf,
    /// Evaluate this model on the same images too, and report the first model's difference to it
    #[arg(long, value_name = "MODEL")]
    against: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let model = common::load_model(&args.model)?;
    let gsd_m = model.manifest().input.gsd_m;
    let out = &args.data.out;
    let mut report = common::validate(&model, &args.data.options(gsd_m, out.clone()), "")?;
    if let Some(path) = &args.against {
        let labels = compare::labels(&[path.clone(), args.model.clone()]);
        let facts = facts(labels[1].clone(), &args.model, &model);
        drop(model);
        let (other, other_facts) = against(args, path, &labels[0], gsd_m)?;
        report.comparison = Some(compare(&[(other_facts, &other), (facts, &report)]));
    }
    let page = common::write_report(&report, out, args.data.json.as_deref())?;
    let outcome = common::print_refused(&report);
    print_report(&report, &page);
    Ok(outcome)
}

/// The other model's report, which is written below the first one's.
fn against(
    args: &Args,
    path: &Path,
    label: &str,
    base_gsd_m: f64,
) -> anyhow::Result<(Report, Facts)> {
    let out = args.data.out.join("against");
    let model = common::load_model(path)?;
    let report = common::validate(&model, &args.data.options(base_gsd_m, out.clone()), label)?;
    common::write_report(&report, &out, None)?;
    Ok((report, facts(label.to_owned(), path, &model)))
}

fn print_report(report: &Report, page: &Path) {
    let s = &report.overall.tally.scores;
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
    let objects = &report.overall.objects;
    eprintln!(
        "  landslides of {} m2 and more: {} of {} found, {} of {} finds right",
        objects.from_m2,
        objects.landslides_found,
        objects.landslides,
        objects.finds_right,
        objects.finds,
    );
    table::groups(&report.groups);
    if let Some(comparison) = &report.comparison {
        eprintln!();
        table::comparison(comparison);
    }
    eprintln!("{}", page.display());
}
