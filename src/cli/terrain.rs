//! The terrain that a command line or a board names.

use std::path::{Path, PathBuf};

use anyhow::Context;
use scarp_config::Board;
use scarp_geo::{
    Dem, DemStatement, GeoidGrid, Geoids, HeightUnit, Latitude, Longitude, Terrain, VerticalDatum,
    Wgs84,
};

/// The terrain.
#[derive(clap::Args)]
pub struct TerrainArgs {
    /// Elevation model (GeoTIFF, or .hgt of SRTM), or a folder of its tiles; may be given several times. Without one the ground
    /// is flat at the height of take-off
    #[arg(long, value_name = "FILE")]
    pub dem: Vec<PathBuf>,
    /// Vertical datum of the elevation model, where its file does not say: ellipsoid, egm96 or egm2008
    #[arg(long, value_name = "DATUM", requires = "dem")]
    pub dem_datum: Option<VerticalDatum>,
    /// Unit of its heights, where its file does not say: metre, foot or us-survey-foot
    #[arg(long, value_name = "UNIT", requires = "dem")]
    pub dem_unit: Option<HeightUnit>,
    /// The datum and unit named hold even where the file says otherwise
    #[arg(long, requires = "dem")]
    pub dem_override: bool,
    /// EGM2008, where the camera's heights and the elevation model's are over different datums and one is over it: as
    /// GeographicLib has it (.pgm), or PROJ (.tif, .gtx); EGM96 is built in
    #[arg(long, value_name = "FILE", requires = "dem")]
    pub geoid: Option<PathBuf>,
    /// Take EGM96 for EGM2008; heights have a larger error then
    #[arg(long, requires = "dem", conflicts_with = "geoid")]
    pub geoid_approximate: bool,
    /// Where the aircraft took off, for instance 46.84,-91.99: its height above take-off and the elevation model's ground there then
    /// count before its absolute height, which barometers have wrong by up to a hundred metres
    #[arg(long, value_name = "LAT,LON", requires = "dem", value_parser = place, allow_hyphen_values = true)]
    pub takeoff: Option<Wgs84>,
    /// The same by the height of take-off, in metres over the datum of the elevation model
    #[arg(
        long,
        value_name = "METRES",
        requires = "dem",
        conflicts_with = "takeoff",
        allow_hyphen_values = true
    )]
    pub takeoff_height: Option<f64>,
}

fn place(text: &str) -> Result<Wgs84, &'static str> {
    let (latitude, longitude) = text.split_once(',').ok_or("write LAT,LON in degrees")?;
    let degrees = |text: &str| {
        text.trim()
            .parse::<f64>()
            .map_err(|_| "write LAT,LON in degrees")
    };
    let place = Wgs84::new(
        Latitude::from_degrees(degrees(latitude)?),
        Longitude::from_degrees(degrees(longitude)?),
    );
    let on_earth = place.is_on_earth();
    on_earth
        .then_some(place)
        .ok_or("not on earth; the latitude comes first")
}

impl TerrainArgs {
    /// What is stated of the elevation model.
    pub fn stated(&self) -> DemStatement {
        DemStatement {
            datum: self.dem_datum,
            unit: self.dem_unit,
            overrides: self.dem_override,
        }
    }

    /// The elevation model named, or flat ground; heights are good to `sigma_m`.
    ///
    /// # Errors
    /// When the elevation model or the geoid cannot be used.
    pub fn terrain(&self, sigma_m: f64) -> anyhow::Result<Terrain> {
        let geoids = geoids(self.geoid.as_deref(), self.geoid_approximate)?;
        let terrain = open(&self.dem, self.stated(), sigma_m, geoids)?;
        Ok(match (self.takeoff, self.takeoff_height) {
            (Some(place), _) => terrain
                .with_takeoff_at(place)
                .with_context(|| format!("--takeoff {place}"))?,
            (None, Some(metres)) => terrain.with_takeoff_m(metres),
            (None, None) => terrain,
        })
    }
}

/// The terrain of the board.
///
/// # Errors
/// When its elevation model or its geoid cannot be used.
pub fn of_board(board: &Board) -> anyhow::Result<Terrain> {
    let paths = &board.paths;
    let stated = DemStatement {
        datum: paths.dem_datum,
        unit: paths.dem_unit,
        overrides: paths.dem_override,
    };
    let dem = Some(&paths.dem).filter(|path| !path.as_os_str().is_empty());
    let dem: Vec<PathBuf> = dem.into_iter().cloned().collect();
    let geoid = (!paths.geoid.as_os_str().is_empty()).then_some(paths.geoid.as_path());
    let geoids = geoids(geoid, paths.geoid_approximate)?;
    open(&dem, stated, board.errors.dem_m, geoids)
}

fn geoids(egm2008: Option<&Path>, approximate: bool) -> anyhow::Result<Geoids> {
    Ok(match egm2008 {
        Some(path) => Geoids::with_egm2008(GeoidGrid::open(path)?),
        None if approximate => Geoids::approximate(),
        None => Geoids::default(),
    })
}

fn open(
    dem: &[PathBuf],
    stated: DemStatement,
    sigma_m: f64,
    geoids: Geoids,
) -> anyhow::Result<Terrain> {
    if dem.is_empty() {
        return Ok(Terrain::flat(sigma_m));
    }
    let dem = Dem::open_all(dem, stated)?;
    for remark in dem.remarks() {
        log::warn!("{remark}");
    }
    Ok(Terrain::dem(dem, sigma_m).with_geoids(geoids))
}
