//! The gate as its users start it: what passes becomes a model folder, what does not is refused with the reason.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use image::{GrayImage, Luma, Rgb, RgbImage};
use scarp_forge::graph::{Graph, float_tensor};
use scarp_infer::Model;

use crate::common::{Dataset, MODEL, lines, png, scene};

fn forge(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
        .args(arguments)
        .output()
        .unwrap()
}

fn release(network: &Path, data: &Path, out: &Path) -> Output {
    let work = out.with_extension("work");
    let arguments: [&Path; 9] = [
        "release".as_ref(),
        network,
        "--parent".as_ref(),
        MODEL.as_ref(),
        "--data".as_ref(),
        data,
        "--out".as_ref(),
        out,
        "--work".as_ref(),
    ];
    forge(&[&arguments[..], &[&work]].concat())
}

/// A copy of the tiny model's graph whose bias, -0.5, is another.
fn biased(bias: f32, path: PathBuf) -> PathBuf {
    let mut graph = Graph::read(&Path::new(MODEL).join("model.onnx")).unwrap();
    let name = graph.add_constant(float_tensor(&[1], &[bias]), "other");
    graph.nodes_mut()[0].input[2] = name;
    graph.eliminate_dead();
    graph.write(&path).unwrap();
    path
}

#[test]
fn a_quantized_network_that_finds_the_same_becomes_a_model_that_the_firmware_loads() {
    let data = Dataset::good();
    let (int8, out) = (data.path("int8.onnx"), data.path("models/tiny-int8"));
    let root = data.path("");
    // The scene has two colours only; the golden image shows the network all that it can be shown.
    let golden = fs::read(Path::new(MODEL).join("golden_input.png")).unwrap();
    let colours = Dataset::new().with("images/golden.png", &golden);
    let quantized = forge(&[
        "quantize".as_ref(),
        MODEL.as_ref(),
        &int8,
        "--calibrate".as_ref(),
        &root,
        "--calibrate".as_ref(),
        &colours.path(""),
    ]);
    assert!(quantized.status.success(), "{}", lines(&quantized));
    let released = release(&int8, &root, &out);
    assert!(released.status.success(), "{}", lines(&released));
    let model = Model::load(&out).unwrap();
    let manifest = model.manifest();
    assert_eq!(
        (manifest.name.as_str(), manifest.version.as_str()),
        ("tiny-int8", "1")
    );
    assert!(manifest.quantization.scheme.starts_with("static QDQ int8"));
    let parent = Model::load(Path::new(MODEL)).unwrap();
    assert_eq!(manifest.input, parent.manifest().input);
    assert_eq!(manifest.threshold, parent.manifest().threshold);
    let card = fs::read_to_string(out.join("MODEL_CARD.md")).unwrap();
    assert!(
        card.contains("| tiny_model |") && card.contains("| tiny-int8 |"),
        "{card}"
    );
    // A released model is never written over.
    let again = release(&int8, &root, &out);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        lines(&again).contains("exists already"),
        "{}",
        lines(&again)
    );
}

#[test]
fn a_network_that_loses_more_than_a_point_is_refused_and_nothing_is_written() {
    // Landslides that the parent only just tells: red above green by 17 of the 16 that it needs.
    let slide = |x: u32| x % 64 < 32;
    let image = RgbImage::from_fn(256, 128, |x, _| {
        if slide(x) {
            Rgb([117, 100, 90])
        } else {
            Rgb([60, 150, 60])
        }
    });
    let label = GrayImage::from_fn(256, 128, |x, _| Luma([u8::from(slide(x))]));
    let data = Dataset::new()
        .with("images/faint.png", &png(image))
        .with("labels/faint.png", &png(label));
    let out = data.path("models/worse");
    let refused = release(
        &biased(-0.55, data.path("worse.onnx")),
        &data.path(""),
        &out,
    );
    assert_eq!(refused.status.code(), Some(1));
    let text = lines(&refused);
    assert!(
        text.contains("refused: loses") && text.contains("to 0.00 %"),
        "{text}"
    );
    assert!(!out.exists());
}

#[test]
fn a_network_whose_golden_output_is_another_is_refused_before_anything_is_searched() {
    let data = Dataset::good();
    let out = data.path("models/other");
    let refused = release(&biased(1.5, data.path("other.onnx")), &data.path(""), &out);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        lines(&refused).contains("golden output differs by"),
        "{}",
        lines(&refused)
    );
    assert!(!out.exists());
}

#[test]
fn images_without_landslides_prove_nothing() {
    let (image, label) = scene(300, 200);
    let data = Dataset::new().with("images/empty.png", &png(image)).with(
        "labels/empty.png",
        &png(GrayImage::new(label.width(), label.height())),
    );
    let same = biased(-0.5, data.path("same.onnx"));
    let refused = release(&same, &data.path(""), &data.path("models/same"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        lines(&refused).contains("holds no landslide"),
        "{}",
        lines(&refused)
    );
}
