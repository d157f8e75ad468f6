//! How photographs are read: what the command line and the board say beside their metadata.

use std::path::PathBuf;

use scarp_capture::TagSettings;
use scarp_config::{Board, load_camera};
use scarp_geo::PoseCovariance;

/// What is told of the photographs beside their metadata.
#[derive(clap::Args)]
pub struct ReadingArgs {
    /// Take a camera whose photos tell no attitude for looking straight down
    #[arg(long)]
    nadir: bool,
    /// Camera file (TOML: focal length, principal point, distortion), in place of what the photos tell of their camera
    #[arg(long, value_name = "FILE")]
    camera: Option<PathBuf>,
}

impl ReadingArgs {
    /// The settings by these arguments, and by the board's assumed errors.
    pub fn settings(&self, board: &Board) -> anyhow::Result<TagSettings> {
        let errors = &board.errors;
        let camera = self.camera.as_deref().map(load_camera);
        Ok(TagSettings {
            covariance: PoseCovariance::isotropic(
                errors.gnss_horizontal_m,
                errors.gnss_vertical_m,
                errors.attitude_deg,
            ),
            assume_nadir: self.nadir,
            camera: camera.transpose()?,
        })
    }
}
