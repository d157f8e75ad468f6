//! `scarp-station export`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, ensure};
use scarp_station::{
    feeds::{GeoJsonFile, Layer},
    store::Store,
};
use serde_json::json;
use uuid::Uuid;

use super::survey;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to read
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// File to write, named .geojson or .json
    #[arg(long, value_name = "FILE", value_parser = GeoJsonFile::parser())]
    out: GeoJsonFile,
    /// What to write
    #[arg(long, value_enum, default_value_t = Layer::Landslides)]
    layer: Layer,
    /// Only what belongs to this survey; `scarp-station surveys` lists them
    #[arg(long, value_name = "UUID", value_parser = survey)]
    survey: Option<Uuid>,
    /// Print one JSON object with the number of landslides or footprints
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let store = Store::open_to_read(&args.store)?;
    if let Some(survey) = args.survey {
        let file = args.store.display();
        ensure!(
            store.has_survey(survey)?,
            "store {file}: holds nothing of survey {survey}; `scarp-station surveys --store {file}` lists what it holds"
        );
    }
    let written = args.out.write(&store, args.layer, args.survey)?;
    let layer = match args.layer {
        Layer::Landslides => "landslides",
        Layer::Footprints => "footprints",
    };
    if args.json {
        writeln!(io::stdout(), "{}", json!({ layer: written })).context("standard output")?;
    }
    eprintln!(
        "{written} {layer} written to {}.",
        args.out.path().display()
    );
    Ok(())
}
