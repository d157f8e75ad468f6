//! The outlines of what one frame shows.

use geo::{Area, Coord, MapCoords, Polygon, Rect};
use scarp_geo::fill_spans;

use super::contour::{Field, contours};

/// Landslide probability on a grid over one frame, as a network gives it.
///
/// Cell (column, row) covers the pixels from (`column * stride`, `row * stride`) to one `stride` further; its value belongs to
/// its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbabilityGrid<'a> {
    /// Cells per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixels per cell along each axis.
    pub stride: u32,
    /// Width of the frame in pixels; the grid's right edge.
    pub image_width: u32,
    /// Height of the frame in pixels; the grid's lower edge.
    pub image_height: u32,
    /// Row-major probabilities from 0 to 1, `width * height` of them.
    pub values: &'a [f32],
}

/// One outline in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Outer ring and holes in the grid's pixels, (0, 0) the image's top-left corner, y down. Valid in the sense of OGC
    /// Simple Features; the outer ring has positive area with x and y taken as they are.
    pub polygon: Polygon<f64>,
    /// Mean landslide probability of the cells inside, 0 to 1.
    pub probability: f64,
}

/// Outlines everything in `grid` at or above `threshold`, interpolating between cells.
///
/// Outlines, and holes in them, of less than `min_area_px` square pixels are left out. An outline that meets the image's
/// edge runs along it.
#[must_use]
pub fn trace(grid: &ProbabilityGrid<'_>, threshold: f32, min_area_px: f64) -> Vec<Outline> {
    let stride = f64::from(grid.stride);
    let field = Field {
        width: grid.width,
        height: grid.height,
        samples: grid.values,
        end: Coord {
            x: f64::from(grid.image_width) / stride,
            y: f64::from(grid.image_height) / stride,
        },
    };
    let min_area = min_area_px / (stride * stride);
    contours(&field, threshold)
        .into_iter()
        .map(|polygon| fill_small_holes(polygon, min_area))
        .filter(|polygon| polygon.unsigned_area() >= min_area)
        .map(|polygon| Outline {
            probability: mean_inside(grid, &polygon),
            polygon: polygon.map_coords(|c| c * stride),
        })
        .collect()
}

/// Fills the holes smaller than `min_area`.
pub(super) fn fill_small_holes(polygon: Polygon<f64>, min_area: f64) -> Polygon<f64> {
    let (outer, mut holes) = polygon.into_inner();
    holes.retain(|hole| Polygon::new(hole.clone(), vec![]).unsigned_area() >= min_area);
    Polygon::new(outer, holes)
}

fn mean_inside(grid: &ProbabilityGrid<'_>, polygon: &Polygon<f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    let window = Rect::new((0, 0), (grid.width as i64, grid.height as i64));
    fill_spans(polygon, window, |row, columns| {
        for column in columns {
            let index = row as usize * grid.width + column as usize;
            sum += grid.values.get(index).map_or(0.0, |&p| f64::from(p));
            count += 1;
        }
    });
    sum / f64::from(count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::BoundingRect;

    fn grid(width: usize, values: &[f32]) -> ProbabilityGrid<'_> {
        let height = values.len() / width;
        ProbabilityGrid {
            width,
            height,
            stride: 4,
            image_width: width as u32 * 4,
            image_height: height as u32 * 4,
            values,
        }
    }

    #[test]
    fn an_outline_is_in_pixels_of_the_image_and_carries_its_mean_probability() {
        let mut data = vec![0.0; 100];
        for row in 3..6 {
            data[row * 10 + 2..row * 10 + 7].fill(0.8);
        }
        let outlines = trace(&grid(10, &data), 0.4, 0.0);
        assert_eq!(outlines.len(), 1);
        assert!((outlines[0].probability - 0.8).abs() < 1e-6);
        // 0.4 lies half-way from 0.8 to 0: the outline follows the cells' edges.
        let bounds = outlines[0].polygon.bounding_rect().unwrap();
        assert_eq!(bounds, Rect::new((8.0, 12.0), (28.0, 24.0)));
    }

    #[test]
    fn what_is_smaller_than_the_least_area_is_left_out_and_so_are_small_holes() {
        let mut data = vec![0.0; 400];
        for row in 2..12 {
            data[row * 20 + 2..row * 20 + 12].fill(1.0);
        }
        data[6 * 20 + 6] = 0.0;
        data[17 * 20 + 17] = 1.0;
        let all = trace(&grid(20, &data), 0.5, 0.0);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].polygon.interiors().len(), 1);
        let large = trace(&grid(20, &data), 0.5, 32.0);
        assert_eq!(large.len(), 1);
        assert!(large[0].polygon.interiors().is_empty());
    }

    #[test]
    fn an_outline_at_the_images_edge_runs_along_the_edge() {
        let mut edge = grid(10, &[1.0; 100]);
        (edge.image_width, edge.image_height) = (39, 41);
        let bounds = trace(&edge, 0.5, 0.0)[0].polygon.bounding_rect().unwrap();
        assert_eq!(bounds, Rect::new((0.0, 0.0), (39.0, 41.0)));
    }
}
