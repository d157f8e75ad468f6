//! Tiles from a dataset, for commands that need some.

use std::path::Path;

use scarp_forge::{
    dataset,
    samples::{self, Sample},
};
use scarp_infer::Manifest;

use super::common::PartName;

/// Which part of a dataset in GDCLD's layout.
#[derive(Clone, Copy, clap::Args)]
pub struct Part {
    /// Part of a dataset in GDCLD's layout
    #[arg(long, value_enum, default_value_t = PartName::Train)]
    part: PartName,
}

impl From<Part> for dataset::Part {
    fn from(part: Part) -> Self {
        part.part.into()
    }
}

/// Reads `count` tiles; images that cannot be used are told, and the others serve.
pub fn read(
    data: &Path,
    part: Part,
    manifest: &Manifest,
    count: usize,
) -> anyhow::Result<Vec<Sample>> {
    let pairs = dataset::find(data, part.into())?;
    Ok(samples::samples(&pairs, manifest, count, |error| {
        eprintln!("refused: {error}")
    })?)
}
