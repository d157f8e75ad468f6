//! Outlines of landslides as others draw them: GeoPackage, Shapefile, GeoJSON.

mod geojson;
mod geopackage;
mod shapefile;

use std::path::{Path, PathBuf};

use scarp_geo::crs::{CrsError, System};
use thiserror::Error;

/// A polygon: its outer ring and holes, in no order; what an odd number of them encloses is inside.
pub type Rings = Vec<Vec<(f64, f64)>>;

/// The polygons of one file.
#[derive(Debug, PartialEq)]
pub struct Outlines {
    /// The file.
    pub path: PathBuf,
    /// What their coordinates mean.
    pub system: System,
    /// The polygons; a polygon of several parts is several.
    pub polygons: Vec<Rings>,
}

/// A file of outlines that cannot be used. Each message is one line.
#[derive(Debug, Error)]
pub enum OutlinesError {
    /// The format is not known.
    #[error("{0}: is no .gpkg, .shp, .geojson or .json; convert it, for instance with ogr2ogr")]
    Format(PathBuf),
    /// The file cannot be read.
    #[error("{path}: cannot be read ({reason})")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// It holds several layers.
    #[error("{path}: holds the layers {layers}; choose one with --layer")]
    Layers {
        /// The file.
        path: PathBuf,
        /// Their names.
        layers: String,
    },
    /// It does not say what its coordinates mean.
    #[error("{path}: does not say its reference system ({reason}); add it, it is never guessed")]
    Unstated {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// What it says is not understood.
    #[error("{path}: {reason}")]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: CrsError,
    },
    /// It holds something else than polygons.
    #[error("{path}: feature {feature} is a {what}; outlines are polygons")]
    NoPolygon {
        /// The file.
        path: PathBuf,
        /// Which feature, from 1.
        feature: usize,
        /// What it is.
        what: String,
    },
    /// It holds nothing.
    #[error("{0}: holds no polygon")]
    Empty(PathBuf),
}

impl Outlines {
    /// Reads the file; `layer` chooses one of several layers of a GeoPackage.
    ///
    /// # Errors
    /// When it cannot be read, does not say its reference system, or holds something else than polygons.
    pub fn read(path: &Path, layer: Option<&str>) -> Result<Self, OutlinesError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let (system, polygons) = match extension.to_lowercase().as_str() {
            "gpkg" => geopackage::read(path, layer)?,
            "shp" => shapefile::read(path)?,
            "geojson" | "json" => geojson::read(path)?,
            _ => return Err(OutlinesError::Format(path.to_owned())),
        };
        if polygons.is_empty() {
            return Err(OutlinesError::Empty(path.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            system,
            polygons,
        })
    }
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> OutlinesError {
    let reason = reason.to_string();
    OutlinesError::Read {
        path: path.to_owned(),
        reason: reason.lines().collect::<Vec<_>>().join(" "),
    }
}
