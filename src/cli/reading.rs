//! How photographs are read: what the command line and the board say beside their metadata.

use std::path::PathBuf;

use scarp_capture::{Poses, TagSettings};
use scarp_config::{Board, load_camera};
use scarp_geo::{PoseCovariance, VerticalDatum};

/// What is told of the photographs beside their metadata.
#[derive(clap::Args)]
pub struct ReadingArgs {
    /// Take a camera whose photos tell no attitude for looking straight down
    #[arg(long)]
    nadir: bool,
    /// Where such a photo tells no heading, take the direction that was flown for it (GPSTrack, or the line of the photos before and after
    /// it); DEGREES is how far the aircraft may have pointed beside it (one sigma; 10 in wind)
    #[arg(long, value_name = "DEGREES", requires = "nadir", value_parser = crab_angle)]
    heading_from_track: Option<f64>,
    /// Camera file, in place of what the photos tell of their camera: TOML (see src/README.md), OpenCV's storage (YAML, JSON),
    /// OpenDroneMap's cameras.json, or Pix4D's .cam
    #[arg(long, value_name = "FILE")]
    camera: Option<PathBuf>,
    /// Poses of the photos, in place of what these tell: a table (CSV, see src/README.md), OpenDroneMap's geo.txt, or DJI's .MRK
    #[arg(long, value_name = "FILE")]
    pub poses: Option<PathBuf>,
    /// What GPS heights are over whose datum neither photo nor pose file tells: ellipsoid, egm96 or egm2008
    #[arg(long, value_name = "DATUM")]
    photo_datum: Option<VerticalDatum>,
    /// How high photos were taken that tell no height above take-off; those that the receiver has higher or lower than most are left out
    #[arg(long, value_name = "METRES", value_parser = height)]
    height_above_takeoff: Option<f64>,
}

fn crab_angle(text: &str) -> Result<f64, String> {
    let degrees: f64 = text.parse().map_err(|_| "not a number of degrees")?;
    if (0.5..=45.0).contains(&degrees) {
        Ok(degrees)
    } else {
        Err("from 0.5 to 45 degrees".to_owned())
    }
}

fn height(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "not a number of metres")?;
    if (1.0..=10_000.0).contains(&metres) {
        Ok(metres)
    } else {
        Err("from 1 to 10000 metres".to_owned())
    }
}

impl ReadingArgs {
    /// The settings by these arguments, and by the board's assumed errors.
    pub fn settings(&self, board: &Board) -> anyhow::Result<TagSettings> {
        let errors = &board.errors;
        let camera = self.camera.as_deref().map(load_camera).transpose()?;
        Ok(TagSettings {
            covariance: PoseCovariance::isotropic(
                errors.gnss_horizontal_m,
                errors.gnss_vertical_m,
                errors.attitude_deg,
            ),
            assume_nadir: self.nadir,
            track_sigma_deg: self.heading_from_track,
            camera: camera.map(|file| file.model),
            rolling_shutter_s: camera.map_or(0.0, |file| file.rolling_shutter_s),
            photo_datum: self.photo_datum,
            height_above_takeoff_m: self.height_above_takeoff,
        })
    }

    /// The poses of the file named.
    pub fn read_poses(&self) -> anyhow::Result<Option<Poses>> {
        let poses = self.poses.as_deref().map(Poses::read);
        Ok(poses.transpose()?)
    }
}
