//! `scarp-station export`.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::SystemTime,
};

use anyhow::{Context, ensure};
use chrono::{DateTime, NaiveDate};
use geo::{Rect, coord};
use scarp_station::{
    feeds::{GeoJsonFile, Layer, Written},
    store::{Filter, Store},
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
    /// Only landslides of at least this confidence, from 0 to 1, and those drawn by hand
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence)]
    min_confidence: Option<f64>,
    /// Only landslides of at least this area, in square metres
    #[arg(long, value_name = "M2", value_parser = area)]
    min_area: Option<f64>,
    /// Only what was seen, or drawn by hand, at this time or later, for instance 2026-11-28 (UTC) or 2026-11-28T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<SystemTime>,
    /// Only what touches this box in degrees; across the antimeridian, west is greater than east
    #[arg(long, value_name = "WEST,SOUTH,EAST,NORTH", value_parser = bounds, allow_hyphen_values = true)]
    bbox: Option<Bounds>,
    /// Print one JSON object with the number of landslides or footprints, and of those that could not be read
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
    ensure!(
        args.layer == Layer::Landslides || (args.min_confidence, args.min_area) == (None, None),
        "--min-confidence and --min-area are of landslides; leave them out for --layer footprints"
    );
    let filter = Filter {
        survey: args.survey,
        since: args.since,
        within: args.bbox.clone().map_or_else(Vec::new, |bounds| bounds.0),
        min_confidence: args.min_confidence,
        min_area_m2: args.min_area,
    };
    let Written { features, left_out } = args.out.write(&store, args.layer, &filter)?;
    let layer = match args.layer {
        Layer::Landslides => "landslides",
        Layer::Footprints => "footprints",
    };
    if args.json {
        let counts = json!({ layer: features, "left_out": left_out.count });
        writeln!(io::stdout(), "{counts}").context("standard output")?;
    }
    eprintln!(
        "{features} {layer} written to {}.",
        args.out.path().display()
    );
    ensure!(
        left_out.count == 0,
        "store {}: {} {layer} cannot be read and are left out, the rest is written: {}; mend or delete them in QGIS",
        args.store.display(),
        left_out.count,
        left_out.first.join(", ")
    );
    Ok(())
}

/// A box of longitudes and latitudes, in two where it lies across the antimeridian.
#[derive(Debug, Clone)]
struct Bounds(Vec<Rect<f64>>);

fn bounds(text: &str) -> Result<Bounds, &'static str> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let Ok(&[west, south, east, north]) = numbers.as_deref() else {
        return Err("not four numbers, for instance 7.0,46.0,7.5,46.2");
    };
    let on_earth =
        west.abs() <= 180.0 && east.abs() <= 180.0 && south.abs() <= 90.0 && north.abs() <= 90.0;
    if !on_earth {
        return Err("not longitudes from -180 to 180 and latitudes from -90 to 90, in this order");
    }
    if south > north {
        return Err("its south lies north of its north; give west, south, east, north");
    }
    let from_to =
        |west, east| Rect::new(coord! { x: west, y: south }, coord! { x: east, y: north });
    Ok(Bounds(if west <= east {
        vec![from_to(west, east)]
    } else {
        vec![from_to(west, 180.0), from_to(-180.0, east)]
    }))
}

fn confidence(text: &str) -> Result<f64, &'static str> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (0.0..=1.0).contains(number));
    number.ok_or("not a number from 0 to 1")
}

fn area(text: &str) -> Result<f64, &'static str> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or("not a number of square metres")
}

fn time(text: &str) -> Result<SystemTime, &'static str> {
    let day = |text: &str| {
        Some(
            text.parse::<NaiveDate>()
                .ok()?
                .and_hms_opt(0, 0, 0)?
                .and_utc(),
        )
    };
    let instant = DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .ok();
    let time = instant.or_else(|| day(text)).map(SystemTime::from);
    time.filter(|time| *time >= SystemTime::UNIX_EPOCH)
        .ok_or("not a day or time after 1970, for instance 2026-11-28 or 2026-11-28T09:30:00Z")
}
