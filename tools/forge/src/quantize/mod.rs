//! Static quantization to standard QDQ ONNX, with float kept where the budget needs it.

mod evaluator;
mod layers;
mod observe;
mod qdq;
mod ranges;

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

pub use self::{
    evaluator::Evaluator,
    layers::{Layer, layers},
    observe::{Histogram, Observer, Range},
    qdq::insert,
    ranges::{passes, ranges},
};
use crate::{
    graph::Graph,
    network::{Network, NetworkError},
};

/// What a model card says of the form.
pub const SCHEME: &str = "static QDQ int8: per-channel symmetric weights, per-tensor activations";

/// How a network was quantized.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How ranges were chosen.
    pub observer: String,
    /// Tiles that gave the ranges.
    pub calibration_tiles: usize,
    /// Tiles on which the loss was evaluated.
    pub evaluation_tiles: usize,
    /// Landslide IoU of the float network on the evaluation tiles.
    pub float_iou: Option<f64>,
    /// The same of the quantized one.
    pub int8_iou: Option<f64>,
    /// Layers in 8 bits.
    pub quantized: usize,
    /// Layers that stayed float to keep the budget.
    pub kept_float: Vec<String>,
    /// What each layer alone costs, the dearest first; empty if it was not measured.
    pub sensitivity: Vec<Sensitivity>,
}

/// What quantizing one layer alone costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Name of the layer's output.
    pub layer: String,
    /// Its operator.
    pub op: String,
    /// Landslide IoU lost, in percentage points; less than zero if it is better than float.
    pub loss_points: f64,
}

/// The steps of a quantization, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An image was run for the ranges.
    Ranges,
    /// A layer's sensitivity was measured.
    Layer,
}

/// How to quantize.
pub struct Options<'a> {
    /// How ranges are chosen.
    pub observer: Observer,
    /// Most landslide IoU that may be lost, in percentage points.
    pub budget_points: f64,
    /// Whether to measure every layer even if the budget is kept.
    pub sensitivity: bool,
    /// Called when a step is done.
    pub tick: &'a (dyn Fn(Step) + Sync),
}

/// Quantizes a network: ranges from `images` (normalised planes), loss by `evaluator`. If all layers together lose more than the
/// budget, the fewest of the dearest ones stay float that keep it.
///
/// # Errors
/// When a graph cannot be run.
pub fn quantize(
    network: &Network,
    images: &[Vec<f32>],
    evaluator: &Evaluator,
    options: &Options<'_>,
) -> Result<(Graph, Report), NetworkError> {
    let all = layers(&network.graph);
    let mut values: Vec<&str> = all
        .iter()
        .flat_map(|layer| layer.activations.iter().map(|(_, value)| value.as_str()))
        .collect();
    values.sort_unstable();
    values.dedup();
    let ranges = ranges(
        &network.graph,
        &network.shape(),
        &values,
        images,
        options.observer,
        &|| {
            (options.tick)(Step::Ranges);
        },
    )?;
    let mut chosen: Vec<&Layer> = all.iter().collect();
    let mut graph = insert(&network.graph, &chosen, &ranges);
    let mut report = Report {
        observer: format!("{:?}", options.observer).to_lowercase(),
        calibration_tiles: images.len(),
        evaluation_tiles: evaluator.len(),
        float_iou: None,
        int8_iou: None,
        quantized: all.len(),
        kept_float: Vec::new(),
        sensitivity: Vec::new(),
    };
    if evaluator.is_empty() {
        return Ok((graph, report));
    }
    let float_iou = evaluator.iou(network, &network.graph)?;
    let mut iou = evaluator.iou(network, &graph)?;
    let within = |iou: f64| (float_iou - iou) * 100.0 <= options.budget_points;
    if options.sensitivity || !within(iou) {
        report.sensitivity =
            sensitivity(network, &all, &ranges, evaluator, float_iou, options.tick)?;
    }
    // Doubling finds some number that is enough, halving the least such.
    let (mut too_few, mut enough) = (0, None);
    let mut count = usize::from(!within(iou));
    while count > 0 && enough.is_none_or(|enough| too_few + 1 < enough) {
        let (kept, attempt) = without(&all, &report.sensitivity, count);
        let mixed = insert(&network.graph, &attempt, &ranges);
        let mixed_iou = evaluator.iou(network, &mixed)?;
        if within(mixed_iou) || count >= all.len() {
            enough = Some(count);
            (chosen, graph, iou) = (attempt, mixed, mixed_iou);
            report.kept_float = kept;
        } else {
            too_few = count;
        }
        count = enough.map_or((2 * count).min(all.len()), |enough| {
            usize::midpoint(too_few, enough)
        });
    }
    report.float_iou = Some(float_iou);
    report.int8_iou = Some(iou);
    report.quantized = chosen.len();
    Ok((graph, report))
}

/// All layers but the `count` dearest, and the names of those.
fn without<'a>(
    all: &'a [Layer],
    sensitivity: &[Sensitivity],
    count: usize,
) -> (Vec<String>, Vec<&'a Layer>) {
    let kept: Vec<String> = sensitivity
        .iter()
        .take(count)
        .map(|s| s.layer.clone())
        .collect();
    let chosen = all
        .iter()
        .filter(|layer| !kept.contains(&layer.name))
        .collect();
    (kept, chosen)
}

fn sensitivity(
    network: &Network,
    all: &[Layer],
    ranges: &HashMap<String, Range>,
    evaluator: &Evaluator,
    float_iou: f64,
    tick: &(dyn Fn(Step) + Sync),
) -> Result<Vec<Sensitivity>, NetworkError> {
    let one = |layer: &Layer| -> Result<Sensitivity, NetworkError> {
        let iou = evaluator.iou(network, &insert(&network.graph, &[layer], ranges))?;
        tick(Step::Layer);
        Ok(Sensitivity {
            layer: layer.name.clone(),
            op: layer.op.clone(),
            loss_points: (float_iou - iou) * 100.0,
        })
    };
    let mut table = all.par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    table.sort_by(|a, b| b.loss_points.total_cmp(&a.loss_points));
    Ok(table)
}
