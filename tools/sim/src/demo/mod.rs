//! The whole of Scarp on a simulated survey: fly it, search it with the real programs, compare with the truth.

mod overview;
mod placement;
mod programs;
mod raster;
mod report;
mod score;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use geo::{Coord, MapCoords, Polygon};
use geojson::GeoJson;

use crate::{
    survey::{self, Progress},
    survey_plan::{Request, Survey},
    world::World,
};

use self::programs::Programs;

pub use self::report::Report;

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The survey to fly.
    pub request: Request,
    /// Folder of the model; the program finds one where there is none.
    pub model: Option<PathBuf>,
    /// Folder for everything it makes.
    pub out: PathBuf,
}

/// Flies, searches and compares; `progress` tells how far the simulation is, the firmware shows its own.
///
/// Leaves `landslides.gpkg`, `landslides.geojson` and `overview.png` in the output folder.
///
/// # Errors
/// When a program is missing or fails, or a file cannot be read or written.
pub fn run(options: &Options, progress: impl Fn(Progress) + Sync) -> anyhow::Result<Report> {
    let programs = Programs::beside_this_one()?;
    let started = Instant::now();
    let out = &options.out;
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let survey = survey::fly(&options.request, &out.join("survey"), progress)?;

    let (store, keys) = (out.join("landslides.gpkg"), out.join("keys"));
    start_afresh(out, &store)?;
    programs.make_keys(&keys)?;
    let station = programs.serve(&store, &keys)?;
    let replayed = programs.replay(
        &out.join("survey"),
        options.model.as_deref(),
        &out.join("replay"),
        &keys,
        &station,
    )?;
    station.stop()?;
    let exported = out.join("landslides.geojson");
    programs.export(&store, &exported)?;

    let found = read_outlines(&exported, &survey.world)?;
    let found: Vec<Polygon<f64>> = found.into_iter().map(|(_, outline)| outline).collect();
    let placed = read_outlines(&replayed.folder.join("footprints.geojson"), &survey.world)?;
    let searched: Vec<Polygon<f64>> = placed.iter().map(|(_, outline)| outline.clone()).collect();
    let placement_error_m = placement::error_m(&placed, &survey.footprints);
    let truth: Vec<Polygon<f64>> = survey.truth.iter().map(|t| t.plane.clone()).collect();
    let scores = score::score(&truth, &found, &searched)
        .context("no frame was placed on the ground, so there is nothing to compare; see above")?;
    let seconds = started.elapsed().as_secs_f64();
    let report = Report::new(&survey, &replayed, &scores, placement_error_m, seconds);
    let (wrong, right): (Vec<_>, Vec<_>) = found
        .into_iter()
        .enumerate()
        .partition(|(f, _)| scores.false_outlines.contains(f));
    let outlines = |numbered: Vec<(usize, Polygon<f64>)>| -> Vec<_> {
        numbered.into_iter().map(|(_, outline)| outline).collect()
    };
    let picture = overview::Picture {
        terrain: &survey.overview,
        truth: &truth,
        found: &outlines(right),
        wrong: &outlines(wrong),
        searched: &searched,
    };
    picture.write(&out.join("overview.png"), &report)?;
    Ok(report)
}

/// A demo shows one survey: what an earlier run left is not mixed in.
fn start_afresh(out: &Path, store: &Path) -> anyhow::Result<()> {
    let results = out.join("replay");
    if results.exists() {
        fs::remove_dir_all(&results)
            .with_context(|| format!("cannot clear {}", results.display()))?;
    }
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = store.to_owned().into_os_string();
        file.push(suffix);
        let file = PathBuf::from(file);
        if file.exists() {
            fs::remove_file(&file).with_context(|| format!("cannot clear {}", file.display()))?;
        }
    }
    Ok(())
}

/// The polygons of a GeoJSON file on the world's UTM plane, each with its feature's name, empty where it has none.
fn read_outlines(path: &Path, world: &World) -> anyhow::Result<Vec<(String, Polygon<f64>)>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let GeoJson::FeatureCollection(collection) = text
        .parse::<GeoJson>()
        .with_context(|| format!("{} is not GeoJSON", path.display()))?
    else {
        anyhow::bail!("{} is not a feature collection", path.display());
    };
    let mut polygons = Vec::new();
    for feature in collection.features {
        let name = feature.property("name").and_then(|name| name.as_str());
        let name = name.unwrap_or_default().to_owned();
        let Some(geometry) = feature.geometry else {
            continue;
        };
        match geo::Geometry::<f64>::try_from(geometry)? {
            geo::Geometry::Polygon(polygon) => polygons.push((name, polygon)),
            geo::Geometry::MultiPolygon(several) => {
                polygons.extend(several.into_iter().map(|polygon| (name.clone(), polygon)));
            }
            _ => {}
        }
    }
    let to_plane = |c: Coord<f64>| {
        let (x, y) = world.utm.forward(c.y, c.x);
        Coord { x, y }
    };
    Ok(polygons
        .into_iter()
        .map(|(name, polygon)| (name, polygon.map_coords(to_plane)))
        .collect())
}

impl Report {
    fn new(
        survey: &Survey,
        replayed: &programs::Replayed,
        scores: &score::Scores,
        placement_error_m: Option<score::Spread>,
        seconds: f64,
    ) -> Self {
        Self {
            seed: survey.world.seed,
            model: replayed.model.clone(),
            iou: scores.iou,
            precision: scores.area.precision,
            recall: scores.area.recall,
            f1: scores.area.f1,
            outlines: scores.outlines,
            placement_error_m,
            position_error_m: scores.position_error_m,
            landslides_found: scores.found,
            outlines_false: scores.false_outlines.len(),
            landslides_true: scores.true_landslides,
            landslides_true_found: scores.true_found,
            frames: replayed.frames,
            undelivered: replayed.undelivered,
            km2: scores.km2,
            km2_per_hour: scores.km2 / replayed.seconds * 3600.0,
            peak_rss_bytes: replayed.peak_rss_bytes,
            replay_seconds: replayed.seconds,
            seconds,
        }
    }
}
