//! Networks as other projects export them, in `networks` (made by make.py there): optimised, quantized and run.

use std::path::{Path, PathBuf};

use rstest::rstest;
use scarp_forge::{
    engine,
    graph::{Graph, float_tensor},
    network::{Assumed, Network, NetworkError},
    optimise::{optimise, parity},
    quantize::{self, Evaluator, Observer, Options},
    samples::{self, Sample},
};
use scarp_infer::Tile;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forge/networks");
    folder.join(format!("{name}.onnx"))
}

fn read(name: &str) -> Network {
    let assumed = Assumed {
        size: Some(64),
        ..Assumed::default()
    };
    Network::read(&fixture(name), &assumed).unwrap()
}

/// Normalised pictures with structure of all sizes, each another.
fn images(network: &Network, count: usize) -> Vec<Vec<f32>> {
    let [_, channels, height, width] = network.shape();
    let picture = |n: usize| {
        let value = |i: usize| {
            let (c, y, x) = (i / (height * width), i / width % height, i % width);
            let wave =
                (x as f32 * 0.37 + c as f32).sin() + (y as f32 * 0.23 * (n + 1) as f32).cos();
            wave + ((x * 7 + y * 13 + n * 5) % 11) as f32 * 0.1
        };
        (0..channels * height * width).map(value).collect()
    };
    (0..count).map(picture).collect()
}

fn ops(graph: &Graph, op: &str) -> usize {
    graph
        .nodes()
        .iter()
        .filter(|node| node.op_type == op)
        .count()
}

fn difference(before: &Graph, after: &Graph, network: &Network) -> f32 {
    let images = images(network, 2);
    parity(
        before,
        after,
        &network.shape(),
        images.iter().map(Vec::as_slice),
    )
    .unwrap()
    .relative()
}

#[rstest]
fn a_segformer_of_any_exporter_computes_the_same_for_less_work(
    #[values(
        "train_segformer_standard",
        "hf_segformer",
        "hf_segformer_static",
        "hf_segformer_dynamo",
        "mmseg_segformer",
        "mmseg_segformer_batchnorm",
        "paddle_segformer",
        "paddle_segformer_dynamic",
        "smp_segformer_pvt"
    )]
    name: &str,
) {
    let network = read(name);
    let (graph, summary) = optimise(&network.graph, &network.shape()).unwrap();
    let (before, after) = summary.macs.unwrap();
    assert!(after < before * 9 / 10, "{before} to {after}");
    assert!(difference(&network.graph, &graph, &network) < 1e-4);
    for op in [
        "BatchNormalization",
        "Concat",
        "Shape",
        "Gather",
        "Identity",
    ] {
        // Attention picks keys and values apart with Gather in two of the exporters.
        if op != "Gather" {
            assert_eq!(ops(&graph, op), 0, "{op} is left");
        }
    }
    // What was written is what was checked.
    let again = Graph::decode(&graph.encode(), "again").unwrap();
    assert_eq!(difference(&graph, &again, &network), 0.0);
}

#[test]
fn the_folded_decoder_of_the_training_tool_only_gives_up_its_batch_norm() {
    let network = read("train_segformer_folded");
    let (graph, summary) = optimise(&network.graph, &network.shape()).unwrap();
    let (before, after) = summary.macs.unwrap();
    assert_eq!(
        (before, summary.batch_norms, summary.convolutions),
        (after, 1, 0)
    );
    assert!(difference(&network.graph, &graph, &network) < 1e-4);
    let standard = read("train_segformer_standard");
    let (other, _) = optimise(&standard.graph, &standard.shape()).unwrap();
    // The same weights: both ways of folding end at the same function.
    assert!(difference(&graph, &other, &network) < 1e-4);
}

#[test]
fn relus_in_the_branches_are_not_multiplied_away() {
    let network = read("mmseg_segformer");
    let (graph, _) = optimise(&network.graph, &network.shape()).unwrap();
    assert_eq!(ops(&graph, "Relu"), ops(&network.graph, "Relu"));
}

