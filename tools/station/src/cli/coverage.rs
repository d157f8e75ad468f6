//! `scarp-station coverage`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, ensure};
use geo::{BooleanOps, MultiPolygon};
use geojson::{Feature, FeatureCollection};
use scarp_inventory::outline_geometry;
use scarp_station::{
    feeds::GeoJsonFile,
    planned_area,
    store::{Store, area_m2},
};
use serde_json::json;
use uuid::Uuid;

use super::survey;

/// Square metres in a square kilometre.
const KM2: f64 = 1e6;
/// Gaps below this are what footprints of straight edges leave, in square metres.
const SMALLEST_GAP_M2: f64 = 1.0;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to read
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The planned area: GeoJSON, KML, or a plan of QGroundControl
    #[arg(long, value_name = "FILE")]
    area: Option<PathBuf>,
    /// Writes what of the area was not searched to this file, named .geojson or .json
    #[arg(long, value_name = "FILE", value_parser = GeoJsonFile::parser(), requires = "area")]
    out: Option<GeoJsonFile>,
    /// Only what this survey searched; `scarp-station surveys` lists them
    #[arg(long, value_name = "UUID", value_parser = survey)]
    survey: Option<Uuid>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let planned = args.area.as_deref().map(planned_area::read).transpose()?;
    let store = Store::open_to_read(&args.store)?;
    let searched = store.searched(args.survey)?;
    let km2 = |of: &MultiPolygon<f64>| (area_m2(of) / KM2 * 1e4).round() / 1e4;
    let gaps = planned.as_ref().map(|planned| {
        let mut gaps = planned.difference(&searched);
        gaps.0
            .retain(|gap| area_m2(&gap.clone().into()) >= SMALLEST_GAP_M2);
        gaps
    });
    let of_plan = planned
        .as_ref()
        .map(|planned| km2(&planned.intersection(&searched)));
    if let (Some(out), Some(gaps)) = (&args.out, &gaps) {
        ensure!(
            !store.lies_at(out.path()),
            "file {}: is the store itself, and would be lost; give another file",
            out.path().display()
        );
        let feature = |gap: &geo::Polygon<f64>| {
            let gap = MultiPolygon::from(gap.clone());
            let mut feature = Feature::from(outline_geometry(&gap)?);
            feature.set_property("area_m2", (area_m2(&gap) * 10.0).round() / 10.0);
            Some(feature)
        };
        let features: FeatureCollection = gaps.iter().filter_map(feature).collect();
        let text = features.to_string();
        let name = out.path().display().to_string();
        scarp_files::replace(out.path(), text.as_bytes())
            .with_context(|| format!("file {name}"))?;
    }
    if args.json {
        let told = json!({
            "searched_km2": km2(&searched), "planned_km2": planned.as_ref().map(km2), "planned_searched_km2": of_plan,
            "gaps": gaps.as_ref().map(|gaps| gaps.0.len()),
        });
        return writeln!(io::stdout(), "{told}").context("standard output");
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{:.4} km² searched", km2(&searched)).context("standard output")?;
    if let (Some(planned), Some(of_plan), Some(gaps)) = (&planned, of_plan, &gaps) {
        let share = 100.0 * of_plan / km2(planned).max(f64::MIN_POSITIVE);
        writeln!(
            out,
            "{of_plan:.4} of {:.4} km² planned ({share:.1} %), {} gaps",
            km2(planned),
            gaps.0.len()
        )
        .context("standard output")?;
    }
    Ok(())
}
