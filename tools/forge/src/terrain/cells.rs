//! From the sources' heights to those of the prepared model.

use rayon::prelude::*;
use scarp_geo::{Dem, GeoidError, Geoids, Height, SampleError, Sampler, VerticalDatum, Wgs84};

use super::{Area, Coverage, Resampling, TerrainError, frame::Frame, geotiff::TILE};

/// Places at which the written model is held against its sources.
const COMPARED: usize = 20_000;

/// The heights to be written.
pub(super) struct Cells<'a> {
    pub(super) dem: &'a Dem,
    pub(super) geoids: &'a Geoids,
    pub(super) datum: VerticalDatum,
    pub(super) frame: Frame,
    pub(super) area: &'a Area,
}

/// A source's height, and what it becomes.
struct Turned {
    from_m: f64,
    to_m: f64,
}

impl Cells<'_> {
    /// The height at a place; `Err` within where no source has one.
    fn height(
        &self,
        sampler: &mut Sampler<'_>,
        place: Wgs84,
    ) -> Result<Result<Turned, SampleError>, TerrainError> {
        let from_m = match sampler.sample(place) {
            Ok(height) => height,
            Err(SampleError::Unreadable) => return Err(TerrainError::Unreadable),
            Err(none) => return Ok(Err(none)),
        };
        let height = Height::new(self.dem.datum(), from_m);
        let turned = self
            .geoids
            .convert(height, place, self.datum)
            .map_err(|e| match e {
                GeoidError::NoEgm2008 => TerrainError::NoGeoid {
                    from: self.dem.datum().to_string(),
                    to: self.datum.to_string(),
                },
                other => TerrainError::Geoid(other),
            })?;
        Ok(Ok(Turned {
            from_m,
            to_m: turned.height.metres(),
        }))
    }

    /// The tiles of a row from the left, and what they cover.
    pub(super) fn row_of_tiles(
        &self,
        row: usize,
    ) -> Result<(Vec<Vec<f32>>, Coverage), TerrainError> {
        let columns = self.frame.columns.div_ceil(TILE);
        let tiles: Vec<_> = (0..columns)
            .into_par_iter()
            .map(|column| self.tile(column, row))
            .collect::<Result<_, _>>()?;
        let mut covered = Coverage::default();
        let heights = tiles.into_iter().map(|(heights, by_it)| {
            covered = covered.and(&by_it);
            heights
        });
        Ok((heights.collect(), covered))
    }

    fn tile(&self, column: usize, row: usize) -> Result<(Vec<f32>, Coverage), TerrainError> {
        let mut heights = vec![f32::NAN; TILE * TILE];
        let mut covered = Coverage::default();
        let mut sampler = self.dem.sampler();
        for (n, cell) in heights.iter_mut().enumerate() {
            let (column, row) = (column * TILE + n % TILE, row * TILE + n / TILE);
            if column >= self.frame.columns || row >= self.frame.rows {
                continue;
            }
            let place = self.frame.place(column as f64 + 0.5, row as f64 + 0.5);
            let is_in_area = self.area.contains(place);
            match self.height(&mut sampler, place)? {
                Ok(turned) => {
                    // What is read again takes zeros without a shore for cells that nobody wrote; the sea is no such.
                    let height = turned.to_m as f32;
                    *cell = if height == 0.0 {
                        f32::MIN_POSITIVE
                    } else {
                        height
                    };
                    covered.has(is_in_area, turned.to_m - turned.from_m);
                }
                Err(none) => covered.lacks(is_in_area, place, none),
            }
        }
        Ok((heights, covered))
    }

    /// How far the written model lies from its sources between its own cells.
    pub(super) fn resampling(&self, written: &Dem) -> Result<Option<Resampling>, TerrainError> {
        // Places without order that leave nothing out: M. Roberts' R2 sequence, from the plastic number.
        const PLASTIC: f64 = 1.324_717_957_244_746;
        let (mut of_source, mut of_written) = (self.dem.sampler(), written.sampler());
        let mut apart = Vec::with_capacity(COMPARED);
        for n in 1..=COMPARED {
            let part = |step: f64| (n as f64 * step).fract();
            let place = self.frame.place(
                part(1.0 / PLASTIC) * self.frame.columns as f64,
                part(1.0 / (PLASTIC * PLASTIC)) * self.frame.rows as f64,
            );
            let source = self.height(&mut of_source, place)?;
            if let (Ok(source), Ok(written)) = (source, of_written.sample(place)) {
                apart.push((source.to_m - written).abs());
            }
        }
        Ok(Resampling::of(apart))
    }
}
