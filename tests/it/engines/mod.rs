//! One suite for every engine, and how a model comes to its engine.
//!
//! The suite runs over [`all`]: those that are registered, and one that exists in this test alone, for which nothing outside
//! this folder was changed.

mod choice;
mod golden;
mod red_minus_green;
mod refusals;
mod sessions;
mod tiles;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{Rgb, RgbImage};
use scarp_infer::{ENGINES, Model, Registration};

/// Small quantized models, of one class and of two, that every engine must accept. They compute [`red_minus_green::probability`].
const DECODERS: [&str; 2] = [
    "tests/fixtures/tiny_decoder",
    "tests/fixtures/tiny_decoder_two_classes",
];
/// Farthest that a decoder's answer may lie from the exact one: its activations are bytes.
const BYTES: f32 = 0.03;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every registered engine, and the one of this test.
fn all() -> Vec<Registration> {
    let mut engines = ENGINES.to_vec();
    engines.push(red_minus_green::RED_MINUS_GREEN);
    engines
}

/// Each decoder in each engine.
fn decoders() -> Vec<Arc<Model>> {
    let mut models = Vec::new();
    for name in DECODERS {
        for engine in all() {
            let model = Model::load_in(&folder(name), &[engine]).unwrap();
            assert_eq!(model.engine().name(), engine.name);
            models.push(Arc::new(model));
        }
    }
    models
}

/// A model's name in messages.
fn label(model: &Model) -> String {
    format!("{} in {}", model.manifest().name, model.engine().name())
}

/// A picture no part of which is like another.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            ((x * 3 + y * 7) % 256) as u8,
            ((x * 5 + y * 2 + 90) % 256) as u8,
            ((x * y) % 256) as u8,
        ])
    })
}
