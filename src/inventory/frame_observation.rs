//! What one frame saw, and how it is drawn on the cells in which frames vote.

use std::time::SystemTime;

use geo::{BoundingRect, Coord, MapCoords, Polygon, Rect};
use scarp_geo::fill_spans;
use thiserror::Error;

use super::{
    settings::Settings,
    vote_grid::{FrameRaster, SIDE},
};

/// Cells farther from the origin than this are no ground of one survey.
const MAX_CELL: f64 = (1 << 24) as f64;

/// One outline seen in one frame, placed on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// Outline with holes in metres of the survey's plane, x east and y north.
    pub outline: Polygon<f64>,
    /// Mean landslide probability inside, 0 to 1.
    pub probability: f64,
    /// Radius that holds the true position with 90 % probability, in metres.
    pub ce90_m: f64,
}

/// What one frame saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The ground searched, in metres of the survey's plane, x east and y north.
    pub footprint: Polygon<f64>,
    /// The landslides in it; what lies beyond the footprint does not count.
    pub detections: Vec<Detection>,
    /// Time of exposure, where known.
    pub time: Option<SystemTime>,
}

/// An observation that cannot be counted. Nothing of it is.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ObserveError {
    /// A coordinate is no number or lies far outside the survey.
    #[error("a vertex lies at no place of this survey; check the frame's position and attitude")]
    Place,
    /// The footprint is larger than the memory allows.
    #[error(
        "footprint covers {blocks} blocks of votes, at most {most} fit; the camera looks too far"
    )]
    TooLarge {
        /// Blocks it covers.
        blocks: u64,
        /// Blocks one frame may cover.
        most: u64,
    },
}

impl Observation {
    /// Draws an observation on the cells.
    pub(super) fn draw(
        &self,
        settings: &Settings,
        number: u64,
    ) -> Result<FrameRaster, ObserveError> {
        let to_cells = |polygon: &Polygon<f64>| to_cells(settings.cell_m, polygon);
        let footprint = to_cells(&self.footprint)?;
        let outlines: Vec<Polygon<f64>> = self
            .detections
            .iter()
            .map(|detection| to_cells(&detection.outline))
            .collect::<Result<_, _>>()?;
        let bounds = footprint.bounding_rect().ok_or(ObserveError::Place)?;
        let beyond = Coord { x: 1, y: 1 };
        let window = Rect::new(cell_floor(bounds.min()), cell_floor(bounds.max()) + beyond);
        let side = |cells: i32| cells as u64 / SIDE as u64 + 2;
        let blocks = side(window.width()) * side(window.height());
        let most = (settings.max_blocks / 2) as u64;
        if blocks > most {
            return Err(ObserveError::TooLarge { blocks, most });
        }
        let width = window.width() as usize;
        let mut marks = vec![0_u32; width * window.height() as usize];
        let wide = window.map_coords(|c| Coord {
            x: i64::from(c.x),
            y: i64::from(c.y),
        });
        let mut draw = |polygon: &Polygon<f64>, from: u32, to: u32| {
            fill_spans(polygon, wide, |row, columns| {
                let row = (row - wide.min().y) as usize * width;
                let cell = |column: i64| row + (column - wide.min().x) as usize;
                let cells = marks.get_mut(cell(columns.start)..cell(columns.end));
                for mark in cells.into_iter().flatten().filter(|mark| **mark == from) {
                    *mark = to;
                }
            });
        };
        draw(&footprint, 0, 1);
        for (outline, mark) in outlines.iter().zip(2..) {
            draw(outline, 1, mark);
        }
        let to_counts = |d: &Detection| {
            let probability = (d.probability.clamp(0.0, 1.0) * 255.0).round() as u8;
            (probability, (d.ce90_m.max(0.0) * 1000.0).round() as u32)
        };
        Ok(FrameRaster {
            window,
            marks,
            detections: self.detections.iter().map(to_counts).collect(),
            time: self.time,
            number,
        })
    }
}

fn to_cells(cell_m: f64, polygon: &Polygon<f64>) -> Result<Polygon<f64>, ObserveError> {
    polygon.try_map_coords(|metres| {
        let cell = metres / cell_m;
        let sensible = cell.x.abs() < MAX_CELL && cell.y.abs() < MAX_CELL;
        sensible.then_some(cell).ok_or(ObserveError::Place)
    })
}

fn cell_floor(c: Coord<f64>) -> Coord<i32> {
    Coord {
        x: c.x.floor() as i32,
        y: c.y.floor() as i32,
    }
}
