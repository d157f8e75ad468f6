//! The whole of Scarp on a simulated survey: fly it, search it with the real programs, compare with the truth.

mod outlines;
mod overview;
mod placement;
mod programs;
mod raster;
mod reliability;
mod report;
mod score;
mod summary;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use geo::Polygon;

use crate::{
    survey::{self, Progress},
    survey_plan::{Request, Survey},
};

use self::{outlines::Outline, programs::Programs, reliability::Stated};

pub use self::{report::Report, summary::Summary};

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

    let found = outlines::read(&exported, &survey.world)?;
    let placed = outlines::read(&replayed.folder.join("footprints.geojson"), &survey.world)?;
    let placement_error_m = placement::error_m(&placed, &survey.footprints);
    let truth: Vec<Polygon<f64>> = survey.truth.iter().map(|t| t.plane.clone()).collect();
    let planes = |outlines: &[Outline]| outlines.iter().map(|o| o.plane.clone()).collect();
    let (outlines, searched): (Vec<Polygon<f64>>, Vec<_>) = (planes(&found), planes(&placed));
    let scores = score::score(&truth, &outlines, &searched)
        .context("no frame was placed on the ground, so there is nothing to compare; see above")?;
    let stated = found
        .iter()
        .zip(&scores.right)
        .filter_map(|(outline, right)| {
            Some(Stated {
                confidence: outline.confidence?,
                right: (*right)?,
            })
        })
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    let report = Report::new(
        &survey,
        &replayed,
        &scores,
        stated,
        placement_error_m,
        seconds,
    );
    let (wrong, right): (Vec<_>, Vec<_>) = outlines
        .into_iter()
        .zip(&scores.right)
        .partition(|(_, right)| **right == Some(false));
    let alone = |judged: Vec<(Polygon<f64>, &Option<bool>)>| -> Vec<_> {
        judged.into_iter().map(|(outline, _)| outline).collect()
    };
    let picture = overview::Picture {
        terrain: &survey.overview,
        truth: &truth,
        found: &alone(right),
        wrong: &alone(wrong),
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

impl Report {
    fn new(
        survey: &Survey,
        replayed: &programs::Replayed,
        scores: &score::Scores,
        stated: Vec<Stated>,
        placement_error_m: Option<score::Spread>,
        seconds: f64,
    ) -> Self {
        let count = |which: &[Option<bool>]| {
            scores
                .right
                .iter()
                .filter(|&right| which.contains(right))
                .count()
        };
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
            landslides_found: count(&[Some(true), Some(false)]),
            outlines_false: count(&[Some(false)]),
            stated,
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
