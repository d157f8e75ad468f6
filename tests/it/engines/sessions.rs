//! Every engine gives the same answer whatever runs beside it or ran before: threads, sessions, other tiles.

use std::{sync::Arc, thread};

use image::RgbImage;
use scarp_infer::{Model, Segmenter};

use super::{all, decoders, folder, label, picture};

/// The map of a picture by a new session.
fn map(model: &Arc<Model>, threads: usize, image: &RgbImage) -> Vec<f32> {
    let mut segmenter = Segmenter::with_threads(threads, model, 16).unwrap();
    segmenter.probability(image).unwrap().data
}

#[test]
fn more_threads_give_the_same_map_bit_by_bit() {
    let image = picture(230, 151);
    for model in decoders() {
        let expected = map(&model, 1, &image);
        for threads in [0, 2, 3, 8] {
            let found = map(&model, threads, &image);
            assert_eq!(found, expected, "{}, {threads} threads", label(&model));
        }
    }
}

#[test]
fn more_threads_give_the_same_map_of_the_released_model_bit_by_bit() {
    let dir = folder("models/segformer-lite1-int8");
    let image = image::open(dir.join("golden_input.png"))
        .unwrap()
        .into_rgb8();
    for engine in all() {
        let Ok(model) = Model::load_in(&dir, &[engine]) else {
            continue;
        };
        let model = Arc::new(model);
        let expected = map(&model, 1, &image);
        assert_eq!(map(&model, 2, &image), expected, "{}", label(&model));
    }
}

#[test]
fn sessions_at_once_agree_with_one_alone() {
    for model in decoders() {
        let pictures = [
            picture(150, 90),
            image::imageops::rotate180(&picture(150, 90)),
        ];
        let alone: Vec<Vec<f32>> = pictures.iter().map(|image| map(&model, 1, image)).collect();
        assert_ne!(alone[0], alone[1]);
        thread::scope(|scope| {
            for number in 0..4 {
                let (model, pictures, alone) = (&model, &pictures, &alone);
                scope.spawn(move || {
                    let mut segmenter = Segmenter::with_threads(1 + number % 2, model, 16).unwrap();
                    // Each begins with another picture, and none is told apart from the one before.
                    for which in (number..number + 6).map(|n| n % 2) {
                        let found = segmenter.probability(&pictures[which]).unwrap().data;
                        assert_eq!(found, alone[which], "{}", label(model));
                    }
                });
            }
        });
    }
}
