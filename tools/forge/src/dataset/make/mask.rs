//! Outlines turned into pixels: a pixel is landslide when its centre lies inside a polygon.

use geo::{BoundingRect, MultiLineString, Polygon, Rect};
use scarp_geo::{crs::Conversion, fill_spans};

use super::outlines::Rings;
use crate::raster::{Georeference, Window};

/// The polygons that touch one image, in its pixels.
#[derive(Default)]
pub struct Mask {
    shapes: Vec<Shape>,
}

struct Shape {
    polygon: Polygon<f64>,
    /// What it reaches, in columns and rows.
    bounds: Rect<f64>,
}

impl Shape {
    /// The polygon of rings; nothing where they have no point.
    fn new(rings: Rings) -> Option<Self> {
        let rings: MultiLineString<f64> = rings.into_iter().collect();
        let bounds = rings.bounding_rect()?;
        let mut rings = rings.into_iter();
        let polygon = Polygon::new(rings.next()?, rings.collect());
        Some(Self { polygon, bounds })
    }

    /// Whether any of it may lie in a window.
    fn touches(&self, window: Window) -> bool {
        let (low, high) = (self.bounds.min(), self.bounds.max());
        let within = |low: f64, high: f64, start: u32, length: u32| {
            high > f64::from(start) && low < f64::from(start + length)
        };
        within(low.x, high.x, window.x, window.width)
            && within(low.y, high.y, window.y, window.height)
    }
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
        let image = Window {
            x: 0,
            y: 0,
            width,
            height,
        };
        let to_pixel = |&point: &(f64, f64)| {
            let (x, y) = conversion.apply(point)?;
            Some(place.pixel(x, y))
        };
        for polygon in polygons {
            let rings: Option<Rings> = polygon
                .iter()
                .map(|ring| ring.iter().map(to_pixel).collect())
                .collect();
            let shape = rings.and_then(Shape::new);
            self.shapes
                .extend(shape.filter(|shape| shape.touches(image)));
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
        let (left, top) = (i64::from(window.x), i64::from(window.y));
        let cells = Rect::new(
            (left, top),
            (
                left + i64::from(window.width),
                top + i64::from(window.height),
            ),
        );
        for shape in self.shapes.iter().filter(|shape| shape.touches(window)) {
            fill_spans(&shape.polygon, cells, |row, columns| {
                let line = (row - top) as usize * window.width as usize;
                let (from, to) = (
                    (columns.start - left) as usize,
                    (columns.end - left) as usize,
                );
                labels[line + from..line + to].fill(1);
            });
        }
        labels
    }
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
        let shapes = polygons.iter().cloned().filter_map(Shape::new).collect();
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
