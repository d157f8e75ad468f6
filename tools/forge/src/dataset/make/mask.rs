//! Outlines turned into pixels: a pixel is landslide when its centre lies inside a polygon.

use super::{crs::Conversion, outlines::Rings};
use crate::raster::{Georeference, Window};

/// The polygons that touch one image, in its pixels.
#[derive(Default)]
pub struct Mask {
    shapes: Vec<Shape>,
}

struct Shape {
    rings: Rings,
    /// Least and greatest row any of it reaches, and columns.
    rows: (f64, f64),
    columns: (f64, f64),
}

impl Mask {
    /// Adds the polygons that touch an image of that size. Vertices are converted, edges stay straight: over the tens of
    /// metres between them the difference is far below a pixel. A polygon that has no place in the image's system is not in
    /// the image either.
    pub fn add(
        &mut self,
        polygons: &[Rings],
        conversion: &Conversion,
        place: &Georeference,
        (width, height): (u32, u32),
    ) {
        let to_pixel = |&point: &(f64, f64)| {
            let (x, y) = conversion.apply(point)?;
            Some(place.pixel(x, y))
        };
        for polygon in polygons {
            let rings: Option<Rings> = polygon
                .iter()
                .map(|ring| ring.iter().map(to_pixel).collect())
                .collect();
            let Some(rings) = rings else { continue };
            let range = |of: fn(&(f64, f64)) -> f64| {
                rings
                    .iter()
                    .flatten()
                    .map(of)
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                        (low.min(v), high.max(v))
                    })
            };
            let (columns, rows) = (range(|p| p.0), range(|p| p.1));
            let touches = |(low, high): (f64, f64), side| high > 0.0 && low < f64::from(side);
            if touches(columns, width) && touches(rows, height) {
                self.shapes.push(Shape {
                    rings,
                    rows,
                    columns,
                });
            }
        }
    }

    /// Whether no polygon touches the image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The labels of a window, row-major: 1 inside a polygon, 0 elsewhere.
    #[must_use]
    pub fn labels(&self, window: Window) -> Vec<u8> {
        let mut labels = vec![0; window.width as usize * window.height as usize];
        let within = |(low, high): (f64, f64), start: u32, length: u32| {
            high > f64::from(start) && low < f64::from(start + length)
        };
        for shape in &self.shapes {
            if within(shape.rows, window.y, window.height)
                && within(shape.columns, window.x, window.width)
            {
                fill(&shape.rings, window, &mut labels);
            }
        }
        labels
    }
}

/// Sets the pixels inside: between the first and second, third and fourth, ... edge that a row of pixel centres crosses.
/// Edges own their upper and left end, so that neighbours share no pixel and leave none out.
fn fill(rings: &Rings, window: Window, labels: &mut [u8]) {
    let (left, top) = (f64::from(window.x), f64::from(window.y));
    let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); window.height as usize];
    for ring in rings {
        let next = ring.iter().cycle().skip(1);
        for (&a, &b) in ring.iter().zip(next) {
            // From the upper end, so that an edge shared by two polygons is cut at the same places.
            let (from, to) = if a.1 <= b.1 { (a, b) } else { (b, a) };
            let first = first_centre(from.1 - top, window.height);
            let end = first_centre(to.1 - top, window.height);
            for (row, crossings) in crossings.iter_mut().enumerate().take(end).skip(first) {
                let y = row as f64 + 0.5 + top;
                let x = from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0);
                crossings.push(x - left);
            }
        }
    }
    let width = window.width as usize;
    for (line, crossings) in labels.chunks_exact_mut(width).zip(&mut crossings) {
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let from = first_centre(pair[0], window.width);
            let to = first_centre(pair[1], window.width);
            line[from..to.max(from)].fill(1);
        }
    }
}

/// The first of `count` pixels whose centre does not lie before `position`, `count` if all do.
fn first_centre(position: f64, count: u32) -> usize {
    (position - 0.5).ceil().clamp(0.0, f64::from(count)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        x: 2,
        y: 1,
        width: 4,
        height: 4,
    };

    fn labels(polygons: &[Rings]) -> Vec<String> {
        let shapes = polygons
            .iter()
            .map(|rings| Shape {
                rings: rings.clone(),
                rows: (-1e9, 1e9),
                columns: (-1e9, 1e9),
            })
            .collect();
        let labels = Mask { shapes }.labels(WINDOW);
        let line = |line: &[u8]| line.iter().map(|v| ['.', '#'][usize::from(*v)]).collect();
        labels.chunks_exact(4).map(line).collect()
    }

    fn square(x: f64, y: f64, side: f64) -> Vec<(f64, f64)> {
        vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    #[test]
    fn a_pixel_belongs_to_a_polygon_when_its_centre_lies_inside() {
        assert_eq!(
            labels(&[vec![square(2.6, 1.4, 2.0)]]),
            [".##.", ".##.", "....", "...."]
        );
    }

    #[test]
    fn a_hole_is_outside_and_two_polygons_add_up() {
        let holed = vec![square(2.0, 1.0, 4.0), square(3.0, 2.0, 2.0)];
        assert_eq!(
            labels(std::slice::from_ref(&holed)),
            ["####", "#..#", "#..#", "####"]
        );
        assert_eq!(
            labels(&[holed, vec![square(3.0, 2.0, 1.0)]]),
            ["####", "##.#", "#..#", "####"]
        );
    }

    #[test]
    fn neighbours_with_an_edge_on_centres_share_no_pixel_and_leave_none_out() {
        let (left, right) = (
            vec![square(1.5, 0.5, 2.0)],
            vec![vec![(3.5, 0.5), (9.5, 0.5), (9.5, 2.5), (3.5, 2.5)]],
        );
        assert_eq!(labels(std::slice::from_ref(&left))[0], "#...");
        assert_eq!(labels(std::slice::from_ref(&right))[0], ".###");
        assert_eq!(labels(&[left, right]), ["####", "....", "....", "...."]);
    }

    #[test]
    fn a_polygon_of_two_points_or_far_away_sets_nothing() {
        let far = vec![square(1e12, -1e12, 5.0)];
        assert_eq!(
            labels(&[vec![vec![(2.0, 1.0), (6.0, 5.0)]], far]),
            ["....", "....", "....", "...."]
        );
    }
}
