//! Elevation models.

mod crs;
mod error;
#[cfg(feature = "geotiff")]
mod gdal_metadata;
#[cfg(feature = "geotiff")]
mod geo_keys;
#[cfg(feature = "geotiff")]
mod geotiff;
#[cfg(feature = "geotiff")]
mod mask;
#[cfg(feature = "geotiff")]
mod meaning;
#[cfg(feature = "geotiff")]
mod samples;
#[cfg(feature = "geotiff")]
mod side_files;
mod statement;
#[cfg(feature = "geotiff")]
mod storage;
#[cfg(feature = "geotiff")]
mod voids;

use self::crs::Crs;
pub use self::{
    error::{DemError, SampleError},
    statement::{DemStatement, HeightUnit, UnknownUnit},
};
use super::ecef;
use crate::{Latitude, Longitude, VerticalDatum, Wgs84};

/// A raster of ground heights over one vertical datum.
#[derive(Debug)]
pub struct Dem {
    crs: Crs,
    datum: VerticalDatum,
    width: usize,
    height: usize,
    /// Place of the centre of the top left cell, in units of the reference system.
    first_x: f64,
    first_y: f64,
    /// Side lengths of a cell in units of the reference system; y counts downward.
    step_x: f64,
    step_y: f64,
    /// Row by row from the top; gaps are NaN.
    heights: Vec<f32>,
    range_m: (f64, f64),
    cell_m: f64,
    remarks: Vec<String>,
}

impl Dem {
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

    /// The smaller side of a cell in metres.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// What was understood of the file that it does not say: sentences for whoever named it.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The height in metres at a place, interpolated bilinearly between the four nearest cell centres.
    ///
    /// # Errors
    /// When one of the four lies outside or in a gap.
    pub fn sample(&self, place: Wgs84) -> Result<f64, SampleError> {
        let (x, y) = self.crs.forward(place, self.first_x);
        let column = (x - self.first_x) / self.step_x;
        let row = (self.first_y - y) / self.step_y;
        let (left, fx) = cell_and_fraction(column, self.width)?;
        let (top, fy) = cell_and_fraction(row, self.height)?;
        let at = |r: usize, c: usize| {
            let height = self.heights.get(r * self.width + c).copied();
            height.map(f64::from).ok_or(SampleError::Outside)
        };
        let upper = at(top, left)? * (1.0 - fx) + at(top, left + 1)? * fx;
        let lower = at(top + 1, left)? * (1.0 - fx) + at(top + 1, left + 1)? * fx;
        let height = upper * (1.0 - fy) + lower * fy;
        if height.is_nan() {
            Err(SampleError::NoData)
        } else {
            Ok(height)
        }
    }

    /// Slope over two cells: metres up per metre north and per metre east; towards a gap or the edge, over one.
    pub(super) fn slope(&self, place: Wgs84) -> (f64, f64) {
        let (latitude_deg, longitude_deg) = (place.latitude_deg(), place.longitude_deg());
        let degrees_north = (self.cell_m / ecef::A).to_degrees();
        let degrees_east = degrees_north / latitude_deg.to_radians().cos().max(1e-6);
        let at = |d_lat: f64, d_lon: f64| {
            let latitude = Latitude::from_degrees(latitude_deg + d_lat);
            let longitude = Longitude::from_degrees(longitude_deg + d_lon);
            self.sample(Wgs84::new(latitude, longitude)).ok()
        };
        let along = |d_lat: f64, d_lon: f64| {
            let here = self.sample(place).ok();
            match (at(-d_lat, -d_lon), here, at(d_lat, d_lon)) {
                (Some(b), _, Some(a)) => (a - b) / (2.0 * self.cell_m),
                (None, Some(h), Some(a)) => (a - h) / self.cell_m,
                (Some(b), Some(h), None) => (h - b) / self.cell_m,
                _ => 0.0,
            }
        };
        (along(degrees_north, 0.0), along(0.0, degrees_east))
    }
}

/// Index of the cell centre at or before `position` and the fraction of the way to the next one.
fn cell_and_fraction(position: f64, count: usize) -> Result<(usize, f64), SampleError> {
    // A place on the last centre, but for rounding, has all its weight there.
    const ROUNDING: f64 = 1e-6;
    let last = count as f64 - 1.0;
    if count < 2 || !(-ROUNDING..=last + ROUNDING).contains(&position) {
        return Err(SampleError::Outside);
    }
    let cell = (position.max(0.0) as usize).min(count - 2);
    Ok((cell, (position - cell as f64).clamp(0.0, 1.0)))
}
