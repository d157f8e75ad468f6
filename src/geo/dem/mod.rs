//! Elevation models.

mod cache;
#[cfg_attr(not(feature = "geotiff"), expect(dead_code, reason = "files need it"))]
mod crs;
mod error;
#[cfg(feature = "geotiff")]
mod gdal_metadata;
#[cfg(feature = "geotiff")]
mod geo_keys;
#[cfg(feature = "geotiff")]
mod geotiff;
#[cfg(feature = "geotiff")]
mod hgt;
#[cfg(feature = "geotiff")]
mod mask;
#[cfg(feature = "geotiff")]
mod meaning;
#[cfg(feature = "geotiff")]
mod open;
mod passage;
#[cfg(feature = "geotiff")]
mod samples;
#[cfg(feature = "geotiff")]
mod side_files;
mod statement;
#[cfg(feature = "geotiff")]
mod storage;
#[cfg_attr(not(feature = "geotiff"), expect(dead_code, reason = "files need it"))]
mod tile;
#[cfg(feature = "geotiff")]
mod voids;

use std::{path::Path, sync::Arc};

#[cfg(feature = "geotiff")]
pub use self::gdal_metadata::HORIZONTAL_SIGMA as HORIZONTAL_SIGMA_ITEM;
#[cfg(feature = "geotiff")]
pub use self::open::elevation_files;
pub(super) use self::passage::Passage;
use self::{
    cache::{Cache, Heights},
    crs::Patch,
    passage::Point,
    tile::{Around, Tile},
};
pub use self::{
    error::{DemError, SampleError},
    statement::{DemStatement, HeightUnit, UnknownUnit},
};
use super::ecef;
use crate::{Latitude, Longitude, VerticalDatum, Wgs84};

/// Rasters of ground heights over one vertical datum: one file, or the tiles of an area.
///
/// Where several hold a place, the one with the smallest cells counts. At the seam between tiles that do not overlap, the
/// cells of both do.
#[derive(Debug)]
pub struct Dem {
    /// The smallest cells first.
    tiles: Vec<Tile>,
    cache: Cache,
    #[cfg_attr(not(feature = "geotiff"), expect(dead_code, reason = "files need it"))]
    stated: DemStatement,
    datum: VerticalDatum,
    range_m: (f64, f64),
    remarks: Vec<String>,
}

/// One file of an elevation model: what it says, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// EPSG code of its horizontal reference system.
    pub epsg: u16,
    /// What its heights are over.
    pub datum: VerticalDatum,
    /// What they are counted in.
    pub unit: HeightUnit,
    /// How far its places may lie beside where they are, one sigma in metres: what is not known of its horizontal datum.
    pub horizontal_sigma_m: f64,
    /// The smaller side in metres of a cell in its middle.
    pub cell_m: f64,
    /// x and y of the upper left corner of its first cell, in its own system.
    pub corner: (f64, f64),
    /// Sides of a cell along x and y, in its own system.
    pub step: (f64, f64),
    /// West, south, east and north of it in degrees, to a hundredth of its sides; longitudes may lie beyond +-180.
    pub bounds_deg: [f64; 4],
}

impl Dem {
    /// Cells of one file that are read at most: 400 MB of heights, a square of 10,000.
    pub const MAX_CELLS: usize = 100_000_000;

