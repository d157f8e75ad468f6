//! A whole survey, flown and written down.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::{
    camera::{Camera, Pose},
    camera_response::CameraResponse,
    clock,
    dice::Dice,
    drift::Drift,
    exif::Exposure,
    flight::Flight,
    landslide_map, logs,
    mosaic::{Blocks, Mosaic},
    overview,
    photograph::{self, Note},
    render::{self, Eye, View},
    sensors::Sensors,
    survey_file,
    survey_plan::{Request, Survey, frame_name},
    tiff_file::write_heights,
    world::World,
};

/// How far a survey has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Parts done.
    pub done: u64,
    /// Parts there are.
    pub total: u64,
}

/// The stages of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Terrain, land use, landslides, their outlines.
    World,
    /// The mosaic of the ground under the flight, block by block.
    Mosaic,
    /// Frames.
    Frames,
}

/// Flies a survey and writes it into `out`, telling how far it is.
///
/// Frames, logs, DEM, truth and overview come as `scarp-sim survey --help` lists them; the folder is made if need be, files
/// of an earlier survey in it are replaced.
///
/// # Errors
/// When a file cannot be written.
pub fn fly(
    request: &Request,
    out: &Path,
    progress: impl Fn(Progress) + Sync,
) -> anyhow::Result<Survey> {
    let tell = |stage, done, total| progress(Progress { stage, done, total });
    tell(Stage::World, 0, 1);
    let frames_dir = fresh_folder(out)?;
    let world = World::new(request.seed);
    let truth = landslide_map::trace(&world)?;
    let overview = overview::paint(&world);
    tell(Stage::World, 1, 1);

    let camera = Camera::survey();
    let flight = Flight::new(&world, &camera, request.plan, |duration_s| {
        wobble(request.seed, duration_s)
    });
    let sensors = Sensors::draw(
        &mut Dice::new(request.seed, 8),
        &request.sigmas,
        flight.duration_s(),
    );
    let takeoff_m = ground_below(&world, flight.position(0.0));
    let start = clock::morning(request.seed);

    let truths: Vec<Pose> = flight
        .exposures_s
        .iter()
        .map(|&time_s| flight.pose(time_s))
        .collect();
    let views: Vec<View> = truths
        .par_iter()
        .map(|pose| View::new(&world, &camera, pose))
        .collect();
    let footprints: Vec<_> = truths
        .iter()
        .map(|pose| Eye::new(&world, &camera, pose).footprint())
        .collect();
    let mut blocks = Blocks::default();
    for (x, y) in views.iter().flat_map(View::places) {
        blocks.need(x, y);
    }
    let count = |stage, total: usize| {
        let done = AtomicU64::new(0);
        move || {
            tell(
                stage,
                done.fetch_add(1, Ordering::Relaxed) + 1,
                total as u64,
            )
        }
    };
    let mosaic = Mosaic::bake(&world.scene, &blocks, count(Stage::Mosaic, blocks.len()));
    let response = CameraResponse::draw(&mut Dice::new(request.seed, 11));
    let done = count(Stage::Frames, views.len());
    views
        .par_iter()
        .enumerate()
        .try_for_each(|(shot, view)| -> anyhow::Result<()> {
            let image = render::frame(view, &mosaic, &response, &camera, shot as u32);
            let note = note(
                &world,
                &flight,
                &sensors,
                takeoff_m,
                start,
                flight.exposures_s[shot],
            );
            let path = frames_dir.join(frame_name(shot));
            fs::write(&path, photograph::jpeg(&image, &camera, &note)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            done();
            Ok(())
        })?;

    let dem = out.join("dem.tif");
    let (columns, rows, heights, place) = world.dem();
    write_heights(&dem, columns, rows, &heights, place)?;
    logs::write(out, &world, &flight, &sensors, start, &request.sigmas)?;
    landslide_map::write(&out.join("truth.geojson"), &world, &truth)?;
    overview.write(&out.join("ortho.jpg"))?;
    let lines = flight.lines;
    let survey = Survey {
        frames: views.len(),
        footprints: (0..).map(frame_name).zip(footprints).collect(),
        world,
        truth,
        overview,
        takeoff_m,
        frames_dir,
        dem,
    };
    survey_file::write(
        &out.join("survey.toml"),
        request,
        &survey,
        &camera,
        lines,
        start,
    )?;
    Ok(survey)
}

/// Makes the folder and its `frames`, without frames of an earlier survey.
fn fresh_folder(out: &Path) -> anyhow::Result<PathBuf> {
    let frames_dir = out.join("frames");
    let make = || -> std::io::Result<()> {
        fs::create_dir_all(&frames_dir)?;
        for entry in fs::read_dir(&frames_dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "JPG") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    };
    make().with_context(|| format!("cannot make the folder {}", frames_dir.display()))?;
    Ok(frames_dir)
}

/// How a gimbal in wind strays from straight down, in degrees about its axes.
fn wobble(seed: u64, duration_s: f64) -> [Drift; 3] {
    const SIGMA_DEG: f64 = 0.8;
    const MEMORY_S: f64 = 2.0;
    let mut dice = Dice::new(seed, 7);
    [(); 3].map(|()| Drift::draw(&mut dice, SIGMA_DEG, MEMORY_S, duration_s))
}

/// Height over EGM96 of the ground under a place on the plane.
fn ground_below(world: &World, [easting, northing, _]: [f64; 3]) -> f64 {
    let (x, y) = world.to_scene(easting, northing);
    world.height(x, y)
}

fn note(
    world: &World,
    flight: &Flight,
    sensors: &Sensors,
    takeoff_m: f64,
    start: DateTime<Utc>,
    time_s: f64,
) -> Note {
    let pose = sensors.measure(flight, time_s);
    let [easting, northing, altitude_m] = pose.position;
    let (latitude_deg, longitude_deg) = world.utm.inverse(easting, northing);
    let heading_deg = flight.heading_deg(time_s);
    let (sin, cos) = heading_deg.to_radians().sin_cos();
    let speed = flight.speed_m_s();
    Note {
        exposure: Exposure {
            time: clock::after(start, time_s),
            latitude_deg,
            longitude_deg,
            altitude_m,
        },
        relative_m: altitude_m - takeoff_m,
        pose,
        heading_deg,
        speed_m_s: (speed * cos, speed * sin),
    }
}
