//! Opening an elevation model: its files, each of its kind, and what they have to agree on.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Dem, DemError, DemStatement,
    cache::Cache,
    geotiff, hgt,
    tile::{ReadTile, Tile},
};

/// How the names of elevation models end.
const ENDINGS: [&str; 3] = ["tif", "tiff", "hgt"];

impl Dem {
    /// Reads one file, or all of a folder; see [`Dem::open_all`].
    ///
    /// # Errors
    /// As [`Dem::open_all`].
    pub fn open(path: &Path, stated: impl Into<DemStatement>) -> Result<Self, DemError> {
        Self::open_all(&[path.to_path_buf()], stated)
    }

    /// Reads files, and those of folders that end with `.tif`, `.tiff` or `.hgt`, as one model: SRTM's tiles (`.hgt`), and
    /// GeoTIFF, striped or tiled, uncompressed, LZW, deflate or PackBits; one band of integers of up to 32 bits or of floats,
    /// with unit, scale and offset; in any system of EPSG's register that `proj4rs` computes and whose datum needs no grid,
    /// north up. Gaps are what GDAL's nodata tag, the mask inside the file or a block that is not there say, and what only a
    /// gap can be: [`Dem::remarks`] tells of those.
    ///
    /// `stated` is what the files themselves do not say, and what holds although they do. The heights of four tiles of a
    /// degree are held at most; others are read again when they are needed.
    ///
    /// # Errors
    /// When a file cannot be read or is none of that, when neither it nor `stated` tells the vertical datum, or when they
    /// disagree, or the files among themselves.
    pub fn open_all(paths: &[PathBuf], stated: impl Into<DemStatement>) -> Result<Self, DemError> {
        let stated = stated.into();
        let mut read: Vec<(Tile, Option<Vec<f32>>)> = Vec::new();
        let mut remarks = Vec::new();
        let mut range_m = (f64::INFINITY, f64::NEG_INFINITY);
        let mut cells = 0;
        for path in elevation_files(paths)? {
            let one = self::read(&path, stated)?;
            if let Some((first, _)) = read.first()
                && first.source.datum != one.tile.source.datum
            {
                return Err(DemError::MixedDatums {
                    path: path.display().to_string(),
                    datum: one.tile.source.datum,
                    other: first.source.path.display().to_string(),
                    other_datum: first.source.datum,
                });
            }
            remarks.extend(one.remarks);
            range_m.0 = range_m.0.min(one.tile.range_m.0);
            range_m.1 = range_m.1.max(one.tile.range_m.1);
            cells += one.heights.len();
            let is_held = read.is_empty() || cells <= Cache::MAX_CELLS;
            read.push((one.tile, is_held.then_some(one.heights)));
        }
        // The smallest cells first; of like ones, in the order that they were named.
        read.sort_by(|(a, _), (b, _)| a.cell_m.total_cmp(&b.cell_m));
        let cache = Cache::default();
        let mut tiles = Vec::new();
        for (index, (tile, heights)) in read.into_iter().enumerate() {
            if let Some(heights) = heights {
                cache.hold(index, Arc::new(heights));
            }
            tiles.push(tile);
        }
        let datum = tiles.first().map(|tile| tile.source.datum);
        Ok(Self {
            tiles,
            cache,
            stated,
            datum: datum.ok_or_else(|| DemError::NoFiles {
                path: paths
                    .iter()
                    .map(|p| p.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })?,
            range_m,
            remarks,
        })
    }
}

/// The files of an elevation model: those named, and those of the folders named, by their names.
///
/// # Errors
/// When a folder cannot be read.
pub fn elevation_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DemError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unread = |reason| DemError::Read {
            path: path.display().to_string(),
            reason,
        };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(unread)? {
            let file = entry.map_err(unread)?.path();
            let ending = file.extension().and_then(|e| e.to_str());
            if ending.is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known))) {
                inside.push(file);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Reads one file, of the kind that its name tells.
pub(super) fn read(path: &Path, stated: DemStatement) -> Result<ReadTile, DemError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("hgt")) {
        hgt::read(path, stated)
    } else {
        geotiff::read(path, stated)
    }
}
