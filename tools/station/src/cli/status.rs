//! `scarp-station status`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use scarp_station::store::Store;
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to read
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let store = Store::open_to_read(&args.store)?;
    let (surveys, health) = (store.overview()?, store.health()?);
    let time = |time| DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut out = io::stdout().lock();
    if args.json {
        let surveys: Vec<_> = surveys
            .iter()
            .map(|of| {
                let [high, medium, low] = of.landslides;
                json!({
                    "survey": of.survey, "aircraft": of.aircraft, "flights": of.flights, "last_heard": of.last_heard.map(time),
                    "frames": of.frames.0, "frames_not_placed": of.frames.1, "searched_km2": of.searched_km2,
                    "landslides": {"high": high, "medium": medium, "low": low}, "rejected": of.rejected,
                    "software": of.software, "model": of.model,
                })
            })
            .collect();
        let store = json!({
            "bytes": health.bytes, "bytes_beside": health.beside, "whole": health.beside == 0, "version": health.version,
        });
        return writeln!(out, "{}", json!({ "surveys": surveys, "store": store }))
            .context("standard output");
    }
    for of in &surveys {
        let [high, medium, low] = of.landslides;
        writeln!(
            out,
            "survey {}\n  aircraft {}, {} flights, last heard {}\n  {} frames, {} of them not placed; {:.3} km² searched\n  \
             {} landslides: {high} of high, {medium} of medium, {low} of low priority; {} rejected by people\n  {}, {}",
            of.survey,
            of.aircraft.as_deref().unwrap_or("unknown"),
            of.flights,
            of.last_heard.map_or_else(|| "never".to_owned(), time),
            of.frames.0,
            of.frames.1,
            of.searched_km2,
            high + medium + low,
            of.rejected,
            of.software.as_deref().unwrap_or("software unknown"),
            of.model.as_deref().unwrap_or("model unknown"),
        )
        .context("standard output")?;
    }
    let whole = match health.beside {
        0 => "whole: a copy of the one file has all of it".to_owned(),
        bytes => format!(
            "not whole: {bytes} bytes lie in the -wal beside it, while a program writes or reads it; copy it with `scarp-station snapshot`"
        ),
    };
    writeln!(
        out,
        "store {}: {} bytes, {whole}",
        args.store.display(),
        health.bytes
    )
    .context("standard output")
}
