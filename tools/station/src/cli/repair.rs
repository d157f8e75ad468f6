//! `scarp-station repair`.

use std::path::PathBuf;

use anyhow::ensure;
use scarp_station::store::Store;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage that is damaged; it is not changed
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// Store to write; it must not be there yet
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let saved = Store::repair(&args.store, &args.out)?;
    let mut gaps = 0;
    for (table, of) in &saved {
        eprintln!(
            "{table}: {} rows saved, {} places could not be read",
            of.rows, of.gaps
        );
        gaps += of.gaps;
    }
    ensure!(
        gaps == 0,
        "store {}: {gaps} places of it are lost; the rest is in {}, and aircraft send again what they still have",
        args.store.display(),
        args.out.display()
    );
    eprintln!("All of it is in {}.", args.out.display());
    Ok(())
}
