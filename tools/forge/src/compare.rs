//! Several models on the same images, side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use scarp::infer::Model;
use serde::Serialize;
use tract_onnx::{pb, prelude::Framework};

use crate::{
    metrics::Scores,
    report::{Group, OTHER_NETWORKS, Published, Report, Scored, Selection},
};

/// What a model is, apart from its scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// What it is called here: the last part of its path, made unique.
    pub label: String,
    /// Its folder or file.
    pub path: String,
    /// Its ground sampling distance in metres.
    pub gsd_m: f64,
    /// Width and height of a tile in pixels.
    pub tile: (u32, u32),
    /// Size of the ONNX file.
    pub file_bytes: Option<u64>,
    /// Numbers in its initializers and constants: weights, and of a quantized model scales and zero points as well.
    pub parameters: Option<u64>,
}

/// Models on the images that all of them could search; differences are to the first.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Images.
    pub images: usize,
    /// The models in the order given.
    pub models: Vec<Entry>,
    /// What the paper says of other networks on GDCLD's whole test set.
    pub other_networks: Vec<OtherNetwork>,
}

/// One model.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// What it is.
    #[serde(flatten)]
    pub facts: Facts,
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// Its quantization scheme.
    pub quantization: String,
    /// Probability from which a pixel counts as landslide.
    pub threshold: f32,
    /// Seconds the network takes for a tile on one of the workers.
    pub seconds_per_tile: Option<f64>,
    /// All images together.
    pub overall: Scored,
    /// Mean of the images' landslide IoU, over those that have one.
    pub per_image_mean_iou: Option<f64>,
    /// The paper's row for the whole test set, if the images are of its six sources.
    pub published: Option<Published>,
    /// Scores less those of the first model, in percentage points; none for the first itself.
    pub difference_points: Option<Points>,
    /// The same by event, by sensor, and by both.
    pub groups: Vec<GroupEntry>,
}

/// A group of images as one model sees it.
#[derive(Debug, Clone, Serialize)]
pub struct GroupEntry {
    /// Counts and scores.
    #[serde(flatten)]
    pub group: Group,
    /// Scores less those of the first model, in percentage points; none for the first itself.
    pub difference_points: Option<Points>,
}

/// Differences in percentage points; none where a score does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Points {
    /// Of precision.
    pub precision: Option<f64>,
    /// Of recall.
    pub recall: Option<f64>,
    /// Of F1.
    pub f1: Option<f64>,
    /// Of the landslide IoU.
    pub landslide_iou: Option<f64>,
    /// Of the two-class mIoU.
    pub two_class_miou: Option<f64>,
}

/// A network of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OtherNetwork {
    /// Its name.
    pub network: &'static str,
    /// Its mIoU in percent, as printed there.
    pub miou: f64,
}

impl Facts {
    /// What is known of `model`, which was loaded from `path`; `label` is unique.
    #[must_use]
    pub fn new(label: String, path: &Path, model: &Model) -> Self {
        let input = &model.manifest().input;
        let file = if path.is_dir() {
            path.join("model.onnx")
        } else {
            path.to_owned()
        };
        Self {
            label,
            path: path.display().to_string(),
            gsd_m: input.gsd_m,
            tile: (input.width, input.height),
            file_bytes: file.metadata().ok().map(|m| m.len()),
            parameters: parameters(&file),
        }
    }
}

/// A short name for each path: its last part, with a number if another has the same.
#[must_use]
pub fn labels(paths: &[PathBuf]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let label = |path: &PathBuf| {
        let name = path
            .file_stem()
            .filter(|_| path.extension().is_some_and(|e| e == "onnx"));
        let name = name
            .or(path.file_name())
            .map_or("model".to_owned(), |n| n.to_string_lossy().into_owned());
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 {
            name
        } else {
            format!("{name}-{times}")
        }
    };
    paths.iter().map(label).collect()
}

fn parameters(onnx: &Path) -> Option<u64> {
    let mut file = BufReader::new(File::open(onnx).ok()?);
    let proto = tract_onnx::onnx().proto_model_for_read(&mut file).ok()?;
    let graph = proto.graph?;
    let numbers = |tensor: &pb::TensorProto| {
        tensor
            .dims
            .iter()
            .map(|d| d.unsigned_abs())
            .product::<u64>()
    };
    let constants = graph
        .node
        .iter()
        .filter(|node| node.op_type == "Constant")
        .flat_map(|node| node.attribute.iter().filter_map(|a| a.t.as_ref()));
    Some(graph.initializer.iter().chain(constants).map(numbers).sum())
}

impl Comparison {
    /// Puts the reports side by side, on the images that all of them have.
    #[must_use]
    pub fn new(reports: &[(Facts, &Report)]) -> Self {
        let names = |report: &Report| -> BTreeSet<String> {
            report.images.iter().map(|i| i.name.clone()).collect()
        };
        let common = reports
            .iter()
            .map(|(_, report)| names(report))
            .reduce(|a, b| &a & &b)
            .unwrap_or_default();
        let mut models: Vec<Entry> = Vec::new();
        for (facts, report) in reports {
            let selection = report.only(|name| common.contains(name));
            let entry = Entry::new(facts.clone(), report, selection, models.first());
            models.push(entry);
        }
        let other_networks = OTHER_NETWORKS
            .iter()
            .map(|&(network, miou)| OtherNetwork { network, miou });
        Self {
            images: common.len(),
            models,
            other_networks: other_networks.collect(),
        }
    }
}

impl Entry {
    fn new(facts: Facts, report: &Report, selection: Selection, first: Option<&Self>) -> Self {
        let overall = selection.overall;
        let groups = selection.groups.into_iter().map(|group| {
            // The same images make the same groups.
            let same = |other: &&GroupEntry| {
                (&other.group.event, &other.group.sensor) == (&group.event, &group.sensor)
            };
            let other = first.and_then(|first| first.groups.iter().find(same));
            GroupEntry {
                difference_points: other
                    .map(|other| Points::between(&group.scored, &other.group.scored)),
                group,
            }
        });
        Self {
            groups: groups.collect(),
            facts,
            model: report.model.clone(),
            version: report.version.clone(),
            quantization: report.quantization.clone(),
            threshold: report.threshold,
            seconds_per_tile: report.seconds_per_tile,
            per_image_mean_iou: selection.per_image_mean_iou,
            published: selection.published,
            difference_points: first.map(|first| Points::between(&overall, &first.overall)),
            overall,
        }
    }
}

impl Points {
    /// `ours` less `theirs`.
    fn between(ours: &Scored, theirs: &Scored) -> Self {
        let points = |score: fn(&Scores) -> Option<f64>| {
            let [ours, theirs] = [ours, theirs].map(|of| score(&of.tally.scores));
            ours.zip(theirs).map(|(a, b)| (a - b) * 100.0)
        };
        Self {
            precision: points(|s| s.precision),
            recall: points(|s| s.recall),
            f1: points(|s| s.f1),
            landslide_iou: points(|s| s.landslide_iou),
            two_class_miou: points(|s| s.two_class_miou),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_the_same_name_are_told_apart() {
        let paths = ["a/b0-int8", "c/b0-int8", "unet.onnx", "v1.2"].map(PathBuf::from);
        assert_eq!(labels(&paths), ["b0-int8", "b0-int8-2", "unet", "v1.2"]);
    }
}