#[rstest]
fn a_network_of_another_kind_is_run_and_keeps_its_function(
    #[values("unet", "deeplabv3", "hrnet", "upernet", "swin")] name: &str,
) {
    let network = read(name);
    let (graph, _) = optimise(&network.graph, &network.shape()).unwrap();
    assert!(difference(&network.graph, &graph, &network) < 1e-4);
    let model = network.model(&graph).unwrap();
    let (columns, rows) = network.manifest.output_size();
    let mut cells = vec![f32::NAN; columns * rows];
    let image = images(&network, 1).remove(0);
    model
        .session()
        .unwrap()
        .run(Tile::Planes(&image), &mut cells)
        .unwrap();
    assert!(cells.iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn a_graph_that_no_rule_fits_passes_through_byte_for_byte() {
    let network = read("train_segformer_folded");
    let shape = network.shape();
    let (graph, _) = optimise(&network.graph, &shape).unwrap();
    let (again, summary) = optimise(&graph, &shape).unwrap();
    assert!(summary.is_unchanged());
    assert_eq!(again.encode(), graph.encode());
}

/// Entropy clips what is rare, which costs EfficientNet-Lite a fifth of what it finds; a Mix Transformer stayed above 0.9.
#[rstest]
#[case(Observer::MinMax, 0.9)]
#[case(Observer::Percentile, 0.9)]
#[case(Observer::Mse, 0.9)]
#[case(Observer::Entropy, 0.7)]
fn every_observer_gives_a_released_model_in_8_bits_that_finds_nearly_the_same(
    #[case] observer: Observer,
    #[case] least_iou: f64,
) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/segformer-lite1");
    let network = Network::read(&folder, &Assumed::default()).unwrap();
    let image = image::open(folder.join("golden_input.png"))
        .unwrap()
        .into_rgb8();
    let images = [samples::planes(&image, &network.manifest)];
    // Without a label, what the float network finds is the truth.
    let judge = Evaluator::new(&network, vec![Sample { image, label: None }]).unwrap();
    let options = Options {
        observer,
        budget_points: 100.0,
        sensitivity: false,
        tick: &|_| (),
    };
    let (graph, report) = quantize::quantize(&network, &images, &judge, &options).unwrap();
    assert_eq!(quantize::layers(&graph), [], "every layer is in 8 bits");
    assert_eq!(report.float_iou, Some(1.0));
    let int8 = report.int8_iou.unwrap();
    assert!(int8 > least_iou && int8 < 1.0, "{int8}");
}

/// A network optimised, its picture's planes, and its 8-bit form with ranges from these.
fn quantized(name: &str) -> (Network, Vec<f32>, Graph) {
    let network = read(name);
    let (graph, _) = optimise(&network.graph, &network.shape()).unwrap();
    let network = Network { graph, ..network };
    let image = image::RgbImage::from_fn(64, 64, |x, y| {
        image::Rgb([(x * 4) as u8, (y * 4) as u8, ((x * y) % 256) as u8])
    });
    let planes = [samples::planes(&image, &network.manifest)];
    let judge = Evaluator::new(&network, vec![Sample { image, label: None }]).unwrap();
    let options = Options {
        observer: Observer::MinMax,
        budget_points: 100.0,
        sensitivity: false,
        tick: &|_| (),
    };
    let (graph, _) = quantize::quantize(&network, &planes, &judge, &options).unwrap();
    let [planes] = planes;
    (network, planes, graph)
}

#[rstest]
fn a_quantized_segformer_of_any_exporter_flies_in_fused_operators(
    #[values(
        "train_segformer_folded",
        "train_segformer_standard",
        "hf_segformer",
        "hf_segformer_static",
        "hf_segformer_dynamo",
        "mmseg_segformer",
        "mmseg_segformer_batchnorm",
        "smp_segformer_pvt",
        "train_efficientnet"
    )]
    name: &str,
) {
    let (network, planes, graph) = quantized(name);
    let model = network.model(&graph).unwrap();
    assert_eq!(model.engine().name(), "int8", "{:?}", model.declined());
    let (columns, rows) = network.manifest.output_size();
    let mut cells = vec![0.0; columns * rows];
    model
        .session()
        .unwrap()
        .run(Tile::Planes(&planes), &mut cells)
        .unwrap();
    let output = network.manifest.output.name.as_str();
    let tract = engine::Engine::new(&graph, &network.shape(), &[output]).unwrap();
    let mut expected = Vec::new();
    tract
        .run(&planes, |_, logits| expected = logits.to_vec())
        .unwrap();
    let probability = |i: usize| {
        let logit = if expected.len() == cells.len() {
            expected[i]
        } else {
            expected[i + cells.len()] - expected[i]
        };
        1.0 / (1.0 + (-logit).exp())
    };
    let sum: f32 = (0..cells.len())
        .map(|i| (cells[i] - probability(i)).abs())
        .sum();
    assert!(sum / (cells.len() as f32) < 0.01, "{sum}");
}

