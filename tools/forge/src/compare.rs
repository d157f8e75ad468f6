//! Several models on the same images, side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use scarp_infer::Model;
use tract_onnx::{pb, prelude::Framework};

use crate::report::{
    Comparison, Entry, Facts, GroupEntry, OTHER_NETWORKS, OtherNetwork, Points, Report, Selection,
};

/// What is known of `model`, which was loaded from `path`; `label` is unique.
#[must_use]
pub fn facts(label: String, path: &Path, model: &Model) -> Facts {
    let input = &model.manifest().input;
    let file = if path.is_dir() {
        path.join("model.onnx")
    } else {
        path.to_owned()
    };
    Facts {
        label,
        path: path.display().to_string(),
        gsd_m: input.gsd_m,
        tile: (input.width, input.height),
        file_bytes: file.metadata().ok().map(|m| m.len()),
        parameters: parameters(&file),
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

/// Puts the reports side by side, on the images that all of them have.
#[must_use]
pub fn compare(reports: &[(Facts, &Report)]) -> Comparison {
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
        let entry = entry(facts.clone(), report, selection, models.first());
        models.push(entry);
    }
    let other_networks = OTHER_NETWORKS
        .iter()
        .map(|&(network, miou)| OtherNetwork { network, miou });
    Comparison {
        images: common.len(),
        models,
        other_networks: other_networks.collect(),
    }
}

fn entry(facts: Facts, report: &Report, selection: Selection, first: Option<&Entry>) -> Entry {
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
    Entry {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_the_same_name_are_told_apart() {
        let paths = ["a/b0-int8", "c/b0-int8", "unet.onnx", "v1.2"].map(PathBuf::from);
        assert_eq!(labels(&paths), ["b0-int8", "b0-int8-2", "unet", "v1.2"]);
    }
}
