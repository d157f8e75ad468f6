//! A map of the ground that lies under what was found: pictures in an MBTiles file (version 1.3 of its specification), which
//! QGIS and GDAL write.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::Serialize;
use thiserror::Error;

/// Zoom levels that exist: at 30 a tile is 4 cm wide.
const MAX_ZOOM: u8 = 30;

/// A file of map tiles.
pub struct Basemap {
    tiles: Mutex<Connection>,
    about: About,
    kind: &'static str,
}

/// What browsers must know of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    name: String,
    /// Whom the map is by; to be shown where it has one.
    attribution: Option<String>,
    minzoom: u8,
    maxzoom: u8,
    /// West, south, east and north in degrees.
    bounds: Option<[f64; 4]>,
}

/// A file that is no map that can be shown.
#[derive(Debug, Error)]
#[error("basemap {}: {cause}", path.display())]
pub struct BasemapError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug, Error)]
enum Cause {
    #[error("there is no such file")]
    Missing,
    #[error("is no MBTiles file ({0}); write one with QGIS (Generate XYZ tiles (MBTiles)) or GDAL")]
    Sqlite(rusqlite::Error),
    #[error("its tiles are {0}, and pictures are shown alone; give one of png, jpg or webp tiles")]
    Format(String),
    #[error("has no tiles")]
    Empty,
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Basemap {
    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    /// When it is not there, is no MBTiles file, or has no pictures.
    pub fn open(path: &Path) -> Result<Self, BasemapError> {
        open(path).map_err(|cause| BasemapError {
            path: path.to_owned(),
            cause,
        })
    }

    /// What browsers must know of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Content type of its tiles.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The tile at zoom `z`, column `x` from the west and row `y` from the north; none where the map has no such.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> rusqlite::Result<Option<Vec<u8>>> {
        // The file counts rows from the south.
        let Some(row) = (z <= MAX_ZOOM)
            .then(|| (1_u32 << z) - 1)
            .and_then(|last| last.checked_sub(y))
        else {
            return Ok(None);
        };
        let tiles = self.tiles.lock();
        let mut tile = tiles.prepare_cached(
            "SELECT tile_data FROM tiles WHERE zoom_level = ?1 AND tile_column = ?2 AND tile_row = ?3",
        )?;
        tile.query_row((z, x, row), |row| row.get(0)).optional()
    }
}

fn open(path: &Path) -> Result<Basemap, Cause> {
    if !path.is_file() {
        return Err(Cause::Missing);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let tiles = Connection::open_with_flags(path, flags)?;
    // The file may come from anyone.
    tiles.pragma_update(None, "trusted_schema", false)?;
    tiles.pragma_update(None, "cell_size_check", true)?;
    let told = |name: &str| -> rusqlite::Result<Option<String>> {
        let select = "SELECT CAST(value AS TEXT) FROM metadata WHERE name = ?1";
        tiles.query_row(select, [name], |row| row.get(0)).optional()
    };
    let format = told("format")?.unwrap_or_default();
    let kind = match format.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "" => return Err(Cause::Format("of no known kind".to_owned())),
        other => return Err(Cause::Format(other.to_owned())),
    };
    let zooms = "SELECT min(zoom_level), max(zoom_level) FROM tiles";
    let (minzoom, maxzoom): (Option<u8>, Option<u8>) =
        tiles.query_row(zooms, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let about = About {
        name: told("name")?.unwrap_or_default(),
        attribution: told("attribution")?.filter(|by| !by.is_empty()),
        minzoom: minzoom.ok_or(Cause::Empty)?,
        maxzoom: maxzoom.ok_or(Cause::Empty)?,
        bounds: told("bounds")?.as_deref().and_then(bounds),
    };
    Ok(Basemap {
        tiles: Mutex::new(tiles),
        about,
        kind,
    })
}

/// Four numbers with commas between them, of a place on Earth.
fn bounds(text: &str) -> Option<[f64; 4]> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    let [west, south, east, north] = *numbers.ok()?.as_array()?;
    let is_place = (-180.0..=180.0).contains(&west)
        && (-180.0..=180.0).contains(&east)
        && (-90.0..=90.0).contains(&south)
        && (-90.0..=90.0).contains(&north);
    (is_place && west < east && south < north).then_some([west, south, east, north])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one tile, `tile`, at zoom 3, column 4, row 2 from the north.
    fn file(format: &str, tile: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ground.mbtiles");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(&format!(
            "CREATE TABLE metadata (name TEXT, value TEXT);
             CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);
             INSERT INTO metadata VALUES ('name', 'Ground'), ('format', '{format}'), ('bounds', '0,30,45.5,60');
             {tile}"
        ))
        .unwrap();
        (folder, path)
    }

    const TILE: &str = "INSERT INTO tiles VALUES (3, 4, 5, x'0102')";

    #[test]
    fn a_tile_is_found_by_its_row_from_the_north() {
        let (_folder, path) = file("png", TILE);
        let map = Basemap::open(&path).unwrap();
        assert_eq!(map.tile(3, 4, 2).unwrap(), Some(vec![1, 2]));
        for (z, x, y) in [
            (3, 4, 5),
            (3, 4, 8),
            (3, 4, u32::MAX),
            (31, 0, 0),
            (255, 0, 0),
        ] {
            assert_eq!(map.tile(z, x, y).unwrap(), None, "{z}/{x}/{y}");
        }
        let about = About {
            name: "Ground".to_owned(),
            attribution: None,
            minzoom: 3,
            maxzoom: 3,
            bounds: Some([0.0, 30.0, 45.5, 60.0]),
        };
        assert_eq!((map.about(), map.kind()), (&about, "image/png"));
    }

    #[test]
    fn what_is_no_map_of_pictures_is_told_by_what_it_is() {
        let (_folder, vector) = file("pbf", TILE);
        let (folder, empty) = file("jpg", "");
        let text = folder.path().join("text.mbtiles");
        std::fs::write(
            &text,
            "no database, but long enough to be looked into ".repeat(30),
        )
        .unwrap();
        for (path, said) in [
            (vector, "its tiles are pbf"),
            (empty, "has no tiles"),
            (text, "is no MBTiles file (file is not a database)"),
            (folder.path().join("none"), "there is no such file"),
        ] {
            let error = Basemap::open(&path).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
