//! A scene at a place on earth: the scene's metres are metres of the UTM plane.

use contour::ContourBuilder;
use geo::{Area, Coord, MapCoords, Polygon};
use rayon::prelude::*;

use crate::{
    dice::Dice,
    geodesy::Utm,
    landslide::WELL_OUTSIDE_M,
    scene::{Brief, Scene},
    tiff_file::GeoReference,
};

/// Cell of the raster from which true outlines are traced, in metres; they are interpolated within it.
const OUTLINE_CELL_M: f32 = 1.0;
/// A smaller patch is no landslide of its own but a splinter of an outline.
const SMALLEST_M2: f64 = 20.0;

/// A simulated piece of earth of at least 2 km².
pub struct World {
    /// What it was drawn from.
    pub seed: u64,
    /// Terrain, covers and landslides.
    pub scene: Scene,
    /// The UTM zone.
    pub utm: Utm,
    /// Easting and northing of the scene's north-west corner in metres.
    pub corner: (f64, f64),
    /// Height over EGM96 of the valley's base in metres.
    pub base_m: f64,
}

impl World {
    /// The world of a seed: 1600 x 1400 m, 2.24 km², somewhere in the mountains of either hemisphere.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let scene = Scene::new(
            seed,
            Brief {
                width_m: 1600.0,
                height_m: 1400.0,
                cell_m: 2.0,
                slope: (0.38, 0.55),
                landslides: (22, 40),
                barren: 0.0,
            },
        );
        let mut dice = Dice::new(seed, 6);
        let south = dice.chance(0.5);
        let latitude = f64::from(dice.range(20.0, 45.0)) * if south { -1.0 } else { 1.0 };
        // Well inside one UTM zone, so that no coordinate of the scene lies in the next one or across the antimeridian.
        let longitude = dice.index(60) as f64 * 6.0 - 177.0 + f64::from(dice.range(-2.8, 2.8));
        let utm = Utm::of(latitude, longitude);
        let (easting, northing) = utm.forward(latitude, longitude);
        Self {
            seed,
            scene,
            utm,
            corner: (easting.round(), northing.round()),
            base_m: f64::from(dice.range(300.0, 2500.0).round()),
        }
    }

    /// Scene coordinates of a point of the plane.
    #[must_use]
    pub fn to_scene(&self, easting: f64, northing: f64) -> (f32, f32) {
        (
            (easting - self.corner.0) as f32,
            (self.corner.1 - northing) as f32,
        )
    }

    /// Easting and northing of a place in the scene.
    #[must_use]
    pub fn to_plane(&self, x: f64, y: f64) -> (f64, f64) {
        (self.corner.0 + x, self.corner.1 - y)
    }

    /// Height of the ground over EGM96 in metres.
    #[must_use]
    pub fn height(&self, x: f32, y: f32) -> f64 {
        self.base_m + f64::from(self.scene.terrain.at(x, y))
    }

    /// The true outlines of the fresh landslides, with holes, on the UTM plane in metres. Landslides that touch are one.
    ///
    /// # Errors
    /// Only if the tracer refused its own raster.
    pub fn outlines(&self) -> anyhow::Result<Vec<Polygon<f64>>> {
        let brief = &self.scene.brief;
        let cells = |length: f32| (length / OUTLINE_CELL_M) as usize + 1;
        let (columns, rows) = (cells(brief.width_m), cells(brief.height_m));
        let inside: Vec<f64> = (0..columns * rows)
            .into_par_iter()
            .map(|k| {
                let (x, y) = (
                    (k % columns) as f32 * OUTLINE_CELL_M,
                    (k / columns) as f32 * OUTLINE_CELL_M,
                );
                // Far outside every value is alike; the tracer needs finite numbers.
                -f64::from(self.scene.outside_landslides_m(x, y).min(WELL_OUTSIDE_M))
            })
            .collect();
        let contours = ContourBuilder::new(columns, rows, true).contours(&inside, &[0.0])?;
        // The tracer puts the centre of the first cell at half a cell.
        let to_plane = |c: Coord<f64>| {
            let cell = f64::from(OUTLINE_CELL_M);
            let (x, y) = self.to_plane((c.x - 0.5) * cell, (c.y - 0.5) * cell);
            Coord { x, y }
        };
        Ok(contours
            .into_iter()
            .flat_map(|contour| contour.into_inner().0.0)
            .map(|polygon| polygon.map_coords(to_plane))
            .filter(|polygon| polygon.unsigned_area() >= SMALLEST_M2)
            .collect())
    }

    /// Longitude (x) and latitude (y) of a point of the plane, degrees.
    #[must_use]
    pub fn to_geographic(&self, plane: Coord<f64>) -> Coord<f64> {
        let (latitude, longitude) = self.utm.inverse(plane.x, plane.y);
        Coord {
            x: longitude,
            y: latitude,
        }
    }

    /// The terrain's heights over EGM96 at its nodes: columns, rows, samples and their place. Nodes are pixel centres.
    #[must_use]
    pub fn dem(&self) -> (u32, u32, Vec<f32>, GeoReference) {
        let terrain = &self.scene.terrain;
        let heights = (0..terrain.rows * terrain.columns)
            .map(|k| {
                (self.base_m + f64::from(terrain.node(k % terrain.columns, k / terrain.columns)))
                    as f32
            })
            .collect();
        let cell = f64::from(terrain.cell_m);
        let half = 0.5 * cell;
        let (easting, northing) = self.to_plane(
            f64::from(terrain.corner.0) - half,
            f64::from(terrain.corner.1) - half,
        );
        let place = GeoReference {
            easting,
            northing,
            pixel_m: cell,
            epsg: self.utm.epsg(),
            egm96_heights: true,
        };
        (terrain.columns as u32, terrain.rows as u32, heights, place)
    }
}
