//! `scarp-station surveys`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use scarp_inventory::Run;
use scarp_link::plain;
use scarp_station::store::Store;
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to read
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// Print a JSON object for each flight
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let store = Store::open_to_read(&args.store)?;
    let mut out = io::stdout().lock();
    let mut listed = 0_u64;
    store.flights(|Run { survey, id }, flight| {
        let start = flight
            .start
            .map(|start| DateTime::<Utc>::from(start).to_rfc3339_opts(SecondsFormat::Secs, true));
        let (software, model) = (&flight.survey.software, &flight.survey.model_name);
        let version = &flight.survey.model_version;
        let aircraft = flight.aircraft.as_deref();
        let line = if args.json {
            json!({
                "survey": survey, "run": id, "start": start, "software": software,
                "model_name": model, "model_version": version, "aircraft": aircraft,
            })
            .to_string()
        } else {
            let start = start.as_deref().unwrap_or("no frame with a time");
            let aircraft = aircraft.unwrap_or("of an unknown aircraft");
            // Texts are the aircraft's.
            plain(&format!(
                "{survey}  {start}  {aircraft}  {software}  {model} {version}  run {id}"
            ))
        };
        listed += 1;
        writeln!(out, "{line}").context("standard output")
    })?;
    if listed == 0 {
        eprintln!("{} holds no survey yet.", args.store.display());
    }
    Ok(())
}
