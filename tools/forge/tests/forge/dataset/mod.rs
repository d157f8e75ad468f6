//! `scarp-forge dataset` as its users start it.

mod inspect;
mod make;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::png;

/// A folder for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// With a pair of a 64 x 64 image and a label of which `landslide` columns are landslide.
    fn with_pair(self, part: &str, name: &str, landslide: u32) -> Self {
        self.with(&format!("{part}images/{name}.png"), &image())
            .with(&format!("{part}labels/{name}.png"), &label(landslide, 1))
    }

    fn inspect(&self, path: &str) -> (Output, Option<Value>) {
        let json = self.path("inspection.json");
        fs::remove_file(&json).ok();
        let output = forge(&[
            "dataset",
            "inspect",
            &self.path(path).display().to_string(),
            "--json",
            &json.display().to_string(),
        ]);
        let report = fs::read(json)
            .ok()
            .map(|text| serde_json::from_slice(&text).unwrap());
        (output, report)
    }
}

fn forge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
        .args(arguments)
        .output()
        .unwrap()
}

fn gdal(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect("GDAL is installed by tools/test");
    assert!(output.status.success(), "{program}: {}", errors(&output));
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn image() -> Vec<u8> {
    png(RgbImage::from_fn(64, 64, |x, y| {
        Rgb([x as u8, y as u8, 90])
    }))
}

fn label(columns: u32, value: u8) -> Vec<u8> {
    png(GrayImage::from_fn(64, 64, |x, _| {
        Luma([if x < columns { value } else { 0 }])
    }))
}
