//! A geoid as a grid of undulations, bilinear between its nodes.

use std::{collections::HashMap, fmt, io};

use parking_lot::Mutex;

use super::GeoidError;
use crate::Wgs84;

/// Where the nodes of a grid are: rows from the south, columns from the west.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lattice {
    pub(super) south_deg: f64,
    pub(super) west_deg: f64,
    /// Degrees between two rows, and between two columns.
    pub(super) step_deg: (f64, f64),
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// The four nodes around a place, and the way from the first to the last.
pub(super) struct Cell {
    rows: [usize; 2],
    columns: [usize; 2],
    north: f64,
    east: f64,
}

impl Lattice {
    /// Latitude and longitude of a node, in degrees.
    pub(super) fn place(&self, row: usize, column: usize) -> (f64, f64) {
        (
            self.south_deg + row as f64 * self.step_deg.0,
            self.west_deg + column as f64 * self.step_deg.1,
        )
    }

    /// Whether it goes round the earth, so that its last column has its first beside it.
    fn goes_round(&self) -> bool {
        (self.columns as f64 * self.step_deg.1 - 360.0).abs() < self.step_deg.1 / 2.0
    }

    /// The nodes around a place; `None` outside.
    pub(super) fn around(&self, place: Wgs84) -> Option<Cell> {
        let row = (place.latitude_deg() - self.south_deg) / self.step_deg.0;
        let column = (place.longitude_deg() - self.west_deg).rem_euclid(360.0) / self.step_deg.1;
        let (south, north) = split(row, self.rows)?;
        let (west, east) = if self.goes_round() {
            // Beyond the last column for rounding alone, it is the first.
            let at = column.floor() as usize;
            (at % self.columns, column - at as f64)
        } else {
            split(column, self.columns)?
        };
        Some(Cell {
            rows: [south, south + 1],
            columns: [west, (west + 1) % self.columns],
            north,
            east,
        })
    }
}

/// The node at or before a position among `count`, and how far beyond it the position lies; `None` outside.
fn split(position: f64, count: usize) -> Option<(usize, f64)> {
    // A place on the last node, but for rounding, has all its weight there.
    const ROUNDING: f64 = 1e-6;
    let last = count as f64 - 1.0;
    if count < 2 || !(-ROUNDING..=last + ROUNDING).contains(&position) {
        return None;
    }
    let at = (position.max(0.0) as usize).min(count - 2);
    Some((at, (position - at as f64).clamp(0.0, 1.0)))
}

/// The value inside a cell from those of its nodes.
pub(super) fn bilinear<E>(
    cell: &Cell,
    mut node: impl FnMut(usize, usize) -> Result<f64, E>,
) -> Result<f64, E> {
    let [south, north] = cell.rows;
    let [west, east] = cell.columns;
    let lower = node(south, west)? * (1.0 - cell.east) + node(south, east)? * cell.east;
    let upper = node(north, west)? * (1.0 - cell.east) + node(north, east)? * cell.east;
    Ok(lower * (1.0 - cell.north) + upper * cell.north)
}

/// A file that nodes are read from.
pub(super) trait Nodes: Send {
    /// The undulation of a node in metres; NaN where the file has none.
    fn read(&mut self, row: usize, column: usize) -> io::Result<f64>;
}

/// More nodes than a flight passes by; all are let go then.
const MAX_NODES: usize = 4096;

struct Held {
    file: Box<dyn Nodes>,
    nodes: HashMap<(usize, usize), f64>,
}

/// A geoid that a file holds, of which only what is asked for is read.
pub struct GeoidGrid {
    path: String,
    lattice: Lattice,
    held: Mutex<Held>,
}

impl fmt::Debug for GeoidGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeoidGrid")
            .field("path", &self.path)
            .field("lattice", &self.lattice)
            .finish_non_exhaustive()
    }
}

impl GeoidGrid {
    #[cfg_attr(
        not(feature = "geotiff"),
        expect(dead_code, reason = "files have them")
    )]
    pub(super) fn new(path: String, lattice: Lattice, file: Box<dyn Nodes>) -> Self {
        let nodes = HashMap::new();
        Self {
            path,
            lattice,
            held: Mutex::new(Held { file, nodes }),
        }
    }

    /// Its file.
    #[cfg_attr(
        not(feature = "geotiff"),
        expect(dead_code, reason = "files have them")
    )]
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Its nodes.
    #[cfg_attr(
        not(feature = "geotiff"),
        expect(dead_code, reason = "files have them")
    )]
    pub(super) fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// How high the geoid lies over the ellipsoid, in metres.
    ///
    /// # Errors
    /// When the grid does not reach there, or its file cannot be read.
    pub(super) fn undulation(&self, place: Wgs84) -> Result<f64, GeoidError> {
        let outside = || GeoidError::Outside {
            path: self.path.clone(),
            place: format!("{place:.5}"),
        };
        let cell = self.lattice.around(place).ok_or_else(outside)?;
        let mut held = self.held.lock();
        let Held { file, nodes } = &mut *held;
        if nodes.len() > MAX_NODES {
            nodes.clear();
        }
        let undulation = bilinear(&cell, |row, column| {
            if let Some(known) = nodes.get(&(row, column)) {
                return Ok(*known);
            }
            let read = file.read(row, column)?;
            nodes.insert((row, column), read);
            Ok(read)
        })
        .map_err(|e: io::Error| GeoidError::File {
            path: self.path.clone(),
            reason: e.to_string(),
        })?;
        if undulation.is_nan() {
            return Err(outside());
        }
        Ok(undulation)
    }
}
