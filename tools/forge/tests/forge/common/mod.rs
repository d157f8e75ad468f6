//! A model of one convolution and datasets for it.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

/// Redder than green is landslide.
pub const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/tiny_model"
);

/// Green land with red squares of which half the label is one square to the right, so that hits, misses and false alarms
/// are all there.
pub fn scene(width: u32, height: u32) -> (RgbImage, GrayImage) {
    let red = |x: u32, y: u32| (x / 20 + y / 20).is_multiple_of(3);
    let image = RgbImage::from_fn(width, height, |x, y| {
        if red(x, y) {
            Rgb([200, 60, 60])
        } else {
            Rgb([60, 150, 60])
        }
    });
    let label = GrayImage::from_fn(width, height, |x, y| {
        Luma([u8::from(if y < height / 2 {
            red(x, y)
        } else {
            red(x + 20, y)
        })])
    });
    (image, label)
}

pub fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A folder with `images/` and `labels/`.
pub struct Dataset(TempDir);

impl Dataset {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A dataset with one good pair, "good".
    pub fn good() -> Self {
        let (image, label) = scene(300, 200);
        Self::new()
            .with("images/good.png", &png(image))
            .with("labels/good.png", &png(label))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn with(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub fn validate(&self, options: &[&str]) -> (Output, Option<Value>) {
        self.forge("validate", &[MODEL], options)
    }

    /// Runs a command on this dataset; its output and JSON.
    pub fn forge(
        &self,
        command: &str,
        models: &[&str],
        options: &[&str],
    ) -> (Output, Option<Value>) {
        let json = self.path("report.json");
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
            .arg(command)
            .args(models)
            .args(["--overlap", "16"])
            .arg("--data")
            .arg(self.0.path())
            .arg("--out")
            .arg(self.path("out"))
            .arg("--json")
            .arg(&json)
            .args(options)
            .output()
            .unwrap();
        let report = fs::read(json)
            .ok()
            .map(|text| serde_json::from_slice(&text).unwrap());
        (output, report)
    }
}

pub fn lines(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn gdal(arguments: &[&str], from: &Path, to: &Path) {
    let output = Command::new("gdal_translate")
        .arg("-q")
        .args(arguments)
        .arg(from)
        .arg(to)
        .output();
    assert!(
        output
            .expect("gdal_translate is installed by tools/test")
            .status
            .success()
    );
}
