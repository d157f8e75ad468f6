//! Which run a replay is: the same photographs searched again in the same way are the same report, and others are not.

use std::{fmt::Write, fs, path::Path};

use scarp_capture::TagSettings;
use scarp_config::Board;
use scarp_geo::elevation_files;
use scarp_infer::Manifest;
use uuid::Uuid;

use super::terrain::TerrainArgs;

/// All that tells what a replay finds.
pub struct Replayed<'a> {
    /// The photographs, in their order.
    pub photographs: Vec<&'a Path>,
    /// The board: assumed errors, tiles and what is reported.
    pub board: &'a Board,
    /// The model.
    pub model: &'a Manifest,
    /// The terrain.
    pub terrain: &'a TerrainArgs,
    /// How the photographs are read.
    pub settings: &'a TagSettings,
    /// The pose file.
    pub poses: Option<&'a Path>,
    /// How many times the photographs are replayed.
    pub times: u32,
    /// Whether frames are dropped when inference falls behind.
    pub realtime: bool,
}

impl Replayed<'_> {
    /// The run's identity: a UUID (version 5) of the survey and of what decides the results. Photographs and elevation model count by
    /// their names and lengths, wherever they lie, the model by its files' SHA-256. What drops frames finds something else each time
    /// and is a run of its own.
    pub fn run(&self, survey: Uuid) -> Uuid {
        if self.realtime {
            return Uuid::new_v4();
        }
        let (inference, errors) = (&self.board.inference, &self.board.errors);
        // A folder that cannot be read was refused when the model was opened.
        let tiles = elevation_files(&self.terrain.dem).unwrap_or_default();
        let dem = tiles.first().map(|tile| name_and_length(tile));
        let mut told = format!(
            "scarp {}\n{:?}\n{errors:?}\n{:?}\n{} {}\n{dem:?} {:?}\n{:?} {}\n",
            env!("CARGO_PKG_VERSION"),
            self.model,
            self.board.detection,
            inference.engine,
            inference.tile_overlap_px,
            self.terrain.dem_datum,
            self.settings,
            self.times,
        );
        // Writing to a text does not fail.
        let stated = self.terrain.stated();
        if stated.unit.is_some() || stated.overrides {
            let _ = writeln!(told, "{stated:?}");
        }
        for tile in tiles.iter().skip(1) {
            let _ = writeln!(told, "{:?}", name_and_length(tile));
        }
        let geoid = self.terrain.geoid.as_deref().map(name_and_length);
        if geoid.is_some() || self.terrain.geoid_approximate {
            let _ = writeln!(told, "{geoid:?}");
        }
        let takeoff = (self.terrain.takeoff, self.terrain.takeoff_height);
        if takeoff != (None, None) {
            let _ = writeln!(told, "takeoff {takeoff:?}");
        }
        if let Some(poses) = self.poses {
            let _ = writeln!(told, "poses {:?}", name_and_length(poses));
        }
        for photograph in &self.photographs {
            let _ = writeln!(told, "{:?}", name_and_length(photograph));
        }
        Uuid::new_v5(&survey, told.as_bytes())
    }
}

/// A file's name and its length in bytes, where it can be told.
fn name_and_length(file: &Path) -> (Option<&std::ffi::OsStr>, Option<u64>) {
    (
        file.file_name(),
        fs::metadata(file).ok().map(|found| found.len()),
    )
}
