//! `survey.toml`: what was flown, with what, over which place.

use std::{fs, path::Path};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    camera::Camera,
    clock::rfc3339,
    survey_plan::{Request, Survey},
};

#[derive(Serialize)]
struct SurveyFile {
    seed: u64,
    start_utc: String,
    epsg: u16,
    vertical_datum: &'static str,
    landslides: usize,
    takeoff_height_egm96_m: f64,
    camera: CameraTable,
    sigma: SigmaTable,
    plan: PlanTable,
    ortho: OrthoTable,
}

#[derive(Serialize)]
struct CameraTable {
    width: u32,
    height: u32,
    focal_px: f64,
    cx: f64,
    cy: f64,
}

#[derive(Serialize)]
struct SigmaTable {
    horizontal_m: f64,
    vertical_m: f64,
    attitude_deg: f64,
}

#[derive(Serialize)]
struct PlanTable {
    area_km2: f64,
    agl_m: f64,
    forward_overlap: f64,
    side_overlap: f64,
    speed_m_s: f64,
    lines: usize,
    frames: usize,
}

/// Extent of the picture on the UTM plane in metres, and its corners as longitude and latitude.
#[derive(Serialize)]
struct OrthoTable {
    file: &'static str,
    width: u32,
    height: u32,
    pixel_m: f64,
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    north_west: [f64; 2],
    south_east: [f64; 2],
}

/// Writes the file.
///
/// # Errors
/// When it cannot be written.
pub fn write(
    path: &Path,
    request: &Request,
    survey: &Survey,
    camera: &Camera,
    lines: usize,
    start: DateTime<Utc>,
) -> anyhow::Result<()> {
    let (plan, sigmas) = (&request.plan, &request.sigmas);
    let file = SurveyFile {
        seed: request.seed,
        start_utc: rfc3339(start),
        epsg: survey.world.utm.epsg(),
        vertical_datum: "EGM96",
        landslides: survey.truth.len(),
        takeoff_height_egm96_m: survey.takeoff_m,
        camera: CameraTable {
            width: camera.width,
            height: camera.height,
            focal_px: camera.focal_px,
            cx: f64::from(camera.width) / 2.0,
            cy: f64::from(camera.height) / 2.0,
        },
        sigma: SigmaTable {
            horizontal_m: sigmas.horizontal_m,
            vertical_m: sigmas.vertical_m,
            attitude_deg: sigmas.attitude_deg,
        },
        plan: PlanTable {
            area_km2: plan.area_km2,
            agl_m: plan.agl_m,
            forward_overlap: plan.forward_overlap,
            side_overlap: plan.side_overlap,
            speed_m_s: plan.speed_m_s,
            lines,
            frames: survey.frames,
        },
        ortho: ortho_table(survey),
    };
    let text = toml::to_string(&file).context("cannot put the survey into TOML")?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn ortho_table(survey: &Survey) -> OrthoTable {
    let overview = &survey.overview;
    let (width, height) = overview.image.dimensions();
    let (west, north) = overview.corner;
    let (east, south) = (
        west + f64::from(width) * overview.pixel_m,
        north - f64::from(height) * overview.pixel_m,
    );
    let geographic = |easting, northing| {
        let (latitude, longitude) = survey.world.utm.inverse(easting, northing);
        [longitude, latitude]
    };
    OrthoTable {
        file: "ortho.jpg",
        width,
        height,
        pixel_m: overview.pixel_m,
        west,
        south,
        east,
        north,
        north_west: geographic(west, north),
        south_east: geographic(east, south),
    }
}
