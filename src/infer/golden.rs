//! The known answer of a model: read from its folder and compared with what the engine says.

use std::{io::Cursor, path::Path};

use image::{ImageFormat, ImageReader, RgbImage};

use super::{Manifest, ModelError};

/// The golden input of the model in `dir` and the probabilities expected for it.
pub(super) fn read(manifest: &Manifest, dir: &Path) -> Result<(RgbImage, Vec<f32>), ModelError> {
    let unusable = |name: &str, reason: String| ModelError::GoldenFile {
        path: dir.join(name).display().to_string(),
        reason,
    };
    let name = &manifest.golden.input;
    let bytes = manifest.file(dir, name)?;
    let reader = || ImageReader::with_format(Cursor::new(&bytes), ImageFormat::Png);
    // The size is read first, so that a small file cannot make a huge picture.
    let size = reader()
        .into_dimensions()
        .map_err(|e| unusable(name, e.to_string()))?;
    let expected = (manifest.input.width, manifest.input.height);
    if size != expected {
        return Err(unusable(
            name,
            format!("{size:?} pixels instead of {expected:?}"),
        ));
    }
    let image = reader()
        .decode()
        .map_err(|e| unusable(name, e.to_string()))?
        .into_rgb8();

    let name = &manifest.golden.output;
    let bytes = manifest.file(dir, name)?;
    let (columns, rows) = manifest.output_size();
    let (numbers, rest) = bytes.as_chunks::<4>();
    if numbers.len() != columns * rows || !rest.is_empty() {
        let reason = format!(
            "{} bytes instead of {columns} x {rows} 32-bit floats",
            bytes.len()
        );
        return Err(unusable(name, reason));
    }
    let probabilities: Vec<f32> = numbers
        .iter()
        .map(|&four| f32::from_le_bytes(four))
        .collect();
    match probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(index) => Err(unusable(
            name,
            format!("number {index} is not a probability"),
        )),
        None => Ok((image, probabilities)),
    }
}

/// Mean absolute difference; `NaN` where either holds one.
pub(super) fn mean_abs_error(found: &[f32], expected: &[f32]) -> f32 {
    let sum: f64 = found
        .iter()
        .zip(expected)
        .map(|(a, b)| f64::from((a - b).abs()))
        .sum();
    (sum / found.len().max(1) as f64) as f32
}