#[test]
fn a_clip_that_holds_bytes_below_their_greatest_is_left_to_tract() {
    let (network, _, mut graph) = quantized("train_efficientnet");
    let bound = graph.add_constant(float_tensor(&[], &[0.5]), "bound");
    for clip in graph
        .nodes_mut()
        .iter_mut()
        .filter(|node| node.op_type == "Clip")
    {
        clip.input[2].clone_from(&bound);
    }
    let model = network.model(&graph).unwrap();
    assert_eq!(model.engine().name(), "tract");
    let [declined] = model.declined() else {
        panic!("{:?}", model.declined());
    };
    let reason = "is held below the greatest byte";
    assert!(declined.reason.ends_with(reason), "{declined:?}");
}

#[test]
fn layers_that_cost_more_than_the_budget_stay_float() {
    let mut network = read("train_segformer_folded");
    let image = image::RgbImage::from_fn(64, 64, |x, y| {
        image::Rgb([(x * 4) as u8, (y * 4) as u8, ((x * y) % 256) as u8])
    });
    let images = [samples::planes(&image, &network.manifest)];
    // Random weights may find one class only: the threshold goes where half of the cells are found.
    let mut cells = [0.0; 16 * 16];
    let model = network.model(&network.graph).unwrap();
    model
        .session()
        .unwrap()
        .run(Tile::Planes(&images[0]), &mut cells)
        .unwrap();
    cells.sort_by(f32::total_cmp);
    network.manifest.threshold = cells[cells.len() / 2];
    let judge = Evaluator::new(&network, vec![Sample { image, label: None }]).unwrap();
    let quantized = |budget_points: f64| {
        let options = Options {
            observer: Observer::MinMax,
            budget_points,
            sensitivity: false,
            tick: &|_| (),
        };
        quantize::quantize(&network, &images, &judge, &options)
            .unwrap()
            .1
    };
    let (free, bound) = (quantized(100.0), quantized(0.0));
    assert_eq!((free.kept_float.len(), free.sensitivity.len()), (0, 0));
    // Random weights lose something; none of it may be lost here.
    assert!(free.int8_iou < Some(1.0));
    assert_eq!(bound.int8_iou, Some(1.0));
    assert!(!bound.kept_float.is_empty());
    assert_eq!(bound.kept_float.len() + bound.quantized, free.quantized);
    assert!(
        bound
            .sensitivity
            .is_sorted_by(|a, b| a.loss_points >= b.loss_points)
    );
}

#[test]
fn resize_and_the_product_of_softmax_stay_float() {
    let network = read("hf_segformer_static");
    let layers = quantize::layers(&network.graph);
    let softmax: Vec<&str> = network
        .graph
        .nodes()
        .iter()
        .filter(|node| node.op_type == "Softmax")
        .map(|node| node.output[0].as_str())
        .collect();
    assert_eq!(softmax.len(), 4);
    for layer in &layers {
        assert!(["Conv", "MatMul", "Gemm"].contains(&layer.op.as_str()));
        assert!(
            layer
                .activations
                .iter()
                .all(|(_, value)| !softmax.contains(&value.as_str()))
        );
    }
}

#[test]
fn a_graph_that_cannot_be_used_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let says = |path: &Path, text: &str| {
        let error = Network::read(path, &Assumed::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains(text) && !error.contains('\n'), "{error}");
    };
    let noise = folder.path().join("noise.onnx");
    std::fs::write(&noise, b"\x0a\xff\xff\xff\xff\xff").unwrap();
    says(&noise, "not an ONNX file");
    let empty = folder.path().join("empty.onnx");
    std::fs::write(&empty, b"").unwrap();
    says(&empty, "holds no graph");
    says(&folder.path().join("none.onnx"), "there is no such");
    says(&fixture("hf_segformer"), "--size");
    let wrong = Assumed {
        size: Some(100),
        ..Assumed::default()
    };
    let error = Network::read(&fixture("hf_segformer"), &wrong).unwrap_err();
    assert!(matches!(error, NetworkError::Input { .. }), "{error}");
}
