//! `scarp-sim tiles` and `scarp-sim scenes`.

use std::path::PathBuf;

use scarp_sim::dataset;

/// Arguments of `scarp-sim tiles`.
#[derive(clap::Args)]
pub struct TilesArgs {
    /// Seed of the first tile; the next ones follow by one each
    #[arg(long)]
    seed: u64,
    /// Number of tiles
    #[arg(long)]
    count: u64,
    /// Folder to write train_dataset/images and train_dataset/labels into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Arguments of `scarp-sim scenes`.
#[derive(clap::Args)]
pub struct ScenesArgs {
    /// Seed of the first scene; the next ones follow by one each
    #[arg(long)]
    seed: u64,
    /// Number of scenes
    #[arg(long, default_value_t = 4)]
    count: u64,
    /// Folder to write test_data/images and test_data/labels into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn tiles(args: &TilesArgs) -> anyhow::Result<()> {
    let bar = super::bar(args.count, "tiles");
    dataset::write_tiles(args.seed, args.count, &args.out, || bar.inc(1))?;
    bar.finish();
    Ok(())
}

pub fn scenes(args: &ScenesArgs) -> anyhow::Result<()> {
    let bar = super::bar(args.count, "scenes");
    dataset::write_scenes(args.seed, args.count, &args.out, || bar.inc(1))?;
    bar.finish();
    Ok(())
}
