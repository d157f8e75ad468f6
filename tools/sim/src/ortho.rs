//! The scene seen from straight above: a raster of colours and a raster of labels.

use rayon::prelude::*;

use crate::{colour::Colour, scene::Scene, surface};

/// A part of a scene as a raster, row 0 in the north.
#[derive(Debug, Clone)]
pub struct Ortho {
    /// Pixels from west to east.
    pub columns: usize,
    /// Pixels from north to south.
    pub rows: usize,
    /// Side of a pixel in metres.
    pub gsd_m: f32,
    /// x and y of the north-west corner in the scene, metres.
    pub corner: (f32, f32),
    /// Row-major colours before the camera's response, 0 to 1 as 0 to 128 of 255: headroom for bright ground.
    pixels: Vec<[u8; 3]>,
    /// Row-major, 1 where the pixel's centre is in a fresh landslide.
    pub labels: Vec<u8>,
}

/// Value of full white in the stored bytes.
pub const WHITE: f32 = 128.0;

impl Ortho {
    /// Paints a part of the scene, on all cores; the result does not depend on their number.
    #[must_use]
    pub fn paint(
        scene: &Scene,
        corner: (f32, f32),
        columns: usize,
        rows: usize,
        gsd_m: f32,
    ) -> Self {
        let (pixels, labels) = (0..rows)
            .into_par_iter()
            .flat_map_iter(|row| {
                let y = corner.1 + (row as f32 + 0.5) * gsd_m;
                (0..columns).map(move |column| {
                    let x = corner.0 + (column as f32 + 0.5) * gsd_m;
                    let (colour, fresh) = surface::look(scene, x, y);
                    (stored(colour), u8::from(fresh))
                })
            })
            .unzip();
        Self {
            columns,
            rows,
            gsd_m,
            corner,
            pixels,
            labels,
        }
    }

    /// The colour of a pixel.
    #[must_use]
    pub fn pixel(&self, column: usize, row: usize) -> Colour {
        self.pixels[row * self.columns + column].map(|v| f32::from(v) / WHITE)
    }
}

/// A colour in its stored form.
#[must_use]
pub fn stored(colour: Colour) -> [u8; 3] {
    colour.map(|v| (v * WHITE).round().clamp(0.0, 255.0) as u8)
}
