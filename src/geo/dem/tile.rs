//! One file of an elevation model: where its cells are.

use std::{path::PathBuf, sync::Arc};

use super::{
    HeightUnit, SampleError,
    crs::{Crs, Patch},
};
use crate::{Latitude, Longitude, VerticalDatum, Wgs84, ecef, wgs84::longitude_near};

/// Sides of cells that elevation models come in, in metres, and how many times as long as wide they may be. Others are a mistake of the
/// file, and rays over them take long.
const CELL_M: std::ops::RangeInclusive<f64> = 1e-3..=1e6;
const MAX_STRETCH: f64 = 1e3;

/// Points along each side of a model by which its bounds are found.
const SIDE_POINTS: usize = 32;

/// Centre of the first cell and side lengths of a cell, in units of the reference system; y counts downward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lattice {
    pub(super) first_x: f64,
    pub(super) first_y: f64,
    pub(super) step_x: f64,
    pub(super) step_y: f64,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Lattice {
    /// x and y of a cell's centre, or of what lies between.
    fn xy(&self, column: f64, row: f64) -> (f64, f64) {
        (
            self.first_x + column * self.step_x,
            self.first_y - row * self.step_y,
        )
    }

    /// x and y of the upper left corner of the first cell.
    pub(super) fn corner(&self) -> (f64, f64) {
        self.xy(-0.5, -0.5)
    }

    fn middle_x(&self) -> f64 {
        self.xy((self.width - 1) as f64 / 2.0, 0.0).0
    }
}

/// Latitudes and longitudes that a tile has to do with.
#[derive(Debug)]
struct Bounds {
    south_deg: f64,
    north_deg: f64,
    /// The middle meridian, and degrees to either side of it.
    middle_deg: f64,
    half_deg: f64,
}

/// A file and what its numbers mean.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// EPSG code of the horizontal reference system.
    pub(super) epsg: u16,
    pub(super) datum: VerticalDatum,
    /// What the heights were counted in.
    pub(super) unit: HeightUnit,
    /// How far places may lie beside where they are, one sigma.
    pub(super) horizontal_sigma_m: f64,
}

/// A file's place, without its heights.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) source: Source,
    pub(super) crs: Arc<Crs>,
    pub(super) lattice: Lattice,
    /// Lowest and highest height.
    pub(super) range_m: (f64, f64),
    /// The smaller side of a cell in metres, in the middle.
    pub(super) cell_m: f64,
    bounds: Bounds,
}

/// A file as it was read.
#[cfg(feature = "geotiff")]
pub(super) struct ReadTile {
    pub(super) tile: Tile,
    /// Row by row from the top; gaps are NaN.
    pub(super) heights: Vec<f32>,
    pub(super) remarks: Vec<String>,
}

/// Four cells around a place, and the way between them.
pub(super) struct Around {
    /// The left of the columns and the upper of the rows; beyond the tile at its seams.
    left: i64,
    top: i64,
    east: f64,
    south: f64,
}

impl Around {
    /// Column and row of the place.
    pub(super) fn position(&self) -> (f64, f64) {
        (self.left as f64 + self.east, self.top as f64 + self.south)
    }

    /// The height between a west and an east cell of the upper row, and of the lower one.
    fn bilinear(&self, upper: (f64, f64), lower: (f64, f64)) -> Result<f64, SampleError> {
        let upper = upper.0 * (1.0 - self.east) + upper.1 * self.east;
        let lower = lower.0 * (1.0 - self.east) + lower.1 * self.east;
        let height = upper * (1.0 - self.south) + lower * self.south;
        if height.is_nan() {
            Err(SampleError::NoData)
        } else {
            Ok(height)
        }
    }
}

impl Tile {
    /// A tile of `lattice` in `crs`; `None` where the system has no place for it, or its cells are none of the earth's surface.
    pub(super) fn new(
        source: Source,
        crs: Arc<Crs>,
        lattice: Lattice,
        range_m: (f64, f64),
    ) -> Option<Self> {
        let (last_column, last_row) = ((lattice.width - 1) as f64, (lattice.height - 1) as f64);
        let place = |column: f64, row: f64| {
            let (x, y) = lattice.xy(column, row);
            crs.inverse(x, y)
        };
        let (column, row) = (last_column / 2.0, last_row / 2.0);
        let middle = place(column, row)?;
        let metres = |other: Wgs84| {
            (ecef::from_geodetic(middle, 0.0) - ecef::from_geodetic(other, 0.0)).norm()
        };
        // From the middle inward, so that a model that ends at a pole has them all.
        let east_m = metres(place(column - 1.0, row).or_else(|| place(column + 1.0, row))?);
        let south_m = metres(place(column, row - 1.0).or_else(|| place(column, row + 1.0))?);
        let cell_m = east_m.min(south_m);
        let are_cells = CELL_M.contains(&cell_m) && east_m.max(south_m) < cell_m * MAX_STRETCH;
        if !are_cells {
            return None;
        }

        let middle_deg = middle.longitude_deg();
        let mut bounds = Bounds {
            south_deg: middle.latitude_deg(),
            north_deg: middle.latitude_deg(),
            middle_deg,
            half_deg: 0.0,
        };
        for n in 0..=SIDE_POINTS {
            // A cell beyond the last centres: there the neighbours begin.
            let along = |last: f64| (last + 2.0) * n as f64 / SIDE_POINTS as f64 - 1.0;
            for (column, row) in [
                (along(last_column), -1.0),
                (along(last_column), last_row + 1.0),
                (-1.0, along(last_row)),
                (last_column + 1.0, along(last_row)),
            ] {
                let Some(place) = place(column, row) else {
                    continue;
                };
                let off = longitude_near(place.longitude_deg(), middle_deg) - middle_deg;
                bounds.south_deg = bounds.south_deg.min(place.latitude_deg());
                bounds.north_deg = bounds.north_deg.max(place.latitude_deg());
                bounds.half_deg = bounds.half_deg.max(off.abs());
            }
        }
        // Between two such points a side bends outward by less than a thousandth of itself.
        let margin = (bounds.north_deg - bounds.south_deg).max(bounds.half_deg) / 100.0 + 1e-6;
        bounds.south_deg -= margin;
        bounds.north_deg += margin;
        bounds.half_deg += margin;
        let mut tile = Self {
            source,
            crs,
            lattice,
            range_m,
            cell_m,
            bounds,
        };
        for pole in [-90.0, 90.0] {
            let pole = Wgs84::new(Latitude::from_degrees(pole), Longitude::from_degrees(0.0));
            if tile.position(pole, &mut None).is_some() {
                tile.bounds.half_deg = 180.0;
                tile.bounds.south_deg = tile.bounds.south_deg.min(pole.latitude_deg());
                tile.bounds.north_deg = tile.bounds.north_deg.max(pole.latitude_deg());
            }
        }
        Some(tile)
    }

