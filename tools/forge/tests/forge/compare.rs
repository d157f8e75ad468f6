//! Several models on the same images, as users start it: the tiny model beside a copy that asks for more redness.

use std::{fs, path::Path};

use serde_json::Value;

use crate::common::{Dataset, MODEL, lines, png, scene};

/// A copy of the tiny model with another threshold, in `folder`.
fn stricter(folder: &Path) -> String {
    fs::create_dir(folder).unwrap();
    for file in fs::read_dir(MODEL).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    let manifest = folder.join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace("threshold = 0.5", "threshold = 0.87"),
    )
    .unwrap();
    folder.display().to_string()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_row_for_each_model_tells_scores_size_speed_and_points_lost_to_the_first() {
    let data = Dataset::good();
    let strict = stricter(&data.path("strict"));
    let (output, report) = data.forge("compare", &[MODEL, &strict, MODEL], &[]);
    assert!(output.status.success(), "{}", lines(&output));
    let report = report.unwrap();
    let models = report["models"].as_array().unwrap();
    let labels: Vec<_> = models
        .iter()
        .map(|m| m["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["tiny_model", "strict", "tiny_model-2"]);
    assert!(models[0]["difference_points"].is_null());
    let expected =
        (number(&models[1]["overall"]["recall"]) - number(&models[0]["overall"]["recall"])) * 100.0;
    assert!(expected < -1.0, "the copy must miss more");
    let lost = number(&models[1]["difference_points"]["recall"]);
    assert!((lost - expected).abs() < 1e-9);
    let of_group = &models[1]["groups"][0]["difference_points"]["recall"];
    assert!((number(of_group) - expected).abs() < 1e-9);
    assert_eq!(number(&models[2]["difference_points"]["f1"]), 0.0);
    for model in models {
        let file = fs::metadata(Path::new(MODEL).join("model.onnx")).unwrap();
        assert_eq!(model["file_bytes"], file.len());
        assert!(number(&model["parameters"]) > 0.0 && number(&model["seconds_per_tile"]) > 0.0);
        assert!(number(&model["per_image_mean_iou"]) > 0.0);
        assert!(model["overall"]["objects"]["recall"].is_number());
    }
    let networks = report["other_networks"].as_array().unwrap();
    assert!(
        networks
            .iter()
            .any(|n| n["network"] == "UperNet" && n["miou"] == 65.42)
    );
    let page = fs::read_to_string(data.path("out/compare.html")).unwrap();
    assert!(page.contains("tiny_model-2") && page.contains("DeepLabV3"));
    assert!(data.path("out/strict/report.html").exists());
}

#[test]
fn validating_against_another_model_reports_both_and_the_loss() {
    let data = Dataset::good();
    let strict = stricter(&data.path("strict"));
    let (output, report) = data.forge("validate", &[&strict], &["--against", MODEL]);
    let text = lines(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("difference, points"), "{text}");
    let report = report.unwrap();
    let models = report["comparison"]["models"].as_array().unwrap();
    assert_eq!(
        (&models[0]["label"], &models[1]["label"]),
        (&"tiny_model".into(), &"strict".into())
    );
    assert_eq!(models[1]["overall"], report["overall"]);
    assert!(number(&models[1]["difference_points"]["recall"]) < -1.0);
    let page = fs::read_to_string(data.path("out/report.html")).unwrap();
    assert!(page.contains("difference, points"));
}

#[test]
fn models_of_other_resolution_see_the_same_ground() {
    let (image, label) = scene(128, 128);
    let data = Dataset::new()
        .with("images/a.png", &png(image))
        .with("labels/a.png", &png(label));
    let coarse = stricter(&data.path("coarse"));
    let manifest = data.path("coarse/manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("gsd_m = 0.2", "gsd_m = 0.4")).unwrap();
    let (output, _) = data.forge("compare", &[MODEL, &coarse], &[]);
    assert!(output.status.success(), "{}", lines(&output));
    let of = |name: &str| -> Value {
        let text = fs::read(data.path(&format!("out/{name}/report.json"))).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["images"][0].take()
    };
    let (fine, coarse) = (of("tiny_model"), of("coarse"));
    assert_eq!((&fine["scale"], &fine["gsd_m"]), (&1.0.into(), &0.2.into()));
    assert_eq!(
        (&coarse["scale"], &coarse["gsd_m"]),
        (&0.5.into(), &0.2.into())
    );
}

#[test]
fn a_model_that_cannot_be_loaded_stops_before_anything_is_judged() {
    let data = Dataset::good();
    let (output, report) = data.forge("compare", &[MODEL, "nowhere"], &[]);
    assert_eq!((output.status.code(), report), (Some(1), None));
    assert!(lines(&output).contains("nowhere"), "{}", lines(&output));
    assert!(!data.path("out").exists());
}
