//! The released int8 model in fused operators, held against stock tract running the same graph.

#![allow(clippy::unwrap_used)]

use std::{path::Path, sync::Arc};

use image::{RgbImage, imageops};
use scarp_infer::{Model, Normalisation, OperatorInfo, Segmenter, Tile};
use tract_onnx::prelude::*;

fn released(name: &str) -> Model {
    Model::load(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("models")
            .join(name),
    )
    .unwrap()
}

/// The golden image as it is, and in three other guises that the model was not calibrated on.
fn images() -> Vec<RgbImage> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/segformer-lite1-int8/golden_input.png");
    let golden = image::open(path).unwrap().into_rgb8();
    let brighter = imageops::colorops::brighten(&golden, 25);
    vec![
        imageops::flip_horizontal(&golden),
        imageops::rotate90(&golden),
        brighter,
        golden,
    ]
}

#[test]
fn no_float_product_is_left_in_the_released_int8_model() {
    let operators = released("segformer-lite1-int8").engine().operators();
    let products: Vec<&OperatorInfo> = operators
        .iter()
        .filter(|operator| operator.multiplications != Some(0))
        .collect();
    assert!(products.len() > 20, "{operators:?}");
    for product in products {
        assert_eq!(product.precision, "u8 x i8", "{product:?}");
        assert_ne!(product.engine, "tract", "{product:?}");
    }
}

#[test]
fn the_float_model_is_left_to_tract_and_says_why() {
    let model = released("segformer-lite1");
    let [declined] = model.declined() else {
        panic!("{:?}", model.declined());
    };
    assert_eq!((model.engine().name(), declined.engine), ("tract", "int8"));
    let (node, fault) = declined.reason.split_once(' ').unwrap();
    assert!(!node.is_empty() && !fault.is_empty(), "{declined:?}");
    assert!(
        model
            .engine()
            .operators()
            .iter()
            .all(|operator| operator.engine == "tract")
    );
}

#[test]
fn fused_operators_and_stock_tract_give_the_same_class_in_999_of_1000_cells() {
    let model = released("segformer-lite1-int8");
    let manifest = model.manifest().clone();
    let (width, height) = (
        manifest.input.width as usize,
        manifest.input.height as usize,
    );
    let onnx = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/segformer-lite1-int8/model.onnx");
    let stock = tract_onnx::onnx()
        .model_for_path(onnx)
        .unwrap()
        .into_optimized()
        .unwrap()
        .into_runnable()
        .unwrap();
    let (columns, rows) = manifest.output_size();
    let normal = Normalisation::of(&manifest);
    let mut session = model.session().unwrap();
    let (mut cells, mut planes) = (vec![0.0; columns * rows], Vec::new());
    let (mut same, mut total) = (0, 0);
    for image in images() {
        normal.fill(&image, (0, 0), image.dimensions(), &mut planes);
        session.run(Tile::Planes(&planes), &mut cells).unwrap();
        let input = Tensor::from_shape(&[1, 3, height, width], &planes).unwrap();
        let logits = stock.run(tvec!(input.into_tvalue())).unwrap();
        let logits = logits[0].try_as_plain_ram().unwrap();
        for (cell, logit) in cells.iter().zip(logits.as_slice::<f32>().unwrap()) {
            let expected = 1.0 / (1.0 + (-logit).exp());
            same += usize::from((*cell >= manifest.threshold) == (expected >= manifest.threshold));
            total += 1;
        }
    }
    assert_eq!(total, 4 * columns * rows);
    assert!(same * 1000 >= total * 999, "{same} of {total}");
}

#[test]
fn a_picture_and_its_normalised_planes_give_the_same_answer() {
    let model = released("segformer-lite1-int8");
    let normal = Normalisation::of(model.manifest());
    let (columns, rows) = model.manifest().output_size();
    let mut session = model.session().unwrap();
    let (mut of_planes, mut of_pixels) = (vec![0.0; columns * rows], vec![0.0; columns * rows]);
    // The whole picture, and a corner that reaches beyond it on two sides.
    for corner in [(0, 0), (700, 300)] {
        let image = images().remove(3);
        let mut planes = Vec::new();
        normal.fill(&image, corner, image.dimensions(), &mut planes);
        session.run(Tile::Planes(&planes), &mut of_planes).unwrap();
        let pixels = Tile::Pixels {
            image: &image,
            corner,
            normal: &normal,
        };
        session.run(pixels, &mut of_pixels).unwrap();
        let difference: f32 = of_planes
            .iter()
            .zip(&of_pixels)
            .map(|(a, b)| (a - b).abs())
            .sum();
        assert!(difference / (of_planes.len() as f32) < 1e-4, "{difference}");
    }
}

#[test]
fn one_tile_on_three_threads_gives_the_same_map_bit_by_bit() {
    let model = Arc::new(released("segformer-lite1-int8"));
    let image = images().remove(0);
    let map = |threads| {
        Segmenter::with_threads(threads, &model, 64)
            .unwrap()
            .probability(&image)
            .unwrap()
    };
    assert_eq!(map(1).data, map(3).data);
}
