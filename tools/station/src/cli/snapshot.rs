//! `scarp-station snapshot`.

use std::path::PathBuf;

use scarp_station::store::Store;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to copy
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// File to write; it must not be there yet
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    Store::open_to_read(&args.store)?.snapshot(&args.out)?;
    eprintln!("Whole copy written to {}.", args.out.display());
    Ok(())
}