    /// Its files, those with the smallest cells first.
    pub fn files(&self) -> impl Iterator<Item = DemFile<'_>> {
        self.tiles.iter().map(|tile| DemFile {
            path: &tile.source.path,
            epsg: tile.source.epsg,
            datum: tile.source.datum,
            unit: tile.source.unit,
            horizontal_sigma_m: tile.source.horizontal_sigma_m,
            cell_m: tile.cell_m,
            corner: tile.lattice.corner(),
            step: (tile.lattice.step_x, tile.lattice.step_y),
            bounds_deg: tile.bounds_deg(),
        })
    }

    /// The largest horizontal error of its files, one sigma in metres; see [`DemFile::horizontal_sigma_m`].
    #[must_use]
    pub fn horizontal_sigma_m(&self) -> f64 {
        self.files()
            .fold(0.0, |most, file| file.horizontal_sigma_m.max(most))
    }

    /// The vertical datum of the heights.
    #[must_use]
    pub fn datum(&self) -> VerticalDatum {
        self.datum
    }

    /// The lowest and the highest height in metres.
    #[must_use]
    pub fn height_range_m(&self) -> (f64, f64) {
        self.range_m
    }

    /// What was understood of the files that they do not say: sentences for whoever named them.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The height in metres at a place, interpolated bilinearly between the four nearest cell centres.
    ///
    /// # Errors
    /// When one of the four lies outside or in a gap.
    pub fn sample(&self, place: Wgs84) -> Result<f64, SampleError> {
        self.sampler().sample(place)
    }

    /// Samples many places near to one another.
    #[must_use]
    pub fn sampler(&self) -> Sampler<'_> {
        Sampler {
            dem: self,
            held: None,
            patch: (usize::MAX, None),
            spot: None,
            cell_m: self.tiles.first().map_or(1.0, |tile| tile.cell_m),
            horizontal_sigma_m: 0.0,
        }
    }

    #[cfg(feature = "geotiff")]
    fn read_again(&self, tile: usize) -> Result<Heights, SampleError> {
        let path = self.tiles.get(tile).map(|tile| tile.source.path.as_path());
        let read = path.and_then(|path| open::read(path, self.stated).ok());
        read.map(|read| Arc::new(read.heights))
            .ok_or(SampleError::Unreadable)
    }

    #[cfg(not(feature = "geotiff"))]
    fn read_again(&self, _: usize) -> Result<Heights, SampleError> {
        Err(SampleError::Unreadable)
    }
}

/// A place among the cells of one tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    tile: usize,
    place: Wgs84,
    column: f64,
    row: f64,
}

/// Samples an elevation model at places near to one another, and keeps what the next of them needs too.
#[derive(Debug)]
pub struct Sampler<'a> {
    dem: &'a Dem,
    held: Option<(usize, Heights)>,
    /// Of the reference system of that tile.
    patch: (usize, Option<Arc<Patch>>),
    /// Where the last height was taken, if all of its cells are those of one tile.
    spot: Option<Spot>,
    /// Of the tile that gave the last height.
    cell_m: f64,
    horizontal_sigma_m: f64,
}

