//! `manifest.toml`: what a model folder says about its model, checked before anything of it is used.

use std::{collections::BTreeMap, fs, path::Path};

use scarp_files::toml_reason;
use serde::{Deserialize, Serialize};

use super::{ManifestError, files};

/// The file in a model folder that describes the rest.
pub const MANIFEST: &str = "manifest.toml";
/// The network itself; its name is fixed so that every tool finds it.
pub(super) const MODEL: &str = "model.onnx";
/// The manifest format this build reads.
const FORMAT: u32 = 1;

/// A checked model manifest. Keys not listed here are allowed and ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the manifest format, 1.
    pub format: u32,
    /// Name of the model.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// Licence of the weights.
    pub licence: String,
    /// Network architecture, for people.
    pub architecture: String,
    /// Class names: background, then landslide.
    pub classes: Vec<String>,
    /// Landslide probability from which a cell counts as landslide, in (0, 1).
    pub threshold: f32,
    /// What the network takes.
    pub input: Input,
    /// What the network gives.
    pub output: Output,
    /// How the weights are stored.
    pub quantization: Quantization,
    /// What the model was trained on.
    #[serde(default)]
    pub training: Vec<Training>,
    /// The known answer the engine must reproduce.
    pub golden: Golden,
    /// SHA-256 (hex) of every file, by its name inside the folder.
    pub files: BTreeMap<String, String>,
}

/// The network's input: `f32`, 1 x 3 x height x width, RGB, `(pixel / 255 - mean) / std`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name of the ONNX graph's input.
    pub name: String,
    /// Width in pixels, a multiple of 32.
    pub width: u32,
    /// Height in pixels, a multiple of 32.
    pub height: u32,
    /// Ground sampling distance the model was trained for, in metres per pixel.
    pub gsd_m: f64,
    /// Mean of each channel, on the scale 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, on the scale 0 to 1.
    pub std: [f32; 3],
}

/// The network's output: `f32` logits, 1 x 1 x height/stride x width/stride, whose sigmoid is the probability of landslide;
/// or 1 x 2 x ..., background and landslide, whose softmax is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Name of the ONNX graph's output.
    pub name: String,
    /// Input pixels per output cell, along each axis.
    pub stride: u32,
}

/// How the weights are stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// "none", or the scheme in words.
    pub scheme: String,
}

/// One set of images the model was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The data set.
    pub data: String,
    /// Its licence.
    pub licence: String,
    /// Whom its licence asks to be named.
    pub attribution: String,
}

/// A known input and the output expected from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// RGB image of the input's size.
    pub input: String,
    /// Little-endian `f32` probabilities, row-major, one for each output cell.
    pub output: String,
    /// Largest mean absolute difference of probabilities accepted, in (0, 1).
    pub max_mean_abs_error: f32,
}

impl Manifest {
    /// Reads and checks `dir/manifest.toml` and the digest of every file it lists.
    ///
    /// # Errors
    /// When the manifest or a listed file cannot be read, a value is out of range, a file name leads out of the
    /// folder, or a file's digest is another.
    pub fn read(dir: &Path) -> Result<Self, ManifestError> {
        let manifest = Self::read_unverified(dir)?;
        for name in manifest.files.keys() {
            manifest.file(dir, name)?;
        }
        Ok(manifest)
    }

    /// Reads and checks the manifest alone.
    fn read_unverified(dir: &Path) -> Result<Self, ManifestError> {
        let file = dir.join(MANIFEST);
        let path = file.display().to_string();
        let text = fs::read_to_string(&file).map_err(|reason| ManifestError::Read {
            path: path.clone(),
            reason,
        })?;
        let manifest: Self = toml::from_str(&text).map_err(|error| ManifestError::Syntax {
            path: path.clone(),
            reason: toml_reason(&text, &error),
        })?;
        manifest.check(&path)?;
        Ok(manifest)
    }

    /// The content of the listed file `name`, proven by its digest: what is used is what was checked.
    pub(super) fn file(&self, dir: &Path, name: &str) -> Result<Vec<u8>, ManifestError> {
        let manifest = || dir.join(MANIFEST).display().to_string();
        let expected = self
            .files
            .get(name)
            .ok_or_else(|| ManifestError::Unlisted {
                path: manifest(),
                name: name.to_owned(),
            })?;
        files::read_verified(dir, &manifest(), name, expected)
    }

    /// Output cells of one tile: columns, rows.
    #[must_use]
    pub fn output_size(&self) -> (usize, usize) {
        let stride = self.output.stride.max(1);
        let cells = |pixels: u32| (pixels / stride) as usize;
        (cells(self.input.width), cells(self.input.height))
    }

    fn check(&self, path: &str) -> Result<(), ManifestError> {
        let require = |ok: bool, key, value: &dyn std::fmt::Debug, range| {
            ok.then_some(()).ok_or_else(|| ManifestError::Value {
                path: path.to_owned(),
                key,
                value: format!("{value:?}"),
                range,
            })
        };
        let side = |pixels: u32| (32..=4096).contains(&pixels) && pixels.is_multiple_of(32);
        let (input, output) = (&self.input, &self.output);
        require(
            self.format == FORMAT,
            "format",
            &self.format,
            "1, the format this build reads",
        )?;
        require(
            self.classes == ["background", "landslide"],
            "classes",
            &self.classes,
            "[\"background\", \"landslide\"]",
        )?;
        let open_unit = |value: f32| value > 0.0 && value < 1.0;
        require(
            open_unit(self.threshold),
            "threshold",
            &self.threshold,
            "between 0 and 1",
        )?;
        require(
            side(input.width),
            "input.width",
            &input.width,
            "a multiple of 32 from 32 to 4096",
        )?;
        require(
            side(input.height),
            "input.height",
            &input.height,
            "a multiple of 32 from 32 to 4096",
        )?;
        require(
            input.gsd_m >= 0.01 && input.gsd_m <= 100.0,
            "input.gsd_m",
            &input.gsd_m,
            "from 0.01 to 100 metres per pixel",
        )?;
        let in_range = |values: &[f32; 3], ok: fn(f32) -> bool| values.iter().all(|&v| ok(v));
        require(
            in_range(&input.mean, |v| (0.0..=1.0).contains(&v)),
            "input.mean",
            &input.mean,
            "three numbers from 0 to 1",
        )?;
        require(
            in_range(&input.std, |v| (0.001..=1.0).contains(&v)),
            "input.std",
            &input.std,
            "three numbers from 0.001 to 1",
        )?;
        require(
            output.stride.is_power_of_two() && output.stride <= 32,
            "output.stride",
            &output.stride,
            "1, 2, 4, 8, 16 or 32",
        )?;
        require(
            open_unit(self.golden.max_mean_abs_error),
            "golden.max_mean_abs_error",
            &self.golden.max_mean_abs_error,
            "between 0 and 1",
        )?;
        for name in [MODEL, &self.golden.input, &self.golden.output] {
            if !self.files.contains_key(name) {
                return Err(ManifestError::Unlisted {
                    path: path.to_owned(),
                    name: name.to_owned(),
                });
            }
        }
        Ok(())
    }
}
