//! `scarp-forge predict`.

use std::{io::Cursor, path::PathBuf};

use anyhow::{Context, bail};
use image::{GrayImage, ImageFormat};
use scarp_forge::raster::{Kind, Raster, Window};
use scarp_infer::{ProbabilityMap, Segmenter};

use super::{Outcome, common};

/// Larger pictures are for `validate`, which reads in windows.
const MAX_PIXELS: u64 = 100_000_000;

const EXAMPLES: &str = "\
Examples:
  scarp-forge predict models/segformer-lite1 photo.jpg landslides.png     grey: 255 is certainly landslide
  scarp-forge predict other.onnx tile.tif probability.npy              float32, to be compared with another engine's";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Model folder or ONNX file
    model: PathBuf,
    /// Image at the model's ground sampling distance
    image: PathBuf,
    /// What to write: .png, or .npy for numbers; one value per output cell of the network
    output: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let extension = args
        .output
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or("");
    let encode: fn(&ProbabilityMap) -> anyhow::Result<Vec<u8>> = match extension {
        "png" => png,
        "npy" => |map| Ok(npy(map)),
        _ => bail!("{}: end the name in .png or .npy", args.output.display()),
    };
    let model = common::load_model(&args.model)?;
    let mut raster = Raster::open(&args.image, Kind::Rgb)?;
    let (width, height) = raster.size();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        bail!(
            "{}: {width}x{height} pixels are more than 100 megapixels; cut it, or use validate",
            args.image.display()
        );
    }
    let mut pixels = Vec::new();
    let whole = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    raster.read(whole, &mut pixels)?;
    let image = image::RgbImage::from_raw(width, height, pixels).unwrap_or_default();
    let map = Segmenter::new(&model, common::overlap(model.manifest()))?
        .probability(&image)
        .with_context(|| args.image.display().to_string())?;
    common::write(&args.output, &encode(&map)?)?;
    let threshold = model.manifest().threshold;
    let found = map.data.iter().filter(|p| **p >= threshold).count();
    eprintln!(
        "{:.1} % of the image reach threshold {threshold}\n{}",
        100.0 * found as f64 / map.data.len().max(1) as f64,
        args.output.display()
    );
    Ok(Outcome::Success)
}

fn png(map: &ProbabilityMap) -> anyhow::Result<Vec<u8>> {
    let grey = map.data.iter().map(|p| (p * 255.0).round() as u8).collect();
    let picture =
        GrayImage::from_raw(map.width as u32, map.height as u32, grey).unwrap_or_default();
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// NumPy's format 1.0: magic, version, length of a header that fills up to a multiple of 64 bytes, numbers.
fn npy(map: &ProbabilityMap) -> Vec<u8> {
    let header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
        map.height, map.width
    );
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = length - 1).bytes());
    bytes.extend(map.data.iter().flat_map(|p| p.to_le_bytes()));
    bytes
}
