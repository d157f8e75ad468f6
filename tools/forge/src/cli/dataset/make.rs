//! `scarp-forge dataset make`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use scarp_forge::dataset::make::{self, Made, Options};

use crate::cli::{Outcome, progress::Progress};

const EXAMPLES: &str = "\
Examples:
  scarp-forge dataset make ortho/ --outlines slides.gpkg --out data                 tiles, 3 of 4 images to train with
  scarp-forge dataset make ortho/ --outlines slides.shp --out data --leave-out Palu  images of Palu whole, for testing
  scarp-forge dataset make a.tif --outlines a.geojson --out data --split 1:0 --negatives flat.txt

IMAGES are GeoTIFFs (3 bands of 8 bits) or folders of them. Outlines are polygons in any reference system that is stated.
A pixel is landslide when its centre lies inside an outline. Tiles do not overlap; those that the right and lower edge cut
are left out, and so are tiles of which less than half is picture and, unless named or chosen, those without landslides.
An image's event and sensor come from its name or from dataset.toml beside it (see `dataset inspect --help`).
DATA is GDCLD's layout: train_dataset, val_dataset, test_data, for `dataset inspect`, `validate` and training.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// GeoTIFFs, or folders of them
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Landslides: GeoPackage, Shapefile or GeoJSON; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    outlines: Vec<PathBuf>,
    /// Layer of a GeoPackage that has several
    #[arg(long)]
    layer: Option<String>,
    /// Folder of the dataset
    #[arg(long, value_name = "DATA")]
    out: PathBuf,
    /// Side of a tile
    #[arg(long, value_name = "PX", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(32..=8192))]
    tile: u32,
    /// Parts to train and to validate with; 1:0 trains with all
    #[arg(long, value_name = "TRAIN:VAL", default_value = "3:1", value_parser = split)]
    split: (u32, u32),
    /// What stays on one side: images (and those that overlap on the ground), or tiles as the paper has it, which flatters
    #[arg(long, value_enum, default_value_t = By::Image)]
    by: By,
    /// Event whose images are kept whole, for testing; may be given several times
    #[arg(long, value_name = "EVENT")]
    leave_out: Vec<String>,
    /// List of images or tiles without landslides that are kept, a name on each line
    #[arg(long, value_name = "FILE")]
    negatives: Option<PathBuf>,
    /// Share of all other tiles without landslides that is kept, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    keep_empty: f64,
    /// Value that all bands have outside of the picture [default: what each file says, else none]
    #[arg(long, value_name = "VALUE")]
    nodata: Option<u8>,
    /// Makes another choice of tiles
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Image,
    Tile,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let options = Options {
        images: images(&args.images)?,
        outlines: args.outlines.clone(),
        layer: args.layer.clone(),
        out: args.out.clone(),
        tile_px: args.tile,
        split: args.split,
        by: match args.by {
            By::Image => make::By::Image,
            By::Tile => make::By::Tile,
        },
        leave_out: args.leave_out.clone(),
        negatives: args.negatives.clone(),
        keep_empty: args.keep_empty,
        nodata: args.nodata,
        seed: args.seed,
    };
    let bar = Progress::new("making", 1);
    let made = make::run(&options, |progress| {
        bar.done(progress.done, progress.all);
    });
    drop(bar);
    let made = made?;
    for reason in &made.refused {
        eprintln!("not used: {reason}");
    }
    print_report(&made, &args.out, &mut io::stdout().lock()).context("standard output")?;
    Ok(if made.refused.is_empty() {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// The files given and those of the folders given, in the order of their names.
fn images(given: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut images = Vec::new();
    for path in given {
        if !path.is_dir() {
            images.push(path.clone());
            continue;
        }
        let context = || path.display().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir(path).with_context(context)? {
            let file = entry.with_context(context)?.path();
            let extension = file.extension().unwrap_or_default().to_string_lossy();
            if ["tif", "tiff"].contains(&extension.to_lowercase().as_str()) {
                found.push(file);
            }
        }
        if found.is_empty() {
            bail!("{}: holds no .tif or .tiff file", path.display());
        }
        found.sort();
        images.extend(found);
    }
    Ok(images)
}

fn print_report(made: &Made, data: &Path, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", data.display())?;
    for (part, counts) in &made.parts {
        writeln!(
            out,
            "{:<14} {:>6} pairs  {:>6.2} % landslide",
            part.folder(),
            counts.pairs,
            counts.landslide as f64 / counts.pixels as f64 * 100.0
        )?;
    }
    writeln!(
        out,
        "left out: {} tiles without landslides, {} with less than half a picture",
        made.empty, made.blank
    )
}

fn split(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once(':')
        .and_then(|(train, val)| Some((train.parse().ok()?, val.parse().ok()?)));
    match parts {
        Some((train, val)) if train > 0 && train <= 1000 && val <= 1000 => Ok((train, val)),
        _ => Err("two whole numbers like 3:1, the first at least 1".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1".to_owned()),
    }
}
