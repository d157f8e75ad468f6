//! `scarp-station keys`.

use std::path::PathBuf;

use scarp_station::keys;

#[derive(clap::Args)]
pub struct Args {
    /// Folder for the keys; nothing in it is overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    keys::make(&args.out)?;
    let out = args.out.display();
    eprintln!(
        "Keys made. Copy {out}/station to the ground station and {out}/drone to the drones, by hand."
    );
    Ok(())
}