impl Sampler<'_> {
    /// The smaller side in metres of the cells that gave the last height.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// How far the place of the last height may lie beside where it is, one sigma in metres.
    pub(super) fn horizontal_sigma_m(&self) -> f64 {
        self.horizontal_sigma_m
    }

    /// See [`Dem::sample`].
    ///
    /// # Errors
    /// As there.
    pub fn sample(&mut self, place: Wgs84) -> Result<f64, SampleError> {
        self.spot = None;
        let mut reason = match self.within_a_tile(place) {
            Ok(height) => return Ok(height),
            Err(reason) => reason,
        };
        if self.dem.tiles.len() < 2 {
            return Err(reason);
        }
        let dem = self.dem;
        for (index, tile) in dem.tiles.iter().enumerate() {
            let Some(around) = self.around(index, place) else {
                continue;
            };
            let heights = Arc::clone(self.heights(index)?);
            let between = tile.between(&around, &heights, |place| self.within_a_tile(place));
            match between {
                Ok(height) => {
                    self.took(tile);
                    self.spot = None;
                    return Ok(height);
                }
                Err(SampleError::NoData) => reason = SampleError::NoData,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    /// The height from the first tile whose own cells lie around the place.
    fn within_a_tile(&mut self, place: Wgs84) -> Result<f64, SampleError> {
        let dem = self.dem;
        let mut reason = SampleError::Outside;
        for (index, tile) in dem.tiles.iter().enumerate() {
            let around = self.around(index, place);
            let Some(around) = around.filter(|around| tile.is_inside(around)) else {
                continue;
            };
            let heights = self.heights(index)?;
            match tile.inside(&around, heights) {
                Ok(height) => {
                    self.took(tile);
                    let (column, row) = around.position();
                    self.spot = Some(Spot {
                        tile: index,
                        place,
                        column,
                        row,
                    });
                    return Ok(height);
                }
                Err(here) => reason = here,
            }
        }
        Err(reason)
    }

    /// Where the last height was taken; `None` at a seam between tiles.
    pub(super) fn spot(&self) -> Option<Spot> {
        self.spot
    }

    /// What a straight line passes on its way from one spot and height to another. `None` where that is not a matter of one tile's
    /// cells alone: at a seam, where finer tiles may lie, and where another may fill a gap.
    pub(super) fn passage(
        &mut self,
        (from, from_m): (Option<Spot>, f64),
        (to, to_m): (Option<Spot>, f64),
    ) -> Option<Passage> {
        let (from, to) = (from?, to?);
        if from.tile != to.tile {
            return None;
        }
        let dem = self.dem;
        let finer = dem.tiles.get(..from.tile)?;
        if finer
            .iter()
            .any(|tile| tile.may_hold(from.place) || tile.may_hold(to.place))
        {
            return None;
        }
        let width = dem.tiles.get(from.tile)?.lattice.width;
        let heights = self.heights(from.tile).ok()?;
        let point = |spot: Spot, height: f64| Point {
            column: spot.column,
            row: spot.row,
            height,
        };
        let passage = passage::between(heights, width, point(from, from_m), point(to, to_m));
        let is_alone = dem.tiles.len() == 1;
        (is_alone || !matches!(passage, Passage::Gap)).then_some(passage)
    }

    fn took(&mut self, tile: &Tile) {
        self.cell_m = tile.cell_m;
        self.horizontal_sigma_m = tile.source.horizontal_sigma_m;
    }

    fn around(&mut self, index: usize, place: Wgs84) -> Option<Around> {
        let tile = &self.dem.tiles[index];
        // Of a single tile, its lattice tells as fast.
        if self.dem.tiles.len() > 1 && !tile.may_hold(place) {
            return None;
        }
        if self.patch.0 != index {
            self.patch = (index, None);
        }
        tile.around(place, &mut self.patch.1)
    }

    fn heights(&mut self, index: usize) -> Result<&Heights, SampleError> {
        let dem = self.dem;
        let held = match self.held.take() {
            Some(held) if held.0 == index => held,
            _ => (index, dem.cache.heights(index, || dem.read_again(index))?),
        };
        Ok(&self.held.insert(held).1)
    }

    /// Slope over two cells: metres up per metre north and per metre east; towards a gap or the edge, over one.
    pub(super) fn slope(&mut self, place: Wgs84) -> (f64, f64) {
        let here = self.sample(place).ok();
        let cell_m = self.cell_m;
        let (latitude_deg, longitude_deg) = (place.latitude_deg(), place.longitude_deg());
        let degrees_north = (cell_m / ecef::A).to_degrees();
        let degrees_east = degrees_north / latitude_deg.to_radians().cos().max(1e-6);
        let mut at = |d_lat: f64, d_lon: f64| {
            let latitude = Latitude::from_degrees(latitude_deg + d_lat);
            let longitude = Longitude::from_degrees(longitude_deg + d_lon);
            self.sample(Wgs84::new(latitude, longitude)).ok()
        };
        let mut along = |d_lat: f64, d_lon: f64| match (at(-d_lat, -d_lon), here, at(d_lat, d_lon))
        {
            (Some(b), _, Some(a)) => (a - b) / (2.0 * cell_m),
            (None, Some(h), Some(a)) => (a - h) / cell_m,
            (Some(b), Some(h), None) => (h - b) / cell_m,
            _ => 0.0,
        };
        (along(degrees_north, 0.0), along(0.0, degrees_east))
    }
}
