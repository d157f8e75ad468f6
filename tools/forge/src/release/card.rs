//! The model card: what a model is, what it was proven on, and what it must not be used for.

use scarp_infer::Manifest;

use super::Proof;
use crate::report::Report;

/// The card of a model made from the model named `parent`.
#[must_use]
pub fn card(manifest: &Manifest, parent: &str, golden_difference: f32, proofs: &[Proof]) -> String {
    let input = &manifest.input;
    let mut card = format!(
        "# {}\n\n\
         {} made from `{parent}`, whose card says how it was trained and what it cannot do. All of that holds here too: \
         **it must not be relied on for what its parent must not.**\n\n\
         | | |\n|---|---|\n\
         | version | {} |\n| weights | {} |\n| licence | {} |\n\
         | input | {} x {} pixels of {} m |\n| output | one probability per {} m |\n| threshold | {} |\n\n\
         Contract in `manifest.toml`.\n\n",
        manifest.name,
        manifest.architecture,
        manifest.version,
        manifest.quantization.scheme,
        manifest.licence,
        input.width,
        input.height,
        input.gsd_m,
        f64::from(manifest.output.stride) * input.gsd_m,
        manifest.threshold,
    );
    card += "## Trained on\n";
    for entry in &manifest.training {
        card += &format!(
            "- {} ({}). {}\n",
            entry.data, entry.licence, entry.attribution
        );
    }
    card += "\n## Proven against its parent\n\
             Landslide class, percent, pixels pooled over all images of a set, each image whole, by the engine that flies.\n\n\
             | set | images | model | precision | recall | F1 | landslide IoU | two-class mIoU |\n\
             |---|---|---|---|---|---|---|---|\n";
    for proof in proofs {
        for (name, report) in [
            (parent, &proof.parent),
            (manifest.name.as_str(), &proof.candidate),
        ] {
            card += &row(&proof.data, name, report);
        }
        if let Some(loss) = proof.loss_points() {
            card += &format!("| | | **difference** | | | | **{:+.2}** | |\n", -loss);
        }
    }
    card += &format!(
        "\nImages the parent was trained on judge the loss by quantization, not what the model finds elsewhere.\n\
         Golden output: written by this engine, {golden_difference:.4} from the parent's on average (probability); {} is allowed \
         between processors.\n",
        manifest.golden.max_mean_abs_error
    );
    card
}

fn row(data: &str, name: &str, report: &Report) -> String {
    let percent =
        |score: Option<f64>| score.map_or("-".to_owned(), |s| format!("{:.2}", s * 100.0));
    let s = &report.overall.tally.scores;
    format!(
        "| {data} | {} | {name} | {} | {} | {} | {} | {} |\n",
        report.images.len(),
        percent(s.precision),
        percent(s.recall),
        percent(s.f1),
        percent(s.landslide_iou),
        percent(s.two_class_miou)
    )
}
