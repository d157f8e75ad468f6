//! `scarp-sim survey`.

use std::path::PathBuf;

use scarp_sim::{
    flight::Plan,
    sensors::Sigmas,
    survey::{self, Stage},
    survey_plan::Request,
};

const WRITES: &str = "\
Writes into the folder:
  frames/SCARP_0001.JPG ...  photographs with EXIF GPS and DJI XMP, positions and angles as measured
  dem.tif                    elevation over EGM96, UTM
  nmea.log, attitude.csv     what GNSS receiver and gimbal reported, 5 Hz
  truth.geojson              outlines of the landslides
  track_truth.csv            where the camera truly was, for judging only
  ortho.jpg, survey.toml     picture of the terrain; camera, plan, errors, extents

Examples:
  scarp-sim survey --seed 900001 --out survey
  scarp-sim survey --seed 7 --area-km2 0.2 --gnss-sigma 0 --height-sigma 0 --attitude-sigma 0 --out exact";

/// Arguments of `scarp-sim survey`.
#[derive(clap::Args)]
#[command(after_help = WRITES)]
pub struct Args {
    /// Everything is drawn from it: same seed and options, same bytes
    #[arg(long)]
    seed: u64,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Ground to cover, 0.02 to 1.3
    #[arg(long, value_name = "KM2", default_value_t = 1.0, value_parser = between(0.02, 1.3))]
    area_km2: f64,
    /// Height above ground in metres, 40 to 300
    #[arg(long, value_name = "M", default_value_t = 120.0, value_parser = between(40.0, 300.0))]
    agl: f64,
    /// Share of a frame that the next one shows again, 0 to 0.9
    #[arg(long, value_name = "SHARE", default_value_t = 0.45, value_parser = between(0.0, 0.9))]
    forward_overlap: f64,
    /// Share of a frame that the next line shows again, 0 to 0.9
    #[arg(long, value_name = "SHARE", default_value_t = 0.35, value_parser = between(0.0, 0.9))]
    side_overlap: f64,
    /// Standard deviation of the position to the east and to the north in metres
    #[arg(long, value_name = "M", default_value_t = 1.5, value_parser = between(0.0, 100.0))]
    gnss_sigma: f64,
    /// Standard deviation of the height in metres
    #[arg(long, value_name = "M", default_value_t = 2.0, value_parser = between(0.0, 100.0))]
    height_sigma: f64,
    /// Standard deviation of the attitude about each axis in degrees
    #[arg(long, value_name = "DEG", default_value_t = 0.5, value_parser = between(0.0, 20.0))]
    attitude_sigma: f64,
}

/// Parses a number within bounds.
pub fn between(low: f64, high: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| match text.parse::<f64>() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(format!("must be a number from {low} to {high}")),
    }
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let request = Request {
        seed: args.seed,
        plan: Plan {
            area_km2: args.area_km2,
            agl_m: args.agl,
            forward_overlap: args.forward_overlap,
            side_overlap: args.side_overlap,
            ..Plan::default()
        },
        sigmas: Sigmas {
            horizontal_m: args.gnss_sigma,
            vertical_m: args.height_sigma,
            attitude_deg: args.attitude_sigma,
        },
    };
    let bar = super::bar(1, "");
    let flown = survey::fly(&request, &args.out, |progress| {
        let stage = match progress.stage {
            Stage::World => "terrain",
            Stage::Mosaic => "mosaic",
            Stage::Frames => "frames",
        };
        bar.set_message(stage);
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    })?;
    bar.finish_and_clear();
    eprintln!(
        "{} frames over {} landslides; search them: scarp replay {} --dem {}",
        flown.frames,
        flown.truth.len(),
        flown.frames_dir.display(),
        flown.dem.display()
    );
    Ok(())
}