    /// West, south, east and north of it in degrees.
    pub(super) fn bounds_deg(&self) -> [f64; 4] {
        let Bounds {
            south_deg,
            north_deg,
            middle_deg,
            half_deg,
        } = self.bounds;
        [
            middle_deg - half_deg,
            south_deg,
            middle_deg + half_deg,
            north_deg,
        ]
    }

    /// Whether a place may lie in the tile or beside it: no place that does is left out.
    pub(super) fn may_hold(&self, place: Wgs84) -> bool {
        let bounds = &self.bounds;
        let off = longitude_near(place.longitude_deg(), bounds.middle_deg) - bounds.middle_deg;
        (bounds.south_deg..=bounds.north_deg).contains(&place.latitude_deg())
            && off.abs() <= bounds.half_deg
    }

    /// Column and row of a place, centres of cells being whole numbers; `None` where it is more than a cell beyond the last ones.
    fn position(&self, place: Wgs84, held: &mut Option<Arc<Patch>>) -> Option<(f64, f64)> {
        let lattice = &self.lattice;
        let (x, y) = self.crs.forward(place, lattice.middle_x(), held)?;
        let column = (x - lattice.first_x) / lattice.step_x;
        let row = (lattice.first_y - y) / lattice.step_y;
        let beside = |position: f64, count: usize| position > -1.0 && position < count as f64;
        (beside(column, lattice.width) && beside(row, lattice.height)).then_some((column, row))
    }

    /// The cells around a place; `None` where it is more than a cell beyond the tile.
    pub(super) fn around(&self, place: Wgs84, held: &mut Option<Arc<Patch>>) -> Option<Around> {
        let (column, row) = self.position(place, held)?;
        let (left, east) = cell_and_fraction(column, self.lattice.width);
        let (top, south) = cell_and_fraction(row, self.lattice.height);
        Some(Around {
            left,
            top,
            east,
            south,
        })
    }

    /// Whether all four cells are the tile's own.
    pub(super) fn is_inside(&self, around: &Around) -> bool {
        let within = |first: i64, count: usize| first >= 0 && first + 2 <= count as i64;
        within(around.left, self.lattice.width) && within(around.top, self.lattice.height)
    }

    /// The height that a cell holds; `None` where it is none of the tile's.
    fn cell(&self, heights: &[f32], column: i64, row: i64) -> Option<f64> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        let Lattice { width, height, .. } = self.lattice;
        let own = column < width && row < height;
        own.then(|| heights.get(row * width + column).copied().map(f64::from))?
    }

    /// The height between four cells of the tile's own, bilinear.
    pub(super) fn inside(&self, around: &Around, heights: &[f32]) -> Result<f64, SampleError> {
        let first = around.top as usize * self.lattice.width + around.left as usize;
        let pair = |first: usize| match heights.get(first..first + 2) {
            Some(&[west, east]) => Ok((f64::from(west), f64::from(east))),
            _ => Err(SampleError::Outside),
        };
        around.bilinear(pair(first)?, pair(first + self.lattice.width)?)
    }

    /// The height between four cells, bilinear; those that are not the tile's own come from `beside`, by their place.
    pub(super) fn between(
        &self,
        around: &Around,
        heights: &[f32],
        mut beside: impl FnMut(Wgs84) -> Result<f64, SampleError>,
    ) -> Result<f64, SampleError> {
        let mut at = |column: i64, row: i64| match self.cell(heights, column, row) {
            Some(height) => Ok(height),
            None => {
                let (x, y) = self.lattice.xy(column as f64, row as f64);
                beside(self.crs.inverse(x, y).ok_or(SampleError::Outside)?)
            }
        };
        let mut pair = |row: i64| Ok((at(around.left, row)?, at(around.left + 1, row)?));
        around.bilinear(pair(around.top)?, pair(around.top + 1)?)
    }
}

/// Index of the cell centre at or before `position` and the fraction of the way to the next one. A place on the last centre, or the
/// first, but for rounding, has all its weight there.
fn cell_and_fraction(position: f64, count: usize) -> (i64, f64) {
    const ROUNDING: f64 = 1e-4;
    let last = count as f64 - 1.0;
    if (-ROUNDING..=last + ROUNDING).contains(&position) {
        let cell = (position.max(0.0) as i64).min(count as i64 - 2);
        return (cell, (position - cell as f64).clamp(0.0, 1.0));
    }
    let cell = position.floor();
    (cell as i64, position - cell)
}
